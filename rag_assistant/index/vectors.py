"""The passages nearest to a vector, by cosine similarity: over all of them, or by Chroma's graph.

Up to ``exact_below`` passages all are compared: that is as fast, and spares the 0.6 s that importing chromadb takes.
Thousands are compared by their codes (``index.codes``) first, and those that come out nearest once more by their
vectors. Beyond, the graph answers, unless it was found to miss too much when it was built.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag_assistant.index.chroma import Graph
from rag_assistant.index.codes import Codes
from rag_assistant.index.embed import Vectors
from rag_assistant.index.passages import Keys, PassageArrays

# Fewer are compared sooner without codes, and the nearest so many are compared again.
CODED_FROM, _COMPARED_AGAIN = 4_000, 500

Found = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]


class VectorIndex:
    """The vectors of one generation."""

    def __init__(self, folder: Path, passages: PassageArrays, *, exact: bool) -> None:
        """``folder`` is the generation's; ``exact``: compare with all passages, don't ask the graph.

        Raises:
            IndexDamagedError: the codes are missing or damaged.
        """
        # A plain view: every slice of a memory map would be another memory map, at five times the price.
        self._matrix: Vectors = np.asarray(passages.vectors)
        self._codes = Codes.load(folder, *passages.vectors.shape) if len(passages.keys) >= CODED_FROM else None
        self._keys: Keys = np.asarray(passages.keys)
        self._by_key: npt.NDArray[np.int64] | None = None
        self._folder = folder
        self.exact = exact
        self._graph: Graph | None = None

    def similarities(self, vector: Vectors) -> Vectors:
        """(passages,) cosine similarities with every passage; of thousands, exact for the nearest 500 alone."""
        if self._codes is None:
            result: Vectors = self._matrix @ vector
            return result
        about = self._codes.similarities(vector)
        nearest = np.argpartition(about, -_COMPARED_AGAIN)[-_COMPARED_AGAIN:]
        about[nearest] = self._matrix[nearest] @ vector
        return about

    def row(self, ordinal: int) -> Vectors:
        """(dimension,) the vector of one passage."""
        result: Vectors = self._matrix[ordinal]
        return result

    def rows(self, ordinals: npt.NDArray[np.int64]) -> Vectors:
        """(len(ordinals), dimension) the vectors of some passages."""
        result: Vectors = self._matrix[ordinals]
        return result

    def nearest(self, vector: Vectors, k: int) -> Found:
        """Ordinals and cosine similarities of the ``k`` nearest passages, the nearest first.

        Raises:
            IndexDamagedError: Chroma can't read its files.
        """
        if self.exact:
            return top(self.similarities(vector), k)
        return self.nearest_by_chroma(vector, k)

    def nearest_by_chroma(self, vector: Vectors, k: int) -> Found:
        """The same from Chroma's own graph. Passages that this generation hasn't are left out."""
        k = min(k, len(self._matrix))
        if k == 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        if self._graph is None:
            self._graph = Graph(self._folder / "chroma")
        names, similarities = self._graph.nearest(vector, k)
        keys = np.array(names, dtype="S32")
        if self._by_key is None:
            self._by_key = np.argsort(self._keys)
        places = np.searchsorted(self._keys, keys, sorter=self._by_key)
        ordinals = self._by_key[np.minimum(places, len(self._by_key) - 1)]
        there = self._keys[ordinals] == keys
        return ordinals[there], similarities[there]

    def close(self) -> None:
        """Lets go of Chroma's files."""
        if self._graph is not None:
            self._graph.close()
            self._graph = None


def top(scores: npt.NDArray[np.float32], k: int) -> Found:
    """Ordinals and scores of the ``k`` highest, ties in order of their ordinals."""
    k = min(k, len(scores))
    if k == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    best = np.argpartition(-scores, k - 1)[:k] if k < len(scores) else np.arange(len(scores))
    best = best[np.lexsort((best, -scores[best]))]
    return best.astype(np.int64), scores[best]
