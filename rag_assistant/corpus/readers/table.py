"""Tables: CSV, TSV, and those with ``;`` or ``|`` between their columns, one paper a row, names in the first row."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from rag_assistant.corpus.entry import Found
from rag_assistant.corpus.readers import Reader
from rag_assistant.corpus.readers.json_records import longest_line
from rag_assistant.corpus.readers.record import Records, text_fields, without_column
from rag_assistant.corpus.source_file import SourceFile
from rag_assistant.records import Rejection
from rag_assistant.settings import CorpusSettings


def _delimiter(file: SourceFile, settings: CorpusSettings) -> str | None:
    first = next((line for line in file.head_text.split("\n") if line.strip()), "")
    for delimiter in ",\t;|":
        try:
            names = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error:
            continue
        # With a mapping, half is enough to know a table by: the column that isn't there is then named.
        there = text_fields(names, settings.columns)
        if len(there) == 2 or (settings.columns and there):
            return delimiter
    return None


def _read(file: SourceFile, settings: CorpusSettings) -> Iterator[Found]:
    delimiter = _delimiter(file, settings)
    assert delimiter is not None  # noqa: S101  the file was recognised
    # The module's own limit would refuse a field of more than 131,072 characters.
    csv.field_size_limit(max(csv.field_size_limit(), settings.max_record_chars + 1))
    begins = [0, 0]  # the line that was read last, and the one that the next row begins on

    def lines() -> Iterator[str]:
        for number, text in file.lines(longest_line(settings)):
            begins[0] = number
            yield (text or "").replace("\x00", "") + "\n"

    records = Records(file.name, settings.columns)
    rows = csv.reader(lines(), delimiter=delimiter)
    names: list[str] | None = None
    number = 0
    while True:
        begins[1] = begins[0] + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield Rejection(file.name, begins[1], f"not a valid row ({error}): is a quotation mark not closed?")
            continue
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            continue
        if names is None:
            names = row
            if wanting := without_column(file.name, names, settings.columns):
                yield wanting
                return
            continue
        number += 1
        if len(row) > len(names):
            why = f"the row has {len(row)} cells for {len(names)} columns: quote cells that have {delimiter!r} in them"
            yield Rejection(file.name, begins[1], why)
            continue
        record = dict(zip(names, [*row, *[""] * (len(names) - len(row))], strict=True))
        yield records.entry(record, number, begins[1])


READER = Reader(
    "CSV or TSV",
    'title,abstract,year\n"A title","Its abstract.",2024',
    lambda file, settings: _delimiter(file, settings) is not None,
    _read,
)
