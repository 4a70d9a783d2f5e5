"""Thinking kept apart from the answer, while it streams.

Thinking models mark their notes with tags, some only with the closing one, and a tag may come in pieces over several
tokens. The protocol's own thinking field needs none of this.
"""

from __future__ import annotations

import re

from rag_assistant.records import Token

_NAMES = "think|thinking|thought|thoughts|reasoning|seed:think"
_TAG = re.compile(rf"[<◁]\s*(/?)\s*(?:{_NAMES})\s*[>▷]", re.IGNORECASE)
_LONGEST_TAG = 24
_OPENINGS = "<◁"


class ThinkingSplitter:
    """Takes text as it comes, gives tokens of thinking and of answer, and holds both in whole at the end.

    Where only the closing tag ever comes, what was taken for the answer until then turns out to have been thinking:
    ``answer`` and ``thinking`` are right at the end, though its tokens were given out as text.
    """

    def __init__(self) -> None:
        self._held = ""
        self._inside = False
        self._answer: list[str] = []
        self._thinking: list[str] = []

    @property
    def answer(self) -> str:
        """The answer so far, without thinking."""
        return "".join(self._answer).strip()

    @property
    def thinking(self) -> str | None:
        """The thinking so far, or None."""
        return "".join(self._thinking).strip() or None

    def add_thinking(self, text: str) -> list[Token]:
        """Takes text that the protocol itself marks as thinking."""
        self._thinking.append(text)
        return [Token(text, thinking=True)] if text else []

    def add(self, text: str) -> list[Token]:
        """Takes the next piece of text, in which tags may stand whole or in part."""
        self._held += text
        tokens: list[Token] = []
        while match := _TAG.search(self._held):
            tokens += self._give(self._held[: match.start()])
            self._held = self._held[match.end() :]
            if match[1]:
                self._close()
            else:
                self._inside = True
        cut = self._could_begin_a_tag()
        tokens += self._give(self._held[:cut])
        self._held = self._held[cut:]
        return tokens

    def finish(self) -> list[Token]:
        """Gives out what was held back, there being no more to come."""
        tokens = self._give(self._held)
        self._held = ""
        return tokens

    def _give(self, text: str) -> list[Token]:
        if not text:
            return []
        (self._thinking if self._inside else self._answer).append(text)
        return [Token(text, thinking=self._inside)]

    def _close(self) -> None:
        if not self._inside:
            # The opening tag was left out: all until here was thinking.
            self._thinking += self._answer
            self._answer = []
        self._inside = False

    def _could_begin_a_tag(self) -> int:
        """Where the tail that may yet become a tag begins."""
        start = max(self._held.rfind(opening) for opening in _OPENINGS)
        if start < 0 or len(self._held) - start > _LONGEST_TAG:
            return len(self._held)
        tail = re.sub(r"\s+", "", self._held[start + 1 :]).lower().removeprefix("/")
        return start if any(name.startswith(tail) for name in _NAMES.split("|")) else len(self._held)
