"""Questions that may lean on the ones before: "and how large was its dataset?"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from rag_assistant.answer import standalone_question
from rag_assistant.errors import LLMError, LLMTimeoutError
from rag_assistant.pipeline import LABEL
from rag_assistant.records import Answer, AnswerDone, Event, Mode
from rag_assistant.retrieve import Filters

if TYPE_CHECKING:
    from rag_assistant.assistant import Assistant


class Conversation:
    """One thread of questions over one assistant. ``answers`` holds what was said, oldest first."""

    def __init__(self, assistant: Assistant, mode: Mode | None = None) -> None:
        self._assistant = assistant
        self._mode: Mode = mode or assistant.settings.answer.mode
        self.answers: list[Answer] = []

    def ask(self, question: str, *, k: int | None = None, filters: Filters | None = None) -> Answer:
        """Answers a question in the light of the conversation; raises what :meth:`Assistant.stream` raises."""
        for event in self.stream(question, k=k, filters=filters):
            if isinstance(event, AnswerDone):
                return event.answer
        raise AssertionError("a stream ends with its answer")  # pragma: no cover

    def stream(self, question: str, *, k: int | None = None, filters: Filters | None = None) -> Iterator[Event]:
        """The same, step by step. ``RetrievalDone.standalone_question`` shows what a follow-up became."""
        standalone, late = self._standalone(question)
        mode = self._mode if late is None else "extractive"
        for event in self._assistant.stream(question, mode, k=k, filters=filters, standalone=standalone):
            if isinstance(event, AnswerDone):
                answer = event.answer
                if late is not None:
                    answer = replace(answer, notes=(f"{LABEL}: {late}", *answer.notes))
                self.answers.append(answer)
                event = AnswerDone(answer)
            yield event

    def _standalone(self, question: str) -> tuple[str, LLMTimeoutError | None]:
        """The question as it is to be searched for, and the deadline that the LLM let pass over it, if any.

        A server that let one pass is not waited for again for the same question.
        """
        by_rule = standalone_question(question, self.answers)
        if by_rule == question or self._mode == "extractive":
            return by_rule, None  # it stands alone, or there is nobody to ask
        try:
            rewritten = self._assistant.llm().rewrite(self.answers, question)
        except LLMTimeoutError as error:
            if self._mode == "llm":
                raise
            return by_rule, error
        except LLMError:
            return by_rule, None  # the answer itself will say what is wrong with the LLM
        return (by_rule if rewritten == question else rewritten), None  # the rule saw that it leans on something
