"""Misspelt words of a question read as words of the papers found: "contxt" as "context"."""

from __future__ import annotations

from collections.abc import Collection

from rag_assistant.index.spelling import slips_between


def nearest_spelling(term: str, known: Collection[str]) -> str | None:
    """The known term that is one slip away from an unknown one (two, for long ones), or None.

    A slip is a letter left out, put in, changed, or two neighbours swapped. Short terms, and those with a digit, are
    not corrected: too many names are one slip apart.
    """
    length = len(term)
    if length < 4 or any(char.isdigit() for char in term):
        return None
    most = 1 if length < 8 else 2
    best: tuple[int, int, str] | None = None
    for other in known:
        if other[:1] == term[:1] and abs(len(other) - length) <= most and len(other) > 3:
            slips = slips_between(term, other, most)
            if slips <= most and (best is None or (slips, abs(len(other) - length), other) < best):
                best = (slips, abs(len(other) - length), other)
    return best[2] if best else None
