"""A line of an LLM's text without its markers, and which sentence each of them belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag_assistant.records import DraftSentence
from rag_assistant.sentences import sentence_spans
from rag_assistant.verify.marker_phrases import joint, marker_groups

BULLET = re.compile(r"\s*(?:>\s*)*(?:[-*•–‣]\s+|\(?\d{1,2}[.)]\s+|\(?[a-h][)]\s+)?")
_PREFIX = re.compile(
    r"(?:\*\*|__)?(?:(?:(?:short|final|direct)\s+)?answer|response|summary|in short|tl;dr)(?:\*\*|__)?\s*:(?:\*\*|"
    r"__)?\s*",
    re.IGNORECASE,
)
_NEAR = 200  # characters behind a marker that may belong to it
_PLAIN_WORD = re.compile(r"[^\W\d_A-Z]+(?![\w-])")


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line without its markers.

    ``markers`` are the places in ``text`` where they stood, with their numbers; ``pieces`` pairs of a place in ``text``
    and the place in the raw line that it was taken from; ``spans`` the sentences of ``text``.
    """

    text: str
    markers: tuple[tuple[int, tuple[int, ...]], ...]
    pieces: tuple[tuple[int, int], ...]
    spans: tuple[tuple[int, int], ...]
    opens_with_marker: bool

    def raw_place(self, place: int) -> int:
        """Where in the raw line the character at ``place`` of ``text`` came from."""
        return _raw_place(self.pieces, place)

    def sentence(self, place: int) -> DraftSentence | None:
        """One sentence of the line, or None where it only announces what follows."""
        start, end = self.spans[place]
        next_start = self.spans[place + 1][0] if place + 1 < len(self.spans) else None
        last_end = self.spans[place - 1][1] if place else -1
        numbers: list[int] = []
        for at, group in self.markers:
            if self.opens_with_marker and place + 1 < len(self.spans) and at >= end:
                continue  # it opens the next sentence
            if (self.opens_with_marker and last_end <= at <= start) or (
                (start < at or (at == start == 0) or at == start > last_end) and (next_start is None or at < next_start)
            ):
                numbers += group
        text = re.sub(r"(?<!\d)\*\*|\*\*(?!\d)", "", self.text[start:end]).strip()
        if not any(char.isalnum() for char in text) or (text.endswith(":") and not numbers):
            return None
        return DraftSentence(text, tuple(dict.fromkeys(numbers)))


def marked_line(raw: str, *, first: bool = True) -> MarkedLine:
    """Takes the markers out; ``first`` is whether ``raw`` begins where the line does."""
    begin = 0
    if first:
        begin = BULLET.match(raw).end()  # type: ignore[union-attr]  # it matches the empty string
        prefix = _PREFIX.match(raw, begin)
        begin = prefix.end() if prefix else begin
    groups = marker_groups(raw, begin)
    text = ""
    pieces: list[tuple[int, int]] = []
    markers: list[tuple[int, tuple[int, ...]]] = []
    place = begin
    for group in groups:
        pieces.append((len(text), place))
        text += raw[place : group.start]
        found = joint(text, raw[group.end : group.end + _NEAR], several=len(group.numbers) > 1)
        origin = _raw_place(pieces, found.kept) if found.kept < len(text) else group.start
        text = text[: found.kept]
        while pieces and pieces[-1][0] >= len(text):
            pieces.pop()
        for number in range(len(markers) - 1, -1, -1):
            if markers[number][0] <= len(text):
                break
            markers[number] = (len(text), markers[number][1])
        place = group.end + found.skipped
        subject = found.put and found.put[0].isalpha()
        markers.append((len(text) + 1 if subject else len(text), group.numbers))
        put = found.put
        if found.opens and (word := _PLAIN_WORD.match(raw, place)):
            put, place = word.group()[0].upper(), place + 1
        if put:
            pieces.append((len(text), origin if found.opens else group.start))
            text += put
    pieces.append((len(text), place))
    text += raw[place:]
    opens = bool(groups) and not raw[begin : groups[0].start].strip()
    return MarkedLine(text, tuple(markers), tuple(pieces), tuple(sentence_spans(text)), opens)


def _raw_place(pieces: list[tuple[int, int]] | tuple[tuple[int, int], ...], place: int) -> int:
    clean, raw = max(piece for piece in pieces if piece[0] <= place)
    return raw + place - clean
