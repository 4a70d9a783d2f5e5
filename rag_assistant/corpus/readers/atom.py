"""Atom feeds, as the arXiv API gives them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast
from xml.etree import ElementTree

from rag_assistant.corpus.entry import Entry, Found
from rag_assistant.corpus.fields import arxiv_id_of, categories_of, date_of, doi_of, url_of, year_of
from rag_assistant.corpus.readers import Reader
from rag_assistant.corpus.readers.json_records import longest_line
from rag_assistant.corpus.source_file import HEAD_BYTES, SourceFile
from rag_assistant.errors import SourceError
from rag_assistant.records import Rejection, Source
from rag_assistant.settings import CorpusSettings

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"


def _recognises(file: SourceFile, _settings: CorpusSettings) -> bool:
    # No document type: feeds have none, and entities declared in one can blow a parser up.
    feed = re.search(r"<(?:\w+:)?feed\b[^>]*http://www\.w3\.org/2005/Atom", file.head_text)
    return feed is not None and "<!DOCTYPE" not in file.head_text


def _read(file: SourceFile, settings: CorpusSettings) -> Iterator[Found]:
    number = 0
    try:
        for element in _entries(file, longest_line(settings)):
            number += 1
            yield _entry(element, Source(file.name, number))
    except ElementTree.ParseError as error:
        yield Rejection(file.name, error.position[0], f"not valid XML ({error.msg}): is the feed cut off?", True)


def _entries(file: SourceFile, limit: int) -> Iterator[ElementTree.Element]:
    """The feed's entries, one at a time; no more than ``limit`` bytes are held without one."""
    # No document type, so no entities that blow up.
    parser: ElementTree.XMLPullParser[ElementTree.Element] = ElementTree.XMLPullParser(("start", "end"))
    feed: ElementTree.Element | None = None
    held = 0
    with file.opener() as stream:
        while piece := stream.read(HEAD_BYTES):
            parser.feed(piece)
            held += len(piece)
            events = cast("Iterator[tuple[str, ElementTree.Element]]", parser.read_events())
            for event, element in events:
                if feed is None:
                    feed = element
                elif event == "end" and element.tag == f"{_ATOM}entry":
                    yield element
                    feed.clear()  # what was read is let go of
                    held = 0
            if held > limit:
                raise SourceError(f"{file.name} has an entry of more than {limit:,} bytes; the rest was not read")
    parser.close()


def _entry(element: ElementTree.Element, source: Source) -> Entry:
    def text(path: str) -> str:
        found = element.find(path)
        return "".join(found.itertext()) if found is not None else ""

    identifier = text(f"{_ATOM}id").strip()
    links = [link.get("href") for link in element.findall(f"{_ATOM}link") if link.get("rel") in (None, "alternate")]
    published = date_of(text(f"{_ATOM}published")) or date_of(text(f"{_ATOM}updated"))
    return Entry(
        title=text(f"{_ATOM}title"),
        abstract=text(f"{_ATOM}summary") or text(f"{_ATOM}content"),
        source=source,
        authors=tuple(
            " ".join(name.text.split()) for name in element.findall(f"{_ATOM}author/{_ATOM}name") if name.text
        ),
        year=year_of(published),
        published=published,
        url=next((url for link in links if (url := url_of(link))), None) or url_of(identifier),
        doi=doi_of(text(f"{_ARXIV}doi")),
        arxiv_id=arxiv_id_of(identifier),
        venue=" ".join(text(f"{_ARXIV}journal_ref").split()) or None,
        key=identifier or None,
        categories=categories_of([category.get("term") for category in element.findall(f"{_ATOM}category")]),
    )


READER = Reader(
    "Atom",
    '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/abs/2401.00001v1</id><title>A title</title>'
    "<summary>Its abstract.</summary><published>2024-01-01T00:00:00Z</published></entry></feed>",
    _recognises,
    _read,
)
