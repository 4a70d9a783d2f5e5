"""RIS and PubMed's NBIB (MEDLINE): a tag of up to four characters, a hyphen, a value; a record a paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag_assistant.corpus.entry import Entry, Found
from rag_assistant.corpus.fields import arxiv_id_of, categories_of, date_of, doi_of, people_of, url_of, year_of
from rag_assistant.corpus.readers import Reader
from rag_assistant.corpus.readers.json_records import longest_line
from rag_assistant.corpus.source_file import SourceFile
from rag_assistant.records import Rejection, Source
from rag_assistant.settings import CorpusSettings

_TAG = re.compile(r"(?=.{4}-)([A-Z][A-Z0-9]{1,3}) *-(?: +(.*))?$")
_RIS_BEGINS = re.compile(r"^\s*TY  - ", re.M)
_NBIB_BEGINS = re.compile(r"^\s*PMID- ", re.M)
_MOST_VALUES = 10_000  # under one tag of a record
_Fields = dict[str, list[str]]


def _read(file: SourceFile, settings: CorpusSettings) -> Iterator[Found]:
    number, begins = 0, 1
    fields: _Fields = {}
    last: list[str] | None = None
    for line, text in file.lines(longest_line(settings)):
        if text is None:
            yield Rejection(file.name, line, "a line that is too long was passed over")
            continue
        match = _TAG.match(text)
        if match is None:
            # Past the limit the record is refused anyway, and adding on would take ever longer.
            if last and text.strip() and len(last[-1]) <= settings.max_record_chars:
                last[-1] += " " + text.strip()
            continue
        tag, value = match.group(1), (match.group(2) or "").strip()
        if tag in ("TY", "PMID", "ER") and fields:
            number += 1
            yield _entry(fields, Source(file.name, number, begins))
            fields = {}
        last = None
        if tag != "ER":
            begins = begins if fields else line
            last = fields.setdefault(tag, [])
            if len(last) < _MOST_VALUES:
                last.append(value)
    if fields:
        yield _entry(fields, Source(file.name, number + 1, begins))


def _entry(fields: _Fields, source: Source) -> Found:
    def first(*tags: str) -> str:
        return next((value for tag in tags for value in fields.get(tag, ()) if value), "")

    title = first("TI", "T1", "CT", "BT")
    if not any(tag in fields for tag in ("AB", "N2")):
        return Rejection(source.file, source.line, f"a record without an abstract: {title[:80] or 'untitled'}")
    names = next((fields[tag] for tag in ("FAU", "AU", "A1") if tag in fields), [])
    dois = [first("DO"), *(value for tag in ("AID", "LID") for value in fields.get(tag, ()) if "doi" in value)]
    urls = [value for tag in ("UR", "L2", "LK") for value in fields.get(tag, ())]
    pmid = first("PMID")
    date = first("DA", "DP", "PY", "Y1").rstrip("/")
    return Entry(
        title=title,
        abstract=first("AB", "N2"),
        source=source,
        authors=tuple(person for name in names for person in people_of([name])),
        year=year_of(first("PY", "Y1", "DP", "DA")),
        published=date_of(date.replace("//", "/")) or date_of(_turned(date)),
        url=next((url for value in urls if (url := url_of(value))), None)
        or (f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid.isdigit() else None),
        doi=next((doi for value in dois if (doi := doi_of(value))), None),
        arxiv_id=next((id_ for value in urls if (id_ := arxiv_id_of(value))), None),
        venue=first("JT", "JO", "JF", "T2", "TA", "JA") or None,
        key=pmid or first("ID", "AN") or None,
        categories=categories_of([value for tag in ("KW", "MH", "OT") for value in fields.get(tag, ())]),
    )


def _turned(date: str) -> str:
    """PubMed writes ``2008 Apr 2``."""
    return " ".join(reversed(date.split()))


RIS = Reader(
    "RIS",
    "TY  - JOUR\nTI  - A title\nAU  - Doe, Jane\nPY  - 2024\nAB  - Its abstract.\nER  - ",
    lambda file, _settings: _RIS_BEGINS.search(file.head_text) is not None,
    _read,
)
NBIB = Reader(
    "PubMed NBIB",
    "PMID- 123\nTI  - A title\nAB  - Its abstract,\n      on two lines.\nFAU - Doe, Jane\nDP  - 2024 Mar 12",
    lambda file, _settings: _NBIB_BEGINS.search(file.head_text) is not None,
    _read,
)
