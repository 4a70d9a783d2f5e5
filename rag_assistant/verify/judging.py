"""Another judge in the verifier's place, for evaluations: an LLM, an NLI model."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag_assistant.verify.check import Verdict
from rag_assistant.verify.model import THRESHOLD, SupportModel


def judged_by(model: SupportModel, *, threshold: float = THRESHOLD) -> Callable[[str, Sequence[str]], Verdict]:
    """A function of the form of :func:`~rag_assistant.verify.check` that asks a judge instead.

    Its verdicts name no evidence, for a judge says only how sure it is. It raises what the judge raises.

    Args:
        model: the judge.
        threshold: from this probability on, a sentence counts as supported.
    """

    def check(sentence: str, passages: Sequence[str]) -> Verdict:
        score = model.support(sentence, passages)
        return Verdict(score >= threshold, score, (f"the judge puts it at {score:.2f}",), ())

    return check
