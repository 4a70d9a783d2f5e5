"""Parquet: one paper a row, read a batch of rows at a time, only the columns that say something of papers."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

from rag_assistant.corpus.entry import Found
from rag_assistant.corpus.readers import Reader
from rag_assistant.corpus.readers.record import Records, read_names, text_fields, without_column
from rag_assistant.corpus.source_file import SourceFile
from rag_assistant.errors import SourceError
from rag_assistant.records import Rejection
from rag_assistant.settings import CorpusSettings

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

_MAGIC = b"PAR1"
_ROWS = 500


def _read(file: SourceFile, settings: CorpusSettings) -> Iterator[Found]:
    stream = file.opener()
    try:
        if not stream.seekable():  # within another packed file; the footer, at its end, is read first
            stream = _held(file, stream, settings.max_whole_bytes)
        yield from _entries(file.name, stream, settings)
    finally:
        stream.close()


def _entries(name: str, stream: Any, settings: CorpusSettings) -> Iterator[Found]:
    from pyarrow import parquet

    with _named(name):
        table = parquet.ParquetFile(stream)
        names = table.schema_arrow.names
        size = sum(table.metadata.row_group(number).total_byte_size for number in range(table.num_row_groups))
    if wanting := without_column(name, names, settings.columns):
        yield wanting
        return
    if len(text_fields(names, settings.columns)) < 2:
        yield Rejection(name, None, f"no columns named title and abstract: the columns are {', '.join(names)[:400]}")
        return
    if size > settings.max_file_bytes:
        raise SourceError(f"{name} unpacks to more than the {settings.max_file_bytes:,} bytes allowed")
    records = Records(name, settings.columns)
    for number, row in enumerate(_rows(name, table, read_names(names, settings.columns)), 1):
        yield records.entry({column: _plain(value) for column, value in row.items()}, number, None)


def _rows(name: str, table: ParquetFile, columns: list[str]) -> Iterator[dict[str, Any]]:
    with _named(name):
        batches = iter(table.iter_batches(batch_size=_ROWS, columns=columns))
    while True:
        with _named(name):
            batch = next(batches, None)
            rows = [] if batch is None else batch.to_pylist()
        if batch is None:
            return
        yield from rows


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Turns what the library raises over a damaged file, and over text that isn't UTF-8, into one error."""
    from pyarrow import ArrowException

    try:
        yield
    except (ArrowException, ValueError, OverflowError, OSError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise  # the system's word, not the library's
        raise SourceError(f"{name} is no valid Parquet file ({_first_line(error)}): is it damaged?") from error


def _held(file: SourceFile, stream: Any, limit: int) -> Any:
    """All of a file that can't be sought in, in memory."""
    with stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        why = f"a packed Parquet file of more than the {limit:,} bytes allowed (setting corpus.max_whole_bytes)"
        raise SourceError(f"{file.name} is {why}: unpack it first")
    return io.BytesIO(data)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:200]


READER = Reader(
    "Parquet",
    'pyarrow.parquet.write_table(pyarrow.table({"title": ["A title"], "abstract": ["Its abstract."]}), path)',
    lambda file, _settings: file.head.startswith(_MAGIC),
    _read,
)
