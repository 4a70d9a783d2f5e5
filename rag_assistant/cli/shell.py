"""What every command needs: an assistant, and the two streams to print on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from rag_assistant.assistant import Assistant
    from rag_assistant.index.adapter import Packaged
    from rag_assistant.settings import Settings


def open_assistant(index_dir: Path | None, *, model: str | None = None, prompts: Path | None = None) -> Assistant:
    """The assistant that the options ask for.

    Raises:
        PromptError: ``prompts`` is named and a file there can't be used; said now, also where no LLM will answer.
    """
    from rag_assistant.answer.prompts import load_prompts
    from rag_assistant.assistant import Assistant

    overrides: dict[str, Any] = {"prompts_dir": prompts}
    if model is not None:
        overrides["llm"] = {"model": model}
    if prompts is not None:
        load_prompts(prompts)
    return Assistant.open(index_dir, **overrides)


def say_bundled(assistant: Assistant) -> None:
    """Says on standard error that the bundled papers answer, where they do."""
    if assistant.bundled:
        line = "Over the bundled papers, since nothing of yours is indexed yet: rag-assistant ingest PATH…"
        err().print(line, style="dim", soft_wrap=True)
        say_indexing(assistant.settings)


def say_indexing(settings: Settings) -> None:
    """Says on standard error that the bundled papers are being indexed first, where they haven't been."""
    from rag_assistant.bundled import is_built

    if not is_built(settings):
        err().print("Indexing the bundled papers first (once; some seconds) …", style="dim")


def prepare_readers(console: Console) -> None:
    """Exports the bundled model as it reads questions and pairs, where that wasn't done yet, and says so.

    Else the first answers would keep their reader waiting for it.
    """
    from rag_assistant.answer.relevance import ENCODER as OF_PAPERS
    from rag_assistant.retrieve.questions import ENCODER as OF_QUESTIONS
    from rag_assistant.verify.cross_encoding import ENCODER as OF_SENTENCES

    every: tuple[Packaged[Any], ...] = (OF_QUESTIONS, OF_PAPERS, OF_SENTENCES)
    unready = [encoder for encoder in every if not encoder.is_exported()]
    if unready:
        console.print("Preparing the models that search and check (once on a machine; half a minute) …", style="dim")
        for encoder in unready:
            encoder.missing()  # why it can't be made is said by doctor; answers do without


def out() -> Console:
    """Standard output, for answers."""
    from rich.console import Console

    return Console(highlight=False, emoji=False)


def err() -> Console:
    """Standard error, for everything else."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, emoji=False)


def print_json(value: object) -> None:
    """JSON on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2))
