"""Records with named fields (JSON objects, rows of a table) to entries, whatever their fields are called.

The names are those of BEIR, the arXiv metadata snapshot, Semantic Scholar, OpenAlex, Crossref, PubMedQA-like dumps and
hand-made tables. Case, spaces, hyphens and underscores in names don't matter. Where a mapping gives a field a column of
its own, that column alone is looked at for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from rag_assistant.corpus.entry import Entry
from rag_assistant.corpus.fields import (
    arxiv_id_of,
    categories_of,
    date_of,
    doi_of,
    people_of,
    text_or_none,
    url_of,
    year_of,
)
from rag_assistant.records import Rejection, Source

Record = Mapping[str, Any]

TITLES = ("title", "papertitle", "articletitle", "documenttitle", "displayname")
ABSTRACTS = ("abstract", "text", "summary", "abstracttext", "paperabstract", "abstractnote", "contents")
_INVERTED = ("abstractinvertedindex",)
_AUTHORS = ("authorsparsed", "authors", "author", "authorships", "creators")
_DATES = ("published", "publicationdate", "publishedonline", "publishedprint", "issued", "date", "updatedate")
_YEARS = ("year", "publicationyear", "pubyear")
_URLS = ("url", "link", "landingpageurl", "htmlurl")
_DOIS = ("doi",)
_ARXIV = ("arxivid", "arxiv", "eprint")
_VENUES = ("venue", "journalref", "journal", "booktitle", "containertitle", "publicationtitle", "conference")
_CATEGORIES = ("categories", "category", "fieldsofstudy", "subjects", "topics", "keywords", "tags")
_KEYS = ("id", "docid", "paperid", "corpusid", "pmid", "key")
_LABEL_WORDS = 12
_TEXT = ("title", "abstract")
# What a mapping's field stands for; the first name is the one that the mapped column goes by.
_NAMES = {
    "title": TITLES,
    "abstract": ABSTRACTS + _INVERTED,
    "authors": _AUTHORS,
    "year": _YEARS,
    "date": (*_DATES, "versions"),
    "url": _URLS,
    "doi": _DOIS,
    "arxiv_id": _ARXIV,
    "venue": _VENUES,
    "categories": _CATEGORIES,
}


@lru_cache(maxsize=4_096)
def plain_name(name: str) -> str:
    """A field's name without what its writers differ in: ``_id`` and ``ID`` are ``id``."""
    return re.sub(r"[\W_]+", "", name).lower()


def text_fields(names: Iterable[str], columns: Mapping[str, str]) -> set[str]:
    """Which of title and abstract fields of these names hold, going by the mapping where it says."""
    plain = {plain_name(name) for name in names}
    wanted = {field: {plain_name(columns[field])} if field in columns else _NAMES[field] for field in _TEXT}
    return {field for field, some in wanted.items() if not plain.isdisjoint(some)}


def without_column(file: str, names: Iterable[str], columns: Mapping[str, str]) -> Rejection | None:
    """Why a table with these columns can't be read as the mapping says; None where it can."""
    names = list(names)
    plain = {plain_name(name) for name in names}
    for field, column in columns.items():
        if plain_name(column) not in plain:
            return Rejection(file, None, f"no column {column!r} for {field}: the columns are {_listed(names, 40)}")
    return None


def read_names(names: Iterable[str], columns: Mapping[str, str]) -> list[str]:
    """Those of the names that a record is looked up for: a table may have many more columns."""
    known = {name for some in _NAMES.values() for name in some} | {*_KEYS, "externalids", "ids"}
    known |= {plain_name(column) for column in columns.values()}
    return [name for name in names if plain_name(name) in known]


class Records:
    """Turns the records of one file into entries, and remembers which columns of the mapping none of them had."""

    def __init__(self, file: str, columns: Mapping[str, str]) -> None:
        self._file, self._columns = file, columns
        self._unseen = dict(columns)
        self._last: list[str] | None = None

    def entry(self, record: Record, number: int, line: int | None) -> Entry | Rejection:
        """The entry that a record holds; a Rejection where it has no field for a title or none for an abstract."""
        source = Source(self._file, number, line)
        fields = {plain_name(name): value for name, value in reversed(list(record.items())) if isinstance(name, str)}
        if self._columns:
            fields = self._mapped(record, fields)
            self._last = [str(name) for name in record]
        return _entry(record, fields, source)

    def never_seen(self) -> Iterator[Rejection]:
        """What is to be said at the end of the file: columns of the mapping that no record had."""
        for field, column in self._unseen.items():
            if self._last is not None:
                why = f"no record has a field {column!r} for {field}: the last one's fields are {_listed(self._last)}"
                yield Rejection(self._file, None, why)

    def _mapped(self, record: Record, fields: dict[str, Any]) -> dict[str, Any]:
        own = {
            field: record.get(column, fields.get(plain_name(column)))
            for field, column in self._columns.items()
            if column in record or plain_name(column) in fields
        }
        claimed = {name for field in self._columns for name in _NAMES[field]}
        left = {name: value for name, value in fields.items() if name not in claimed}
        for field in own:
            self._unseen.pop(field, None)
        return left | {_NAMES[field][0]: value for field, value in own.items()}


