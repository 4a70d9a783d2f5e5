"""Files of abstracts to papers: ``collect`` reads, cleans and tells duplicates; ``read_entries`` only reads.

from rag_assistant.corpus import collect

collection = collect(["pages/", "refs.bib"])
for paper in collection.papers: ...
for rejection in collection.rejected: print(rejection)
"""

from __future__ import annotations

from rag_assistant.corpus.bundled import bundled_digest, bundled_path
from rag_assistant.corpus.clean import clean
from rag_assistant.corpus.collection import Collection, collect, completed, unique
from rag_assistant.corpus.columns import parse_columns, with_columns
from rag_assistant.corpus.entry import Entry, Found
from rag_assistant.corpus.identity import normalised_title, paper_id, to_paper
from rag_assistant.corpus.places import Places, places_read, places_without
from rag_assistant.corpus.reading import READERS, read_entries

__all__ = [
    "READERS",
    "Collection",
    "Entry",
    "Found",
    "Places",
    "bundled_digest",
    "bundled_path",
    "clean",
    "collect",
    "completed",
    "normalised_title",
    "paper_id",
    "parse_columns",
    "places_read",
    "places_without",
    "read_entries",
    "to_paper",
    "unique",
    "with_columns",
]
