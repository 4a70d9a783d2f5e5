"""Sentences copied word for word, and copies in which only figures were changed: both are certain without any model."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Literal

_SPACE = re.compile(r"\s+")
# Beside such words a part of a sentence need not hold: "the claim that … is false", "whether …".
_TAKES_BACK = re.compile(
    r"\b(?:not|no|never|nor|neither|none|without|cannot|unlike|false|wrong|untrue|myth|unless|if|whether|contrary|"
    r"refut\w+|reject\w*|hypothes\w+|may|might|could|would|instead|hardly|fails?)\b|n['’]t\b"
)
_SHORTEST = 4  # words that a part of a sentence must have to count as copied


def plain(text: str) -> str:
    """A text for comparing: lower case, single spaces, no closing stop."""
    return _SPACE.sub(" ", text.casefold()).strip(" .!?;:…")


def compare(sentence: str, passages: Sequence[str], whole: Sequence[str]) -> Literal["copy", "altered", "other"]:
    """Whether a sentence is copied from the passages, copied with digits changed, or neither.

    Args:
        sentence: what is checked.
        passages: in full.
        whole: the sentences of the passages; a very short text counts as copied only where it is one of these, and
            a part of one only where the rest of it doesn't deny or hedge it.
    """
    said = plain(sentence)
    if not said:
        return "other"
    if said in _plain_sentences(tuple(whole)):
        return "copy"
    texts = [_plain_text(passage) for passage in passages]
    long_enough = len(said.split()) >= _SHORTEST
    if any(_contains(text, said) for text in texts):
        return "copy" if long_enough and not _taken_back(said, whole) else "other"
    if any(char.isdigit() for char in said):
        masked = mask(said)
        if masked in {mask(one) for one in _plain_sentences(tuple(whole))}:
            return "altered"
        if any(_contains(mask(text), masked) for text in texts) and (long_enough or len(masked) >= 8):
            return "altered"
    return "other"


def _taken_back(said: str, whole: Sequence[str]) -> bool:
    """Whether all sentences that have ``said`` within them deny or hedge it."""
    rests = [one.replace(said, " ") for one in _plain_sentences(tuple(whole)) if _contains(one, said)]
    return bool(rests) and all(_TAKES_BACK.search(rest) for rest in rests)


def mask(text: str) -> str:
    """The text with every digit, of any script, made the same."""
    return "".join("0" if char.isdigit() else char for char in text)


@functools.lru_cache(maxsize=1_024)
def _plain_text(text: str) -> str:
    return plain(text)


@functools.lru_cache(maxsize=256)
def _plain_sentences(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(plain(text) for text in texts)


def _contains(text: str, part: str) -> bool:
    place = text.find(part)
    while place >= 0:
        end = place + len(part)
        if not (_within_word(text, place) or _within_word(text, end)):
            return True
        place = text.find(part, place + 1)
    return False


def _within_word(text: str, place: int) -> bool:
    """Whether ``place`` lies inside a word or a figure ("50" of "50.3")."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if before.isalnum() and after.isalnum():
        return True
    return (before in ".," and after.isdigit() and text[place - 2 : place - 1].isdigit()) or (
        after in ".," and before.isdigit() and text[place + 1 : place + 2].isdigit()
    )
