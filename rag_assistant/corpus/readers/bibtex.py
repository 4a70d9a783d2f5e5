"""BibTeX with ``abstract`` fields, in the dialects of Zotero, JabRef, the ACL Anthology and arXiv."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

from rag_assistant.corpus.clean import clean
from rag_assistant.corpus.entry import Entry, Found
from rag_assistant.corpus.fields import arxiv_id_of, categories_of, date_of, doi_of, people_of, url_of, year_of
from rag_assistant.corpus.readers import Reader
from rag_assistant.corpus.source_file import SourceFile
from rag_assistant.records import Rejection, Source
from rag_assistant.settings import CorpusSettings

_ENTRY = re.compile(r"^\s*@\s*[A-Za-z]+\s*[{(]", re.M)
_JOINED = re.compile(r"[\"}]\s*#\s*[\"{]")
_COMMA = "\ue000"  # stands for one within a name
_TEAM = re.compile(r"(?<![^\s])\{([^{}]*)\}(?=\s+and\s|\s*$)")


def _recognises(file: SourceFile, _settings: CorpusSettings) -> bool:
    return _ENTRY.search(file.head_text) is not None


def _read(file: SourceFile, settings: CorpusSettings) -> Iterator[Found]:
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import Entry as Block
    from bibtexparser.model import ParsingFailedBlock

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # what it warns of is said in rejections
    library = parse_string(file.text(settings.max_whole_bytes))
    number = 0
    for block in library.blocks:
        source = Source(file.name, number + 1, (block.start_line or 0) + 1)
        if isinstance(block, Block):
            number += 1
            yield _entry({field.key.lower(): str(field.value) for field in block.fields}, block.key, source)
        elif isinstance(block, ParsingFailedBlock) and isinstance(inside := block.ignore_error_block, Block):
            # Only its key was used before. The library leaves such an entry's values as they stood.
            number += 1
            strings = {name: string.value for name, string in library.strings_dict.items()}
            raw = {field.key.lower(): str(field.value).strip() for field in inside.fields}
            yield _entry(
                {name: strings.get(value) or _opened(value) for name, value in raw.items()}, inside.key, source
            )
        elif isinstance(block, ParsingFailedBlock):
            number += 1
            why = "not valid BibTeX: a brace or a quotation mark of this entry is not closed"
            yield Rejection(file.name, source.line, why)


def _opened(value: str) -> str:
    """A value without the quotation marks or the braces around it."""
    return value[1:-1] if value[:1] + value[-1:] in ('""', "{}") else value


def _entry(raw: dict[str, str], key: str, source: Source) -> Found:
    fields = {name: _JOINED.sub("", value) for name, value in raw.items()}
    title = re.sub(r"^\{(.*)\}$", r"\1", fields.get("title", "").strip(), flags=re.S)
    if "abstract" not in fields:
        return Rejection(source.file, source.line, f"a record without an abstract: {clean(title) or key}")
    year = year_of(fields.get("year")) or year_of(fields.get("date"))
    eprint = (
        fields.get("eprint")
        if fields.get("archiveprefix", fields.get("eprinttype", "arxiv")).lower() == "arxiv"
        else None
    )
    return Entry(
        title=title,
        abstract=fields["abstract"],
        source=source,
        authors=_authors(fields.get("author", "")),
        year=year,
        published=date_of(fields.get("date")) or _month(fields.get("month"), year),
        url=url_of(clean(fields.get("url", ""))) or None,
        doi=doi_of(clean(fields.get("doi", ""))),
        arxiv_id=arxiv_id_of(eprint) or arxiv_id_of(fields.get("url")) or arxiv_id_of(fields.get("journal")),
        venue=fields.get("journal") or fields.get("journaltitle") or fields.get("booktitle"),
        key=key or None,
        categories=categories_of(clean(fields.get("keywords", ""))) or categories_of(fields.get("primaryclass")),
    )


def _authors(value: str) -> tuple[str, ...]:
    """Names, given name first; a name in braces (a team) is one word."""
    # A comma in a team's name would turn it round.
    teams = _TEAM.sub(lambda team: team.group(1).replace(",", _COMMA), " ".join(value.split()))
    people = [clean(name).removesuffix(",") for name in re.split(r"\s+and\s+", teams)]
    return tuple(
        name.replace(_COMMA, ",") for one in people for name in people_of([one]) if name.lower() not in ("others", "")
    )


def _month(month: str | None, year: int | None) -> str | None:
    if month is None or year is None:
        return None
    return date_of(f"{year}-{month}") if month.strip().isdigit() else date_of(f"{month.strip()} {year}")


READER = Reader(
    "BibTeX",
    "@article{doe2024, title = {A title}, author = {Doe, Jane}, year = 2024, abstract = {Its abstract.}}",
    _recognises,
    _read,
)
