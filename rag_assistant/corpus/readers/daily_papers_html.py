"""Daily Papers pages saved as HTML, and other pages on which each heading stands over an abstract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from rag_assistant.corpus.entry import Entry, Found
from rag_assistant.corpus.fields import arxiv_id_of
from rag_assistant.corpus.readers import Reader
from rag_assistant.corpus.readers.daily_papers import is_furniture, is_prose
from rag_assistant.corpus.source_file import SourceFile
from rag_assistant.records import Rejection, Source
from rag_assistant.settings import CorpusSettings

_SITE = "https://huggingface.co/papers/"
_HEADINGS = frozenset({"h1", "h2", "h3", "h4"})
_UNREAD = frozenset({"script", "style", "svg", "template", "noscript", "head", "nav", "footer", "select", "button"})
_WITHIN_LINES = frozenset(
    "a abbr b bdi cite code em i img kbd mark math q s small span strong sub sup tt u var wbr mi mn mo mrow".split()
)
_END = "\x00"
_Title = tuple[int, str | None, str]  # line, arXiv id, text
_UNCLOSED = re.compile(r"<(?=[^<>]*(?:<|\Z))")
_PAPER_LINK = re.compile(r"(?:^|huggingface\.co)/papers/([^#?/]+)")


class _Blocks(HTMLParser):
    """A page as lines: (line number, whether it is a heading, arXiv id of its link, text)."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[tuple[int, bool, str | None, str]] = []
        self.page_id: str | None = None
        self._unread = 0
        self._text: list[str] = []
        self._line = 1
        self._heading = False
        self._link: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("link", "meta") and (given.get("rel") == "canonical" or given.get("property") == "og:url"):
            self.page_id = arxiv_id_of(given.get("href") or given.get("content"))
        if tag in _UNREAD:
            self._unread += 1
        if tag == "a" and (link := _PAPER_LINK.search(given.get("href", ""))):
            self._link = arxiv_id_of(link.group(1)) or self._link
        if tag not in _WITHIN_LINES:
            self.end_block()
            self._heading = tag in _HEADINGS

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNREAD:
            self._unread = max(0, self._unread - 1)
        if tag not in _WITHIN_LINES:
            self.end_block()
            self._heading = False

    def handle_data(self, data: str) -> None:
        if self._unread:
            return
        if not self._text:
            self._line = self.getpos()[0]
        self._text.append(data)

    def end_block(self) -> None:
        text = " ".join("".join(self._text).split())
        if text:
            self.blocks.append((self._line, self._heading, self._link, text))
            self._link = None
        self._text = []


def _recognises(file: SourceFile, _settings: CorpusSettings) -> bool:
    return (
        re.match(
            r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,500}?-->\s*)*<(?:!doctype html|html)\b", file.head_text, re.I | re.S
        )
        is not None
    )


def _read(file: SourceFile, settings: CorpusSettings) -> Iterator[Found]:
    page = _Blocks()
    page.feed(_well_closed(file.text(settings.max_whole_bytes)))
    page.close()
    page.end_block()
    entries: list[Entry] = []
    title: _Title | None = None
    abstract: list[str] = []
    end = (0, True, None, _END)
    for line, heading, arxiv_id, text in [*page.blocks, end]:
        if is_furniture(text):
            continue
        if not heading and not arxiv_id:
            if title and is_prose(text):
                abstract.append(text)
            continue
        if title and abstract:
            entries.append(_entry(title, abstract, Source(file.name, len(entries) + 1, title[0])))
        elif title and title[1]:
            yield Rejection(file.name, title[0], f"a title without an abstract: {title[2][:80]}")
        title, abstract = (line, arxiv_id, text), []
    if len(entries) == 1 and entries[0].arxiv_id is None and page.page_id:
        only = entries[0]
        entries = [_entry((only.source.line or 1, page.page_id, only.title), [only.abstract], only.source)]
    yield from entries


def _well_closed(text: str) -> str:
    """The page without comments, and without tags that don't close: html.parser takes quadratic time over those."""
    kept, end = [], 0
    while (start := text.find("<!--", end)) >= 0:
        kept.append(text[end:start])
        close = text.find("-->", start + 4)
        end = len(text) if close < 0 else close + 3
        kept.append("\n" * text.count("\n", start, end))
    kept.append(text[end:])
    return _UNCLOSED.sub("&lt;", "".join(kept))


def _entry(title: _Title, abstract: list[str], source: Source) -> Entry:
    arxiv_id = title[1]
    return Entry(title[2], " ".join(abstract), source, arxiv_id=arxiv_id, url=_SITE + arxiv_id if arxiv_id else None)


READER = Reader(
    "Daily Papers page (HTML)",
    '<h3><a href="/papers/2401.00001">A title</a></h3> <p>Its abstract. …</p>',
    _recognises,
    _read,
)
