"""Where the words of a question stand in a text, as the search compares them."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from rag_assistant.index.lexical import terms

Span = tuple[int, int]

WORD = re.compile(r"[^\W_]+(?:[.+'’^-][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")


def matched_spans(text: str, stems: Collection[str]) -> list[Span]:
    """(start, end) of every word that has one of the stems, in order, none overlapping.

    A compound word ("long-context") counts whole where its joined form was looked for, else by its parts.

    Args:
        text: a title, an abstract or a passage.
        stems: terms as the index keeps them, such as a hit's ``stems``.
    """
    looked_for = frozenset(stems)
    found: list[Span] = []
    if not looked_for:
        return found
    for word in WORD.finditer(text):
        parts = list(_PART.finditer(text, *word.span()))
        joined = _terms_of("".join(part.group() for part in parts))
        if looked_for.intersection(joined):
            found.append(word.span())
        elif len(parts) > 1:
            found += [part.span() for part in parts if looked_for.intersection(_terms_of(part.group()))]
    return found


# A page draws the same abstracts over and over, and stemming is most of it.
@lru_cache(maxsize=50_000)
def _terms_of(word: str) -> tuple[str, ...]:
    return tuple(terms(word))
