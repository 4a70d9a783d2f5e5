"""The LLM as ``doctor`` sees it: the server, its models, the one that answers, and what a short answer costs."""

from __future__ import annotations

from rag_assistant.answer import LLMWriter, make_llm_writer
from rag_assistant.answer.reading import Trial
from rag_assistant.cli.doctor import Finding
from rag_assistant.errors import LLMError, PromptError
from rag_assistant.settings import LLMSettings, Settings

# Seconds that the short question may take: nobody waits for a doctor as long as for an answer.
_FIRST_TOKEN, _BETWEEN, _WHOLE = 20.0, 10.0, 30.0
_SHOWN = 6  # models


def examine_llm(settings: Settings) -> list[Finding]:
    """What can be said of the LLM, up to the first thing that fails. Ends within a minute, however the server hangs."""
    if settings.answer.mode == "extractive":
        return [Finding("llm", "note", "answer.mode is extractive: no LLM is asked")]
    findings: list[Finding] = []
    try:
        prompts = make_llm_writer(settings).prompts
        held = ", ".join(f"{name} {hash_}" for name, hash_ in prompts.hashes.items())
        findings.append(Finding("prompts", "fine", f"{held}, from {settings.prompts_dir or 'the package'}"))
        writer = LLMWriter(_hurried(settings.llm), prompts)
        findings.append(_server(writer))
        findings.append(_model(writer))
        findings.append(_cost(writer.trial()))
    except PromptError as error:
        findings.append(Finding("prompts", "fault", str(error)))
    except LLMError as error:
        findings.append(_without(settings, str(error)))
    return findings


def _hurried(settings: LLMSettings) -> LLMSettings:
    return settings.model_copy(
        update={
            "first_token_timeout": min(settings.first_token_timeout, _FIRST_TOKEN),
            "token_timeout": min(settings.token_timeout, _BETWEEN),
            "total_timeout": min(settings.total_timeout, _WHOLE),
            "retries": 0,
        }
    )


def _server(writer: LLMWriter) -> Finding:
    server = writer.server()
    version = server.version()
    kind = f"Ollama {version}" if version else "a server of the OpenAI kind"
    models = server.models()
    names = ", ".join(model.name for model in models[:_SHOWN]) + (" …" if len(models) > _SHOWN else "")
    count = f"{len(models)} model{'' if len(models) == 1 else 's'}"
    return Finding("llm", "fine", f"{kind} at {server.address.url}, {count}{': ' if models else ''}{names}")


def _model(writer: LLMWriter) -> Finding:
    server, settings = writer.server(), writer.settings
    name = writer.model()
    why = "as llm.model says" if settings.model else "the best there is"
    if server.api == "openai":
        told = f"{name} answers, {why}; llm.num_ctx says that its window is {settings.num_ctx:,} tokens"
        return Finding("llm", "fine", told)
    details = server.show(name)
    asked = min(settings.num_ctx, details.window)
    window = f"window {details.window:,} tokens, {asked:,} asked for (llm.num_ctx)"
    thinks = f"thinks (llm.thinking is {'on' if settings.thinking else 'off'})" if details.thinks else "doesn't think"
    memory = "in memory" if name in server.loaded() else "not in memory yet"
    parts = [f"{name} answers, {why}", details.parameters, details.quantization, window, thinks, memory]
    return Finding("llm", "fine", "; ".join(part for part in parts if part))


def _cost(trial: Trial) -> Finding:
    cost = f"a short question took {trial.seconds:.1f} s, {trial.first_token:.1f} s of it to the first token"
    if trial.prompt_tokens is not None and trial.tokens is not None:
        writing = max(trial.seconds - trial.first_token, 1e-3)
        speed = f" ({max(trial.tokens - 1, 0) / writing:.0f} a second)" if trial.tokens > 1 else ""
        cost += f"; {trial.prompt_tokens} tokens read, {trial.tokens} written{speed}"
    if not trial.cites:
        return Finding("llm", "note", f"{cost}; it answered without citing its passage: {trial.text[:80]!r}")
    return Finding("llm", "fine", f"{cost}; it cited its passage")


def _without(settings: Settings, why: str) -> Finding:
    if settings.answer.mode == "llm":
        return Finding("llm", "fault", f"{why}. Nothing can be answered until then, for answer.mode is llm")
    return Finding("llm", "note", f"{why}. Answers are extractive until then, in the papers' own sentences")
