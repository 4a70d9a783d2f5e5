"""Papers as rows of CSV, for spreadsheets, and in names that ``ingest`` reads again."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import IO

from rag_assistant.records import Paper

_COLUMNS = ("id", "title", "abstract", "authors", "year", "published", "url", "doi", "arxiv_id", "venue", "categories")


def write_csv(papers: Iterable[Paper], stream: IO[str]) -> None:
    """Writes a row of names, then a row a paper; what isn't known is empty, names are parted by semicolons."""
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(_COLUMNS)
    for paper in papers:
        values = (getattr(paper, column) for column in _COLUMNS)
        rows.writerow("; ".join(value) if isinstance(value, tuple) else value for value in values)
