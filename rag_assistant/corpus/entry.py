"""An entry: what a reader found in a file, as it stands there."""

from __future__ import annotations

from dataclasses import dataclass

from rag_assistant.records import Rejection, Source


@dataclass(frozen=True, slots=True)
class Entry:
    """One title and abstract as they stand in their file, with what else the file says of the paper.

    What the file doesn't say is None (or an empty tuple). ``key`` is the record's own name in its file (a BibTeX key, a
    BEIR ``_id``); it means nothing outside that file.
    """

    title: str
    abstract: str
    source: Source
    authors: tuple[str, ...] = ()
    year: int | None = None
    published: str | None = None  # ISO 8601 date, as precise as the file has it
    url: str | None = None
    doi: str | None = None
    arxiv_id: str | None = None
    venue: str | None = None
    key: str | None = None
    categories: tuple[str, ...] = ()


Found = Entry | Rejection
"""What a reader yields."""
