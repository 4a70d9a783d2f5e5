"""How much two papers are alike, told from little that is kept of each.

Of an abstract two bottom-k sketches are kept (Cohen 1997: the k lowest hashes of a set; the share of common ones among
the lowest k of both estimates the Jaccard similarity): one of its longer words, which outlasts a rewriting, and one of
its runs of three words, which tells copies from papers on the same subject.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from array import array
from dataclasses import dataclass
from functools import lru_cache

from rag_assistant.corpus.identity import normalised_title
from rag_assistant.records import Paper

_WORDS_KEPT = 16
_SAME_SUBJECT = 5  # of 16: about a third of the longer words
_RUNS_KEPT = 32
_KEYS = 6
_FEWEST_RUNS = 20  # a shorter abstract may be another paper's too
_SLIP = 0.7  # of the runs of three words, beside a title that is a slip of the pen apart
_COPY = 0.9  # of them, beside any title
_LETTERS_A_SLIP = 16
_MOST_SLIPS = 3

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+")
_ROMAN = re.compile(r"\b[ivx]+\b")
# Beside the paper itself, and often with its abstract: other papers.
_ABOUT_ANOTHER = re.compile(
    r"\b(?:corrections?|corrigend(?:um|a)|errat(?:um|a)|addendum|retract(?:ion|ed)|comments?|commentary|reply|response|"
    r"editorial|protocol|withdrawn)\b"
)
_VERSION = re.compile(
    r"[\s,:;–—-]*(?:[(\[](?:extended|revised|updated|preprint|draft)[)\]]|[(\[]?\b(?:(?:v|ver|version|rev|revision)[\s.]*\d+"
    r"(?:\.\d+)*|(?:extended|full|long|revised|short|updated) (?:abstract|paper|version))[)\]]?)\s*$"
)


@dataclass(frozen=True, slots=True)
class Likeness:
    """What is kept of a paper's text: sketches of its abstract, and digests of all its words and of its numbers."""

    words: bytes
    runs: bytes
    text: int
    numbers: int

    @property
    def keys(self) -> list[int]:
        """Numbers of which abstracts that are nearly the same share one, and others hardly ever."""
        runs = array("I", self.runs)
        return [self.text, *(runs[:_KEYS] if len(runs) >= _FEWEST_RUNS else ())]


@lru_cache(maxsize=16_384)
def _code(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def likeness(abstract: str) -> Likeness:
    """What is kept of an abstract."""
    import numpy as np

    folded = abstract.casefold()
    words = _WORD.findall(folded) or [folded]
    hashes = list(map(_code, words))
    longer = {code for word, code in zip(words, hashes, strict=True) if len(word) >= 5} or set(hashes)
    codes = np.array(hashes, dtype=np.uint64)
    text = hashlib.blake2b(codes.tobytes(), digest_size=8).digest()
    numbers = hashlib.blake2b(" ".join(_NUMBER.findall(folded)).encode(), digest_size=8).digest()
    if len(codes) >= 3:
        # Three word hashes to one: odd multipliers, then the high half of a product, whose bits are well mixed.
        mixed = codes[:-2] * np.uint64(0x9E3779B97F4A7C15) + codes[1:-1] * np.uint64(0xC2B2AE3D27D4EB4F) + codes[2:]
        mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        codes = np.unique((mixed >> np.uint64(32)).astype(np.uint32))
    return Likeness(
        words=array("I", sorted(longer)[:_WORDS_KEPT]).tobytes(),
        runs=codes[:_RUNS_KEPT].astype(np.uint32).tobytes(),
        text=int.from_bytes(text, "little", signed=True),
        numbers=int.from_bytes(numbers, "little", signed=True),
    )


def same_subject(one: Likeness, other: Likeness) -> bool:
    """Whether two abstracts share about a third of their longer words or more."""
    first, second = array("I", one.words), array("I", other.words)
    size = min(_WORDS_KEPT, len(first), len(second))
    lowest = sorted({*first, *second})[:size]
    common = {*first} & {*second} & {*lowest}
    return len(common) >= _SAME_SUBJECT / _WORDS_KEPT * size


def shared_runs(one: Likeness, other: Likeness) -> float:
    """The share, from 0 to 1, of runs of three words that two abstracts have in common, of all that either has."""
    if one.text == other.text:
        return 1.0
    first, second = {*array("I", one.runs)}, {*array("I", other.runs)}
    lowest = sorted(first | second)[:_RUNS_KEPT]
    return len(first & second & {*lowest}) / max(1, len(lowest))


def nearly_the_same(one: Paper, first: Likeness, title: str, second: Likeness) -> str | None:
    """Why two papers are one although their titles differ; None where nothing says so.

    Numbers decide against it: a sequel, another dose or another model differ from their like in those. So does a word
    such as "Correction" or "Reply" in one title only.

    Args:
        one: the first paper.
        first: of its abstract.
        title: the other one's.
        second: of the other one's abstract.
    """
    if first.numbers != second.numbers or _tells_apart(_unversioned(one.title)) != _tells_apart(_unversioned(title)):
        return None
    if min(len(first.runs), len(second.runs)) < 4 * _FEWEST_RUNS:
        return None
    shared = shared_runs(first, second)
    if shared >= _SLIP and _slip_apart(one.title, title):
        return "a title a slip apart over nearly the same abstract"
    if shared >= _COPY:
        return "the same abstract under another title"
    return None


def _unversioned(title: str) -> str:
    """A title without the mark of a version at its end, in lower case."""
    return _VERSION.sub("", title.casefold()) or title.casefold()


def _tells_apart(title: str) -> list[str]:
    return _NUMBER.findall(title) + _ROMAN.findall(title) + _ABOUT_ANOTHER.findall(title)


def _slip_apart(one: str, other: str) -> bool:
    from rapidfuzz.distance import OSA

    first, second = normalised_title(_unversioned(one)), normalised_title(_unversioned(other))
    most = min(_MOST_SLIPS, min(len(first), len(second)) // _LETTERS_A_SLIP)
    return bool(OSA.distance(first, second, score_cutoff=most) <= most)