def _entry(record: Record, fields: Record, source: Source) -> Entry | Rejection:
    title, abstract = _running_text(_first(fields, TITLES)), _running_text(_first(fields, ABSTRACTS))
    if not abstract:
        abstract = _uninverted(_first(fields, _INVERTED))
    if not title and abstract and "title" in fields and "_id" in record:
        title = _label(abstract)
    if not title and not any(name in fields for name in TITLES):
        return Rejection(source.file, source.line, f"a record without a title: its fields are {_listed(record)}")
    if not abstract and not any(name in fields for name in ABSTRACTS + _INVERTED):
        return Rejection(source.file, source.line, f"a record without an abstract: its fields are {_listed(record)}")
    ids = _mapping(fields.get("externalids")) | _mapping(fields.get("ids"))
    key = text_or_none(_first(fields, _KEYS))
    published = _published(fields)
    return Entry(
        title=title or "",
        abstract=abstract or "",
        source=source,
        authors=next((people for name in _AUTHORS if (people := people_of(fields.get(name)))), ()),
        year=next((year for name in _YEARS if (year := year_of(fields.get(name)))), None) or year_of(published),
        published=published,
        url=next((url for name in _URLS if (url := url_of(fields.get(name)))), None),
        doi=doi_of(_first(fields, _DOIS)) or doi_of(ids.get("doi")),
        arxiv_id=arxiv_id_of(_first(fields, _ARXIV)) or arxiv_id_of(ids.get("arxiv")) or arxiv_id_of(key),
        venue=_venue(fields),
        key=key,
        categories=next((some for name in _CATEGORIES if (some := categories_of(fields.get(name)))), ()),
    )


def _first(fields: Record, names: tuple[str, ...]) -> Any:
    return next((fields[name] for name in names if fields.get(name) not in (None, "", [], {})), None)


def _running_text(value: Any) -> str | None:
    if isinstance(value, list):
        return " ".join(part for one in value if (part := text_or_none(one))) or None
    return value if isinstance(value, str) and value.strip() else None


def _uninverted(value: Any) -> str | None:
    """The text of an inverted index: OpenAlex gives each word with the places where it stands."""
    if not isinstance(value, dict):
        return None
    places = [
        (place, word)
        for word, where in value.items()
        if isinstance(where, list)
        for place in where
        if isinstance(place, int)
    ]
    return " ".join(word for _, word in sorted(places)) or None


def _label(abstract: str) -> str:
    """What stands for the title that a BEIR document lacks: its first words, with a sign that they go on."""
    words = abstract.split()
    return " ".join(words[:_LABEL_WORDS]) + ("…" if len(words) > _LABEL_WORDS else "")


def _mapping(value: Any) -> dict[str, Any]:
    return {plain_name(name): one for name, one in value.items()} if isinstance(value, dict) else {}


def _published(fields: Record) -> str | None:
    versions = fields.get("versions")  # arXiv: update_date is the last version's, the first version's is the paper's
    if isinstance(versions, list) and versions and isinstance(versions[0], dict):
        first = date_of(versions[0].get("created"))
        if first:
            return first
    for name in _DATES:
        value = fields.get(name)
        if isinstance(value, dict) and isinstance(value.get("date-parts"), list) and value["date-parts"]:
            parts = value["date-parts"][0]
            value = "-".join(str(part) for part in parts) if isinstance(parts, list) else None
        if found := date_of(value):
            return found
    return None


def _venue(fields: Record) -> str | None:
    for name in _VENUES:
        value = fields.get(name)
        if isinstance(value, dict):
            value = value.get("name")
        if text := _running_text(value):
            return " ".join(text.split())
    return None


def _listed(names: Iterable[str], most: int = 8) -> str:
    shown = [str(name)[:40] for name in names]
    return ", ".join(shown[:most]) + (", …" if len(shown) > most else "") if shown else "none"
