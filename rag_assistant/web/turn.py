"""One question and what has become of it so far: what the page shows of it is made from this and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from rag_assistant.records import AnotherDraft, Answer, AnswerDone, Event, Hit, RetrievalDone, Token

State = Literal["searching", "writing", "done", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, numbered from 1 in its conversation. ``draft`` is unchecked text while ``state`` is ``writing``.

    ``opinion`` is what the reader thinks of the answer, and ``told`` what became of that.
    """

    number: int
    question: str
    state: State = "searching"
    standalone: str = ""
    hits: tuple[Hit, ...] = ()
    draft: str = ""
    thinking: bool = False
    answer: Answer | None = None
    error: str | None = None
    opinion: Literal["good", "bad"] | None = None
    told: str = ""

    @property
    def running(self) -> bool:
        """Whether more is to come."""
        return self.state in ("searching", "writing")

    def after(self, event: Event) -> Turn:
        """The turn once an event of the answer's stream has come."""
        if isinstance(event, RetrievalDone):
            return replace(self, state="writing", hits=event.hits, standalone=event.standalone_question)
        if isinstance(event, Token):
            draft = self.draft if event.thinking else self.draft + event.text
            return replace(self, draft=draft, thinking=event.thinking)
        if isinstance(event, AnotherDraft):
            return replace(self, draft="", thinking=False)
        if isinstance(event, AnswerDone):
            return replace(
                self,
                state="done",
                answer=event.answer,
                hits=event.answer.hits,
                standalone=event.answer.standalone_question,
            )
        return self

    def stopped(self) -> Turn:
        """The turn as it stands when its reader wanted no more of it."""
        return replace(self, state="stopped") if self.running else self

    def failed(self, why: str) -> Turn:
        """The turn whose answer could not be had."""
        return replace(self, state="failed", error=why)
