"""One record with named fields (a JSON object, a row of a table) to an entry, whatever its fields are called.

The names are those of BEIR, the arXiv metadata snapshot, Semantic Scholar, OpenAlex, Crossref, PubMedQA-like dumps and
hand-made tables. Case, spaces, hyphens and underscores in names don't matter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rag_assistant.corpus.entry import Entry
from rag_assistant.corpus.fields import arxiv_id_of, date_of, doi_of, people_of, text_or_none, url_of, year_of
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
_KEYS = ("id", "docid", "paperid", "corpusid", "pmid", "key")
_LABEL_WORDS = 12


def plain_name(name: str) -> str:
    """A field's name without what its writers differ in: ``_id`` and ``ID`` are ``id``."""
    return re.sub(r"[\W_]+", "", name).lower()


def entry_of(record: Record, source: Source) -> Entry | Rejection:
    """The entry that a record holds; a Rejection where it has no field for a title or none for an abstract."""
    fields = {plain_name(name): value for name, value in reversed(list(record.items())) if isinstance(name, str)}
    title, abstract = _running_text(_first(fields, TITLES)), _running_text(_first(fields, ABSTRACTS))
    if not abstract:
        abstract = _uninverted(_first(fields, _INVERTED))
    if not title and abstract and "title" in fields and "_id" in record:
        title = _label(abstract)
    if not title and not any(name in fields for name in TITLES):
        return Rejection(source.file, source.line, f"a record without a title: its fields are {_names(record)}")
    if not abstract and not any(name in fields for name in ABSTRACTS + _INVERTED):
        return Rejection(source.file, source.line, f"a record without an abstract: its fields are {_names(record)}")
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


def _names(record: Record) -> str:
    names = [str(name)[:40] for name in record]
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "") if names else "none"
