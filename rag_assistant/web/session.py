"""One visitor's conversation. Each has its own; nothing in here is shared."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Literal, cast

from rag_assistant.errors import RagAssistantError
from rag_assistant.records import Answer, RetrievalDone, Token
from rag_assistant.web.render import turn_html
from rag_assistant.web.turn import Turn
from rag_assistant.web.wishes import Wishes, typed_filters

if TYPE_CHECKING:
    from collections.abc import Generator

    from rag_assistant.assistant import Assistant
    from rag_assistant.conversation import Conversation
    from rag_assistant.records import Event

# Tokens are gathered this long (seconds) before the page is sent an update.
_BREATH = 0.06
_QUESTION_SHOWN = 2_000


class Session:
    """The turns of one conversation, and the asking of the next.

    ``key`` is what the browser keeps it under. ``turns`` are in the order of their numbers, which need not begin at 1:
    of a long conversation the browser may have dropped the oldest.
    """

    def __init__(self, assistant: Assistant, key: str | None = None, turns: Iterable[Turn] = ()) -> None:
        self._assistant = assistant
        self._halt = threading.Event()
        self._lock = threading.Lock()
        self.key = key or secrets.token_urlsafe(12)
        self.turns: list[Turn] = list(turns)
        self._drawn: dict[int, tuple[Turn, str]] = {}

    @property
    def halted(self) -> bool:
        """Whether the last question was stopped, taken back or forgotten before its answer was over."""
        return self._halt.is_set()

    def ask(self, question: str, wishes: Wishes) -> Iterator[Turn]:
        """Asks, and gives the turn again whenever there is more of it; the last one is over.

        What the package raises becomes a failed turn that says so. Once stopped or taken back, it soon ends.
        """
        halt = self._halt = threading.Event()
        shown = question.strip()
        if len(shown) > _QUESTION_SHOWN:
            shown = shown[:_QUESTION_SHOWN] + " …"
        turn = Turn(self.turns[-1].number + 1 if self.turns else 1, shown)
        self.turns.append(turn)
        yield turn
        told = monotonic()
        try:
            stream = self._conversation(wishes).stream(question, k=wishes.k, filters=typed_filters(wishes.line))
            events = cast("Generator[Event]", stream)
            with closing(events):
                for event in events:
                    before, turn = turn, turn.after(event)
                    if not self._keep(turn, halt):
                        break
                    if turn is before:
                        continue
                    # The papers' own words come so soon after the papers that nobody would see these by themselves.
                    brief = isinstance(event, Token) or (
                        isinstance(event, RetrievalDone) and wishes.mode == "extractive"
                    )
                    if not brief or monotonic() - told > _BREATH:
                        yield turn
                        told = monotonic()
        except RagAssistantError as error:
            turn = turn.failed(str(error))
            if self._keep(turn, halt):
                yield turn

    def stop(self) -> None:
        """Ends what is being written; what there is of it stays, marked as not checked."""
        with self._lock:
            self._halt.set()
            self.turns = [turn.stopped() for turn in self.turns]

    def fail(self, why: str) -> None:
        """Ends what is being written, as failed, unless it was over or stopped already."""
        with self._lock:
            self._halt.set()
            self.turns = [turn.failed(why) if turn.running else turn for turn in self.turns]

    def history_html(self) -> str:
        """The turns before the last one. They are drawn once: with every question they are all shown again."""
        before = self.turns[:-1]
        for turn in before:
            if self._drawn.get(turn.number, (None,))[0] is not turn:
                self._drawn[turn.number] = (turn, turn_html(turn, latest=False))
        return "".join(self._drawn[turn.number][1] for turn in before)

    def answer_of(self, number: int) -> Answer | None:
        """The answer of a turn; None where there is none, or no such turn."""
        return next((turn.answer for turn in self.turns if turn.number == number), None)

    def judged(self, number: int, opinion: Literal["good", "bad"] | None, told: str) -> None:
        """Notes what the reader thinks of a turn's answer, and what became of it; nothing where the turn is gone."""
        with self._lock:
            self.turns = [
                replace(turn, opinion=opinion, told=told) if turn.number == number else turn for turn in self.turns
            ]

    def take_back(self) -> str:
        """Takes the last turn back and gives its question; "" where there is none."""
        with self._lock:
            self._halt.set()
            return self.turns.pop().question if self.turns else ""

    def close(self) -> None:
        """Ends what is being written, and forgets everything."""
        with self._lock:
            self._halt.set()
            self.turns.clear()
            self._drawn.clear()

    def _keep(self, turn: Turn, halt: threading.Event) -> bool:
        """Keeps a turn's new state, unless it was stopped or taken back in the meantime."""
        with self._lock:
            if not halt.is_set():
                self.turns = [turn if one.number == turn.number else one for one in self.turns]
            return not halt.is_set()

    def _conversation(self, wishes: Wishes) -> Conversation:
        """The conversation so far, as the assistant knows it, to go on as wished."""
        asked = self._assistant.asking(model=wishes.model or None, unsupported=wishes.unsupported)
        conversation = asked.conversation(wishes.mode)
        conversation.answers += [turn.answer for turn in self.turns if turn.answer is not None]
        return conversation
