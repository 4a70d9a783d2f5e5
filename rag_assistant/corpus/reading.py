"""Files to entries: each file is given to the reader that knows its form, and what can't be read is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from rag_assistant.corpus.archives import unpacked
from rag_assistant.corpus.entry import Entry, Found
from rag_assistant.corpus.files import files, reason
from rag_assistant.corpus.meter import Meter
from rag_assistant.corpus.readers import (
    Reader,
    atom,
    bibtex,
    daily_papers,
    daily_papers_html,
    json_records,
    parquet,
    table,
    tagged,
)
from rag_assistant.corpus.source_file import HEAD_BYTES, SourceFile, wide_encoding
from rag_assistant.errors import SourceError
from rag_assistant.records import Rejection
from rag_assistant.settings import CorpusSettings

# The order matters: the first that recognises a file reads it, and plain text is what is left.
READERS: tuple[Reader, ...] = (
    parquet.READER,
    json_records.LINES,
    json_records.DOCUMENT,
    atom.READER,
    daily_papers_html.READER,
    table.READER,
    tagged.RIS,
    tagged.NBIB,
    bibtex.READER,
    daily_papers.READER,
)

_BINARY = (
    (b"%PDF", "a PDF file: abstracts are read, not PDFs; export the abstracts as BibTeX, RIS, CSV or JSON"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PK\x03\x04", "an Office document, or an archive within archives: save its text"),
    (b"\x1f\x8b", "a file packed more than twice: unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it first"),
    (b"SQLite format 3", "an SQLite database: export the table as CSV or JSON lines"),
    (b"\xd0\xcf\x11\xe0", "an old Office document: save its text"),
    (b"\x7fELF", "a program"),
)
_START = 80
_FEW = 3
_MOST_HELD = 10_000


def read_entries(paths: Iterable[str | Path], settings: CorpusSettings) -> Iterator[Found]:
    """The entries of files, folders and globs, one at a time, each with its place; a Rejection for what can't be read.

    Never raises for what the files hold, and never stops at a bad one.
    """
    return read_files(files(paths, settings), settings)


def read_files(
    found: Iterable[SourceFile | Rejection], settings: CorpusSettings, meter: Meter | None = None
) -> Iterator[Found]:
    """The entries of files, as :func:`read_entries` gives them; ``meter`` counts the bytes."""
    for file in found:
        if isinstance(file, Rejection):
            yield file
        else:
            yield from read_file(meter.begin(file) if meter else file, settings)
    if meter:
        meter.end()


def read_file(file: SourceFile, settings: CorpusSettings) -> Iterator[Found]:
    """The entries of one file, or of those packed in it, as :func:`read_entries` gives them."""
    try:
        for inside in unpacked(file, settings):
            yield from [inside] if isinstance(inside, Rejection) else _read(inside, settings)
    except OSError as error:
        yield Rejection(file.name, None, reason(error))
    except SourceError as error:
        yield Rejection(file.name, None, str(error).removeprefix(f"{file.name} "))


def _read(file: SourceFile, settings: CorpusSettings) -> Iterator[Found]:
    held: list[Rejection] = []  # until the file turns out to hold a paper
    holding = True
    count, form = 0, ""
    try:
        reader = _reader_of(file, settings)
        if isinstance(reader, Rejection):
            yield reader
            return
        form = reader.form
        for found in reader.read(file, settings):
            checked = _checked(found, settings)
            if holding and isinstance(checked, Rejection):
                count += 1
                if count <= _MOST_HELD:
                    held.append(checked)
                continue
            if holding:
                yield from held
                if count > _MOST_HELD:
                    yield Rejection(file.name, None, f"{count - _MOST_HELD:,} more records were refused")
                holding = False
            yield checked
    except OSError as error:
        held.append(Rejection(file.name, None, reason(error)))
    except SourceError as error:
        held.append(Rejection(file.name, None, str(error).removeprefix(f"{file.name} ")))
    else:
        if holding:
            held = _no_papers(file, form, held, count)
        else:
            return
    yield from held if holding else held[-1:]


def _no_papers(file: SourceFile, form: str, refused: list[Rejection], count: int) -> list[Rejection]:
    """What is said of a file without papers: not the same of each of its records."""
    if not refused:
        return [Rejection(file.name, None, f"no papers in it: it was read as {form}")]
    if len(refused) <= _FEW:
        return refused
    why = f"no papers in it: all {count:,} records were refused, this one since it is {refused[0].why}"
    return [Rejection(file.name, refused[0].line, why)]


def _reader_of(file: SourceFile, settings: CorpusSettings) -> Reader | Rejection:
    if parquet.READER.recognises(file, settings):
        return parquet.READER
    if binary := _binary(file.head):
        return Rejection(file.name, None, f"not a text file but {binary}")
    if not file.head_text.strip("\x00\ufeff \t\n"):
        return Rejection(file.name, None, "the file is blank")
    for reader in READERS:
        if reader.recognises(file, settings):
            return reader
    forms = ", ".join(reader.form for reader in READERS)
    why = f"no papers in it: no fields named title and abstract, no titles and abstracts by turns (read are {forms})"
    if settings.columns:
        first = file.head_text.strip().split("\n", 1)[0]
        why = f"no papers in it: none of the columns {', '.join(settings.columns.values())}; it begins: {_start(first)}"
    return Rejection(file.name, None, why)


def _binary(head: bytes) -> str | None:
    for start, what in _BINARY:
        if head.startswith(start):
            return what
    if head[257:262] == b"ustar":
        return "a tar archive: unpack it first"
    if wide_encoding(head):
        return None
    controls = sum(head.count(byte) for byte in (*range(7), *range(14, 27)))
    return "binary data" if controls > 0.05 * min(len(head), HEAD_BYTES) else None


def _checked(found: Found, settings: CorpusSettings) -> Found:
    if isinstance(found, Rejection):
        return found
    if not found.title.strip():
        return _refused(found, f"a record without a title; its abstract begins: {_start(found.abstract)}")
    if not found.abstract.strip():
        return _refused(found, f"a record without an abstract: {_start(found.title)}")
    for name, text in (("title", found.title), ("abstract", found.abstract)):
        if len(text) > settings.max_record_chars:
            why = (
                f"the {name} has {len(text):,} characters, more than the {settings.max_record_chars:,} allowed "
                "(setting corpus.max_record_chars)"
            )
            return _refused(found, why)
    return found


def _refused(entry: Entry, why: str) -> Rejection:
    return Rejection(entry.source.file, entry.source.line, why)


def _start(text: str) -> str:
    line = " ".join(text[: 4 * _START].split())
    return line if len(line) <= _START else f"{line[: _START - 1]}…"
