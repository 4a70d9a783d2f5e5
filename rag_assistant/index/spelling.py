"""The word of a large vocabulary that is nearest to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

_SHORTEST = 4
# With digits in it a word needs more letters: too many names are one slip apart ("GPT-4o", "GPT-4V").
_SHORTEST_NUMBERED = 6


class Spelling:
    """Neighbours of a word among many: letters are compared as bit sets first, so that few remain to align."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = [word for word in words if _is_long_enough(word)]
        self._letters = np.array([_letters(word) for word in self._words], dtype=np.uint64)
        self._lengths = np.array([len(word) for word in self._words], dtype=np.int16)
        self._firsts = np.array([ord(word[0]) for word in self._words], dtype=np.int32)

    def nearest(self, word: str, slips: int) -> str | None:
        """The word at most ``slips`` away, the nearest one; or None.

        A slip is a letter left out, put in, changed, or two neighbours swapped (optimal string alignment). The first
        letter and all digits must be right. Words of fewer than four letters, or of six beside digits, have no
        neighbours: too many names are one slip apart.
        """
        if not _is_long_enough(word):
            return None
        digits = _digits(word)
        near = (self._firsts == ord(word[0])) & (np.abs(self._lengths - len(word)) <= slips)
        # A slip changes the set of letters by two at most.
        near &= np.bitwise_count(self._letters ^ np.uint64(_letters(word))) <= 2 * slips
        best: tuple[int, int, str] | None = None
        for place in np.flatnonzero(near).tolist():
            other = self._words[place]
            if _digits(other) != digits:
                continue
            found = slips_between(word, other, slips if best is None else best[0])
            # Among equals a letter doubled, dropped or swapped is likelier than another one put in its place.
            foreign = int(self._letters[place] ^ np.uint64(_letters(word))).bit_count()
            if found <= slips and (best is None or (found, foreign, other) < best):
                best = (found, foreign, other)
        return None if best is None else best[2]


def slips_between(one: str, other: str, most: int) -> int:
    """The optimal string alignment distance of two words, given up at ``most + 1``."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, char in enumerate(one, 1):
        above, row = row, [i]
        for j, against in enumerate(other, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (char != against))
            if i > 1 and j > 1 and char == other[j - 2] and one[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before = above
    return row[-1]


def _digits(word: str) -> str:
    return "".join(filter(str.isdigit, word))


def _is_long_enough(word: str) -> bool:
    digits = len(_digits(word))
    return len(word) - digits >= (_SHORTEST_NUMBERED if digits else _SHORTEST)


def _letters(word: str) -> int:
    bits = 0
    for char in word:
        bits |= 1 << (ord(char) % 64)
    return bits
