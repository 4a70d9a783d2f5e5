"""An LLM as a judge of whether passages bear a sentence out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag_assistant.answer.llm import LLMWriter
from rag_assistant.answer.passages import disarm, show_texts
from rag_assistant.errors import LLMResponseError

# Room for a model that says more than its one word; what comes after that is not read.
_TOKENS = 16
_WORD = re.compile(r"\W*(yes|partly|partially|no)\b", re.IGNORECASE)
_SUPPORT = {"yes": 1.0, "partly": 0.5, "partially": 0.5, "no": 0.0}


class LLMJudge:
    """Asks the model of a writer, one sentence at a time, by the prompt ``judge.txt``.

    It has the shape of :class:`rag_assistant.verify.model.SupportModel`, so that an evaluation can put it in the
    verifier's place (:func:`rag_assistant.verify.judged_by`). It takes a call of the model a sentence, and no one has
    measured how often it is right: the verifier's own signals judge answers, not this.
    """

    def __init__(self, writer: LLMWriter) -> None:
        self._writer = writer

    def support(self, sentence: str, passages: Sequence[str]) -> float:
        """1 where the model says that the passages bear the sentence out, 0.5 where partly, 0 where not.

        Raises:
            LLMError: the model can't be had, or sentence and passages don't fit into its window.
            LLMResponseError: it says something else than yes, partly or no.
        """
        messages = self._writer.prompts.judge.render(passages=show_texts(passages), sentence=disarm(sentence))
        said = self._writer.complete(messages, _TOKENS)
        word = _WORD.match(said)
        if word is None:
            raise LLMResponseError(
                f"asked to judge a sentence, the model said {said[:60]!r} and not yes, partly or no; try another model"
            )
        return _SUPPORT[word[1].lower()]
