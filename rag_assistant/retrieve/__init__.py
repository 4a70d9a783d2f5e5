"""A question to hits: dense and BM25 search over one index, fused, filtered, one hit a paper."""

from __future__ import annotations

from rag_assistant.retrieve.filters import FIELDS, Filters, papers_of, parse_filters
from rag_assistant.retrieve.highlight import matched_spans
from rag_assistant.retrieve.search import search

__all__ = ["FIELDS", "Filters", "matched_spans", "papers_of", "parse_filters", "search"]
