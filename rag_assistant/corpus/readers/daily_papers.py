"""Daily Papers pages saved as text, and any other text in which titles and abstracts take turns.

A page is a few lines of site furniture, which differ from page to page, then titles (a short line) and abstracts (a
long one) by turns, with or without blank lines, dates, upvotes and author counts between. The furniture that is known
is passed over; what remains is read by its shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, pairwise

from rag_assistant.corpus.entry import Entry, Found
from rag_assistant.corpus.readers import Reader
from rag_assistant.corpus.source_file import SourceFile
from rag_assistant.records import Rejection, Source
from rag_assistant.settings import CorpusSettings

# Marks of a document (Markdown, code) that is no page of papers: a wrong paper is worse than a missed one.
_DOCUMENT = re.compile(r"#{1,6} |\||```|[-*+•] |\d+\. |>|//|/\*")
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_SITE = re.compile(
    rf"""new | subscribe | daily\ papers | trending\ papers | hugging\ face(?:'s\ logo)? | papers | models | datasets
    | get\ trending\ papers\ in\ your\ email\ inbox(?:\ once\ a\ day)?!?
    | by\ ?ak(?:\ and\ the\ research\ community)?
    | spaces | posts | docs | enterprise | pricing | log\ in | sign\ up | community | solutions | buckets | search
    | previous | next | company | tos | privacy | about | careers | jobs | website | terms | system\ theme
    | upvote | submitted\ by.* | published\ on.* | view\ arxiv\ page | view\ pdf | add\ to\ collection | abstract:?
    | [+-]?[\d.,]+\s*k? | [·•]?\s*\d+\s+(?:authors?|upvotes?|comments?|likes?) | [·•|+-]+ | ©.*
    | (?:{_MONTH}\s+\d{{1,2}}|\d{{1,2}}\s+{_MONTH})(?:,?\s+\d{{4}})? | {_MONTH}\s+\d{{4}} | \d{{4}}-\d\d-\d\d
    """,
    re.X | re.I,
)
_GREETING = re.compile(r"get trending papers in your .{0,40}|by ?ak and the research community|daily papers", re.I)
_GLUED = re.compile(r"Subscribe(?=[^\sa-z])")
_NAME = r"(?:[A-Z][\w.'’-]*|de|del|van|von|der|da|di|la|le|bin)"
_AUTHORS = re.compile(rf"{_NAME}(?: {_NAME}){{1,4}}(?:, (?:and )?{_NAME}(?: {_NAME}){{1,4}})+")
_LONG = 250  # characters: the longest title of the known pages has 178, the shortest abstract 679
_WORDS_OF_PROSE = 15
_LONGEST_HEADER = 12  # lines of a kind that isn't known

_Numbered = tuple[int, str]


def is_prose(line: str) -> bool:
    """Whether a line is (a paragraph of) an abstract rather than a title."""
    return len(line) >= _LONG or (len(line.split()) >= _WORDS_OF_PROSE and line.endswith((".", ".)", '."', ".”")))


def is_furniture(line: str) -> bool:
    """Whether a line belongs to the site and to no paper: a menu's word, a date, a count."""
    return not line or _SITE.fullmatch(line) is not None


def recognises(file: SourceFile, _settings: CorpusSettings) -> bool:
    """Whether the text greets like a Daily Papers page, or titles and abstracts, and little else, take turns in it."""
    lines = [line for _, line in _numbered(file.head_text)]
    if any(_GREETING.fullmatch(line) for line in lines[:20]):
        return True
    if any(_DOCUMENT.match(line) for line in lines):
        return False
    prose = [is_prose(line) for line in lines if not is_furniture(line)]
    if prose and prose[0]:
        del prose[0]  # the page is cut off at its top
    if True in prose[:_LONGEST_HEADER]:
        del prose[: max(0, prose.index(True) - 1)]
    abstracts = sum(prose)
    turns = sum(not before and after for before, after in pairwise(prose))
    # Prose under headings has many paragraphs to a heading; a paper has one, or now and then two.
    return turns > 0 and turns >= 0.6 * abstracts and turns >= 0.4 * (len(prose) - abstracts)


def read(file: SourceFile, settings: CorpusSettings) -> Iterator[Found]:
    """Titles and abstracts in turn; a title that no abstract follows is rejected with its line."""
    number = 0
    title: _Numbered | None = None
    paragraphs: list[str] = []
    opening = True

    def entry() -> Entry:
        assert title is not None  # noqa: S101  paragraphs are kept only under a title
        return Entry(title[1], " ".join(paragraphs), Source(file.name, number, title[0]))

    for prose, group in groupby(_numbered(file.text(settings.max_whole_bytes)), key=lambda line: is_prose(line[1])):
        run = list(group)
        if prose:
            if title is None:
                yield Rejection(file.name, run[0][0], f"an abstract without a title: {_start(run[0][1])}")
            else:
                paragraphs += [line for _, line in run]
            continue
        candidates = _candidates(run)
        if not candidates:
            continue  # site furniture within an abstract
        if title is not None and paragraphs:
            number += 1
            yield entry()
        paragraphs = []
        if opening:
            opening = False
            lost = []  # furniture of a kind that isn't known
        else:
            lost = candidates[:-1]
        for line, text in lost:
            yield _untitled(file, line, text)
        title = candidates[-1]
    if title is not None and paragraphs:
        number += 1
        yield entry()
    elif title is not None and number:
        yield _untitled(file, *title)


def _candidates(run: list[_Numbered]) -> list[_Numbered]:
    """The lines of a run of short ones that may be titles."""
    left = [(number, _GLUED.sub("", line, count=1)) for number, line in run if not is_furniture(line)]
    if len(left) > 1 and _AUTHORS.fullmatch(left[-1][1]):
        left.pop()
    return left


def _untitled(file: SourceFile, line: int, text: str) -> Rejection:
    return Rejection(file.name, line, f"a title without an abstract (is the page cut off here?): {_start(text)}")


def _start(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"


def _numbered(text: str) -> Iterator[_Numbered]:
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip("\x00\ufeff\u200b \t\x0b\x0c\xa0")
        if stripped:
            yield number, stripped


READER = Reader(
    "Daily Papers page (text)",
    "A title on one line\n\nIts abstract on the next one. …",
    recognises,
    read,
)
