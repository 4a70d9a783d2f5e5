"""Quoted words marked in their abstract, by exact offsets."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from rag_assistant.records import Quote
from rag_assistant.web.safe import text


def quote_key(quote: Quote) -> str:
    """What a mark and the citations that point at it have in common."""
    return f"{quote.start}-{quote.end}"


def marked(abstract: str, quotes: Iterable[Quote]) -> str:
    """An abstract as HTML with the quotes in ``<mark>``.

    Where quotes overlap, the words are cut into pieces, and each piece's ``data-quotes`` names every quote that it is
    part of; the pieces of one quote, put together, are its words.
    """
    spans = {quote_key(quote): quote for quote in quotes if 0 <= quote.start < quote.end <= len(abstract)}
    edges = sorted({0, len(abstract), *(edge for one in spans.values() for edge in (one.start, one.end))})
    pieces = []
    for start, end in pairwise(edges):
        keys = [key for key, one in spans.items() if one.start <= start and end <= one.end]
        shown = text(abstract[start:end])
        pieces.append(f'<mark data-quotes="{" ".join(keys)}">{shown}</mark>' if keys else shown)
    return "".join(pieces)


def with_terms(abstract: str, spans: Iterable[tuple[int, int]]) -> str:
    """An abstract as HTML with the words of a question underlined; ``spans`` come in order and don't overlap."""
    pieces, end = [], 0
    for start, stop in spans:
        pieces += [text(abstract[end:start]), f'<span class="ra-term">{text(abstract[start:stop])}</span>']
        end = stop
    return "".join([*pieces, text(abstract[end:])])
