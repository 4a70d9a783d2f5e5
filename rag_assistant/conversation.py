"""Questions that may lean on the ones before: "and how large was its dataset?"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag_assistant.answer import standalone_question
from rag_assistant.errors import LLMError
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

    def ask(self, question: str, *, filters: Filters | None = None) -> Answer:
        """Answers a question in the light of the conversation; raises what :meth:`Assistant.stream` raises."""
        for event in self.stream(question, filters=filters):
            if isinstance(event, AnswerDone):
                return event.answer
        raise AssertionError("a stream ends with its answer")  # pragma: no cover

    def stream(self, question: str, *, filters: Filters | None = None) -> Iterator[Event]:
        """The same, step by step. ``RetrievalDone.standalone_question`` shows what a follow-up became."""
        standalone = self._standalone(question)
        for event in self._assistant.stream(question, self._mode, filters=filters, standalone=standalone):
            if isinstance(event, AnswerDone):
                self.answers.append(event.answer)
            yield event

    def _standalone(self, question: str) -> str:
        by_rule = standalone_question(question, self.answers)
        if by_rule == question or self._mode == "extractive":
            return by_rule  # it stands alone, or there is nobody to ask
        try:
            rewritten = self._assistant.llm().rewrite(self.answers, question)
        except LLMError:
            return by_rule  # the answer itself will say what is wrong with the LLM
        return by_rule if rewritten == question else rewritten  # the rule saw that it leans on something
