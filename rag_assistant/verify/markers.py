"""An LLM's raw text to sentences with the numbers of the passages that they cite, as it streams or all at once.

Each line is cut into sentences after its markers were taken out, and a marker belongs to the sentence that it closes,
whether it stands before the full stop or after it; on a line that begins with a marker, to the one that it opens.
What is no statement goes: headings, "Answer:", a line that only announces a list, a closing list of references.

The text is read word by word, a word being complete once the next one has begun. So how it was cut into pieces on its
way here can't make a difference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from rag_assistant.records import DraftSentence
from rag_assistant.sentences import sentence_spans
from rag_assistant.verify.marker_forms import find_markers, opens_display, settled_until

_WORD = re.compile(r"(\S+)(\s+)(?=\S)")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_HEADING = re.compile(r"\s*(?:#{1,6}\s|\*\*[^*]{1,80}\*\*:?\s*$|__[^_]{1,80}__:?\s*$|(?:-{3,}|={3,}|\*{3,})\s*$)")
_REFERENCES = re.compile(
    r"\s*(?:#{1,6}\s*|\*\*|__)?(?:references?|sources?|citations?|bibliography|works cited|footnotes?)"
    r"(?:\s+(?:used|cited|list))?\s*(?::?\s*(?:\*\*|__)?\s*:?\s*$|(?:\*\*|__)?:\s*(?:\*\*|__)?\s*(?=[\[【\d(-]))",
    re.IGNORECASE,
)
_REFERENCE_LINE = re.compile(r"\s*(?:\[\^\d+\]:|[-*•]?\s*\[\d{1,3}\]:?\s+(?![a-z])[^.!?]*[^.!?\s]\s*$)")
_BULLET = re.compile(r"\s*(?:>\s*)*(?:[-*•–‣]\s+|\(?\d{1,2}[.)]\s+|\(?[a-h][)]\s+)?")
# A line with such a beginning is read when it has ended: it may be a heading, a rule or a reference.
_WAITS = re.compile(
    r"\s*(?:[#`~\[【［(=]|\*\*|__|-{2}|[-*•]\s*\[|references?\b|sources?\b|citations?\b|bibliography\b|works\b|"
    r"footnotes?\b)",
    re.IGNORECASE,
)
_PREFIX = re.compile(
    r"(?:\*\*|__)?(?:(?:(?:short|final|direct)\s+)?answer|response|summary|in short|tl;dr)(?:\*\*|__)?\s*:(?:\*\*|"
    r"__)?\s*",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"(?:^|(?<=[.!?]\s))(?:according to|as (?:shown|noted|described|stated|reported|discussed|explained|"
    r"mentioned) (?:in|by)"
    r"|per|from|in)(?:\s+(?:the\s+)?(?:papers?|sources?|passages?|stud(?:y|ies)|documents?|works?|references?))?$",
    re.IGNORECASE,
)
_NARRATIVE = re.compile(
    r"\s+(?:also\s+|further\s+)?(?:shows?|introduces?|proposes?|presents?|reports?|finds?|found|describes?|uses?|"
    r"achieves?|"
    r"argues?|states?|claims?|demonstrates?|notes?|says?|mentions?|explains?|studies|investigates?|evaluates?|trains?|"
    r"builds?|develops?|explores?|suggests?|reveals?|offers?|provides?|addresses|is|are|was|has|does)\b"
)
_BEFORE_NARRATIVE = re.compile(r"(?:^|[.!?]\s|\b(?:while|whereas|but)\s)\s*$")
_BETWEEN_MARKERS = re.compile(r"\s*(?:,|;|&|,?\s*and)?\s*")
_ENDED = re.compile(r"[.!?:;…]['\"”’)\]*_]*\s*$")
_STOP_AND_WORD = re.compile(r"[.!?…]\W*(?:\W*\d*\W*\s+)*\S+\s+$")
_LONGEST_LINE = 20_000
# A line that goes on for longer without a sentence is read when it ends, so that no text takes quadratic time.
_LONGEST_SENTENCE = 4_000
_LONGEST_WORD = 200


def parse_sentences(raw: str) -> tuple[DraftSentence, ...]:
    """The sentences of a draft with the passages that they cite, parsed at once.

    Args:
        raw: what an LLM wrote, Markdown or plain.
    """
    parser = MarkerParser()
    return (*parser.feed(raw), *parser.close())


class MarkerParser:
    """Parses a draft as it streams: a sentence is given out once the next one, or the next line, has begun.

    However the text is cut into pieces, the sentences are those that :func:`parse_sentences` finds in the whole.
    """

    def __init__(self) -> None:
        self._buffer = ""
        self._line = ""
        self._begun = False  # sentences of the current line were given out already
        self._held: DraftSentence | None = None  # a line's last sentence, while a line of markers may yet follow it
        self._code: list[str] | None = None
        self._references = False

    def feed(self, text: str) -> list[DraftSentence]:
        """Takes the next piece of text; gives the sentences that are settled by it."""
        self._buffer += text
        out: list[DraftSentence] = []
        place = 0
        while match := _WORD.match(self._buffer, place):
            self._take(match.group(1), match.group(2), self._buffer[match.end()], out)
            place = match.end()
        if place == 0 and self._buffer[:1].isspace() and (begun := self._buffer.lstrip()):
            # White space before the first word: the indentation of the first line.
            self._buffer = begun
            out += self.feed("")
            return out
        self._buffer = self._buffer[place:]
        return out

    def close(self) -> list[DraftSentence]:
        """Ends the text; gives the sentences that are left."""
        out: list[DraftSentence] = []
        self._line += self._buffer.strip()
        self._buffer = ""
        self._end_line(out)
        self._end_code(out)
        self._release(out)
        return out

    def _take(self, word: str, space: str, following: str, out: list[DraftSentence]) -> None:
        self._line += word
        if "\n" not in space:
            self._line += space
            if self._code is None and not self._references:
                self._give_settled(out)
            return
        if self._code is None and space.count("\n") == 1 and self._goes_on(following):
            self._line += " "
            return
        self._end_line(out)
        self._line = space.rsplit("\n", 1)[1]

    def _goes_on(self, following: str) -> bool:
        """Whether the next line belongs to this one: this one stops in mid-sentence, or leaves LaTeX open."""
        if len(self._line) > _LONGEST_LINE or _FENCE.match(self._line) or _HEADING.match(self._line):
            return False
        if opens_display(self._line):
            return True
        return following.islower() and not _REFERENCES.match(self._line) and not _ENDED.search(_clean(self._line).text)

    def _give_settled(self, out: list[DraftSentence]) -> None:
        if _WAITS.match(self._line) and not self._begun:
            return
        self._release(out)  # a line of markers would have begun with one
        if len(self._line) > _LONGEST_SENTENCE or not _STOP_AND_WORD.search(self._line[-_LONGEST_WORD:]):
            return
        line = _clean(self._line[: settled_until(self._line)], first=not self._begun)
        if len(line.spans) < 2 or not re.match(r"\S+\s", line.text[line.spans[1][0] :]):
            return
        sentence = _sentence(line, 0)
        if sentence is not None:
            out.append(sentence)
        self._line = self._line[line.raw_place(line.spans[1][0]) :]
        self._begun = True

    def _end_line(self, out: list[DraftSentence]) -> None:
        text, self._line = self._line, ""
        begun, self._begun = self._begun, False
        if _FENCE.match(text) and not begun:
            opened = self._code is not None
            self._end_code(out)
            self._code = None if opened else []
            return
        if self._code is not None:
            self._code.append(text)
            return
        if not text.strip() or self._references:
            return
        if not begun and _REFERENCES.match(text):
            self._references = True
            return
        if not begun and (_HEADING.match(text) or _REFERENCE_LINE.match(text)):
            return
        line = _clean(text, first=not begun)
        if not line.spans:
            if self._held is not None:
                numbers = [number for _, group in line.markers for number in group]
                self._held = replace(self._held, markers=tuple(dict.fromkeys((*self._held.markers, *numbers))))
            return
        for place in range(len(line.spans)):
            self._release(out)
            self._held = _sentence(line, place)

    def _end_code(self, out: list[DraftSentence]) -> None:
        if self._code:
            self._release(out)
            self._held = DraftSentence("\n".join(self._code))
        self._code = None

    def _release(self, out: list[DraftSentence]) -> None:
        if self._held is not None:
            out.append(self._held)
            self._held = None


@dataclass(frozen=True, slots=True)
class _Line:
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
        clean, raw = max(piece for piece in self.pieces if piece[0] <= place)
        return raw + place - clean


def _clean(raw: str, *, first: bool = True) -> _Line:
    """Takes the markers out; ``first`` is whether ``raw`` begins where the line does."""
    begin = 0
    if first:
        begin = _BULLET.match(raw).end()  # type: ignore[union-attr]  # it matches the empty string
        prefix = _PREFIX.match(raw, begin)
        begin = prefix.end() if prefix else begin
    found = [one for one in find_markers(raw) if one.start >= begin]
    text = ""
    pieces: list[tuple[int, int]] = []
    markers: list[tuple[int, tuple[int, ...]]] = []
    place = begin

    def keep(until: int) -> None:
        nonlocal text
        pieces.append((len(text), place))
        text += raw[place:until]

    for marker in found:
        between = raw[place : marker.start]
        if not (markers and place > begin and _BETWEEN_MARKERS.fullmatch(between)):
            keep(marker.start)
        after = raw[marker.end :]
        if _NARRATIVE.match(after) and _BEFORE_NARRATIVE.search(text):
            subject = "the paper" if text.strip() and not text.rstrip().endswith((".", "!", "?")) else "The paper"
            markers.append((len(text) + 1, marker.numbers))
            pieces.append((len(text), marker.start))
            text += subject
            place = marker.end
            continue
        text = text.rstrip()
        lead_in = _LEAD_IN.search(text)
        if lead_in:
            text = text[: lead_in.start()]
            after = after.lstrip(" ,")
        markers.append((len(text), marker.numbers))
        place = len(raw) - len(after)
        if text and after[:1].isalnum() and not lead_in:
            pieces.append((len(text), marker.start))
            text += " "
    keep(len(raw))
    spans = tuple(sentence_spans(text))
    return _Line(text, tuple(markers), tuple(pieces), spans, bool(found) and not raw[begin : found[0].start].strip())


def _sentence(line: _Line, place: int) -> DraftSentence | None:
    """One sentence of a line, or None where it only announces what follows."""
    start, end = line.spans[place]
    next_start = line.spans[place + 1][0] if place + 1 < len(line.spans) else None
    last_end = line.spans[place - 1][1] if place else -1
    numbers: list[int] = []
    for at, group in line.markers:
        if line.opens_with_marker and place + 1 < len(line.spans) and at >= end:
            continue  # it opens the next sentence
        if (line.opens_with_marker and last_end <= at <= start) or (
            (start < at or (at == start == 0) or at == start > last_end) and (next_start is None or at < next_start)
        ):
            numbers += group
    text = re.sub(r"(?<!\d)\*\*|\*\*(?!\d)", "", line.text[start:end]).strip()
    text = text[:1].upper() + text[1:] if _opened_by_lead_in(line, start) else text
    if not any(char.isalnum() for char in text) or (text.endswith(":") and not numbers):
        return None
    return DraftSentence(text, tuple(dict.fromkeys(numbers)))


def _opened_by_lead_in(line: _Line, start: int) -> bool:
    return any(at == start for at, _ in line.markers) and not line.opens_with_marker
