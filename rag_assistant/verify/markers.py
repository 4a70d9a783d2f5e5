"""An LLM's raw text to sentences with the numbers of the passages that they cite, as it streams or all at once.

Each line is cut into sentences after its markers were taken out, and a marker belongs to the sentence that it closes,
whether it stands before the full stop or after it; on a line that begins with a marker, to the one that it opens.
What is no statement goes: headings, "Answer:", a line that only announces a list, a closing list of references.

The text is read word by word, a word being complete once the next one has begun. So how it was cut into pieces on its
way here can't make a difference.
"""

from __future__ import annotations

import re
from dataclasses import replace

from rag_assistant.records import DraftSentence
from rag_assistant.verify.marked_lines import BULLET, marked_line
from rag_assistant.verify.marker_forms import opens_display, settled_until
from rag_assistant.verify.marker_phrases import announces_marker

_WORD = re.compile(r"(\S+)(\s+)(?=\S)")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_HEADING = re.compile(r"\s*(?:#{1,6}\s|\*\*[^*]{1,80}\*\*:?\s*$|__[^_]{1,80}__:?\s*$|(?:-{3,}|={3,}|\*{3,})\s*$)")
_REFERENCES = re.compile(
    r"\s*(?:#{1,6}\s*|\*\*|__)?(?:references?|sources?|citations?|bibliography|works cited|footnotes?)"
    r"(?:\s+(?:used|cited|list))?\s*(?::?\s*(?:\*\*|__)?\s*:?\s*$|(?:\*\*|__)?:\s*(?:\*\*|__)?\s*(?=[\[【\d(-]))",
    re.IGNORECASE,
)
_REFERENCE_LINE = re.compile(r"\s*(?:\[\^\d+\]:|[-*•]?\s*\[\d{1,3}\]:?\s+(?![a-z])[^.!?]*[^.!?\s]\s*$)")
# A line with such a beginning is read when it has ended: it may be a heading, a rule or a reference.
_WAITS = re.compile(
    r"\s*(?:[#`~\[【［(=]|\*\*|__|-{2}|[-*•]\s*\[|references?\b|sources?\b|citations?\b|bibliography\b|works\b|"
    r"footnotes?\b)",
    re.IGNORECASE,
)
_ENDED = re.compile(r"[.!?:;…]['\"”’)\]*_]*\s*$")
# What tells a work of a bare list of references from a statement: no stop, a year, an address, "Name: title".
_NAMES_A_WORK = re.compile(
    r"[^.!?\s]\s*$|\b(?:19|20)\d\d\b|\bet al\b|https?://|\bdoi\b|arxiv",
    re.IGNORECASE,
)
_TITLE = re.compile(r"\W*\w[\w-]*(?:\s\w[\w-]*){0,3}:\s")
_OPENS_WITH_NUMBER = re.compile(r"\s*(?:[-*•]\s+)?\[\d{1,3}\]:?\s+(?=\S)")
_STOP_AND_WORD = re.compile(r"[.!?…]\W*(?:\W*\d*\W*\s+)*\S+\s+$")
_LONGEST_LINE = 20_000
# A line that goes on for longer without a sentence is read when it ends, so that no text takes quadratic time.
_LONGEST_SENTENCE = 4_000
_LONGEST_WORD = 200
_CODE_INDENT = 4


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
        self._indented = False  # the code is indented, not fenced
        self._listed = False  # a list goes on: what is indented belongs to it
        self._references = False
        self._cited = False
        self._works: list[str] = []  # lines that are references if nothing but such lines follows

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
        self._end_works(out, closing=True)
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
        indented = len(self._line.expandtabs(4)) >= _CODE_INDENT
        if self._indented and not indented:
            self._end_code(out)
        elif indented and self._code is None and space.count("\n") > 1 and not self._listed and following not in "-*•>":
            self._code, self._indented = [], True

    def _goes_on(self, following: str) -> bool:
        """Whether the next line belongs to this one: this one stops in mid-sentence, or leaves LaTeX open."""
        if len(self._line) > _LONGEST_LINE or _FENCE.match(self._line) or _HEADING.match(self._line):
            return False
        if opens_display(self._line):
            return True
        return following.islower() and not _REFERENCES.match(self._line) and not self._ended()

    def _ended(self) -> bool:
        return _ENDED.search(marked_line(self._line).text) is not None

    def _give_settled(self, out: list[DraftSentence]) -> None:
        if _WAITS.match(self._line) and not self._begun:
            return
        self._end_works(out)
        self._release(out)  # a line of markers would have begun with one
        if len(self._line) > _LONGEST_SENTENCE or not _STOP_AND_WORD.search(self._line[-_LONGEST_WORD:]):
            return
        settled = self._line[: settled_until(self._line)]
        if announces_marker(settled):
            return
        line = marked_line(settled, first=not self._begun)
        if len(line.spans) < 2 or not re.match(r"\S+\s", line.text[line.spans[1][0] :]):
            return
        sentence = line.sentence(0)
        if sentence is not None:
            self._cited = self._cited or bool(sentence.markers and not line.opens_with_marker)
            out.append(sentence)
        self._line = self._line[line.raw_place(line.spans[1][0]) :]
        self._begun = True

    def _end_line(self, out: list[DraftSentence]) -> None:
        text, self._line = self._line, ""
        begun, self._begun = self._begun, False
        if _FENCE.match(text) and not begun and not self._indented:
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
        if not begun and self._is_work(text):
            self._works.append(text)
            return
        if not begun and (_HEADING.match(text) or _REFERENCE_LINE.match(text)):
            return
        self._end_works(out)
        self._read(text, begun, out)

    def _read(self, text: str, begun: bool, out: list[DraftSentence]) -> None:
        line = marked_line(text, first=not begun)
        if not line.spans:
            if self._held is not None:
                numbers = [number for _, group in line.markers for number in group]
                self._held = replace(self._held, markers=tuple(dict.fromkeys((*self._held.markers, *numbers))))
            return
        for place in range(len(line.spans)):
            self._release(out)
            self._held = line.sentence(place)
            if self._held is not None and self._held.markers and not line.opens_with_marker:
                self._cited = True
        if not begun:
            bullet = BULLET.match(text)
            self._listed = bool(bullet and bullet.group().strip()) or (self._listed and text[:1].isspace())

    def _is_work(self, text: str) -> bool:
        """Whether a line may be one of a bare list of references: something was cited, and it names a work."""
        number = _OPENS_WITH_NUMBER.match(text) if self._cited else None
        return number is not None and (bool(self._works) or _names_a_work(text))

    def _end_works(self, out: list[DraftSentence], *, closing: bool = False) -> None:
        """Two or more lines that close the text are references if most of them name a work; others are read."""
        works, self._works = self._works, []
        named = sum(_names_a_work(text) for text in works)
        if closing and len(works) > 1 and 2 * named >= len(works):
            return
        for text in works:
            if not _REFERENCE_LINE.match(text):
                self._read(text, False, out)

    def _end_code(self, out: list[DraftSentence]) -> None:
        if self._code:
            self._end_works(out)
            self._release(out)
            self._held = DraftSentence("\n".join(self._code))
        self._code, self._indented = None, False

    def _release(self, out: list[DraftSentence]) -> None:
        if self._held is not None:
            out.append(self._held)
            self._held = None


def _names_a_work(text: str) -> bool:
    number = _OPENS_WITH_NUMBER.match(text)
    place = number.end() if number else 0
    return _NAMES_A_WORK.search(text, place) is not None or _TITLE.match(text, place) is not None
