"""Who says whether cited papers bear a sentence out: the verifier, an NLI model, or the LLM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from rag_assistant.settings import Settings
from rag_assistant.verify import check

JudgeName = Literal["verifier", "nli", "llm"]
DEFAULT_NLI = "cross-encoder/nli-deberta-v3-base"
_ENTAILED = 0.5


class Judge(Protocol):
    """Decides about one claim at a time. ``name`` goes into the run's manifest."""

    @property
    def name(self) -> str:
        """Which judge, and with which model."""

    def supports(self, claim: str, premises: Sequence[str]) -> bool:
        """Whether the premises, taken together, bear the claim out.

        Args:
            claim: one sentence, without citation markers.
            premises: the texts that it cites, at least one: title and abstract, a line each.

        Raises:
            RagAssistantError: no verdict is to be had; the answer stays unjudged and the run goes on.
        """


class VerifierJudge:
    """The package's own verifier: no LLM, no network. It judges its own work when it judges our answers."""

    name = "verifier"

    def supports(self, claim: str, premises: Sequence[str]) -> bool:
        """See :class:`Judge`."""
        return check(claim, premises).supported


class NLIJudge:
    """A sentence-transformers CrossEncoder trained on natural language inference."""

    def __init__(self, model: str = DEFAULT_NLI) -> None:
        """Names the model; it is loaded at the first claim.

        Args:
            model: a name on the hub or a folder.
        """
        self.model = model
        self.name = f"nli {model}"
        self._entailment: Callable[[str, str], float] | None = None

    def supports(self, claim: str, premises: Sequence[str]) -> bool:
        """See :class:`Judge`; EncoderError where the model can't be loaded or isn't one for entailment."""
        from rag_assistant.index.entailment import load_entailment

        if self._entailment is None:
            self._entailment = load_entailment(self.model)
        return self._entailment("\n\n".join(premises), claim) >= _ENTAILED


class LLMJudge:
    """The configured LLM, asked by ``prompts/judge.txt``. A model that wrote the answers judges them too kindly."""

    def __init__(self, settings: Settings) -> None:
        """Reads the prompts; the server is asked at the first claim.

        Raises:
            PromptError: the prompt file is missing or has a wrong placeholder.
        """
        from rag_assistant.answer import LLMJudge as Asking
        from rag_assistant.answer import make_llm_writer

        writer = make_llm_writer(settings)
        self._asking = Asking(writer)
        self.name = f"llm {settings.llm.model or 'of the server'}, prompt {writer.prompts.judge.hash}"

    def supports(self, claim: str, premises: Sequence[str]) -> bool:
        """See :class:`Judge`; LLMError where the LLM is not to be had or says neither yes, partly nor no."""
        return self._asking.support(claim, premises) >= 1


def make_judge(name: JudgeName, settings: Settings, nli_model: str = DEFAULT_NLI) -> Judge:
    """The judge of that name."""
    if name == "nli":
        return NLIJudge(nli_model)
    return LLMJudge(settings) if name == "llm" else VerifierJudge()
