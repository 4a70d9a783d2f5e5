"""The seam to Chroma: writing a collection, opening it, the passages nearest to a vector.

Everything that knows Chroma is in this file, so that a Chroma server can take the directory's place. Beside the
collection lies the same matrix as a plain array. Up to ``exact_below`` passages it is searched instead: it is exact, as
fast, and spares the 0.6 s that importing chromadb takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_assistant.errors import IndexDamagedError
from rag_assistant.index.embed import Vectors

COLLECTION = "passages"
METRIC = "cosine"
# Recall of the default graph (ef 100) fell below 0.99 on hard vectors; these cost little at abstract scale.
_HNSW = {"space": METRIC, "ef_construction": 200, "ef_search": 200, "max_neighbors": 32}

Found = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))


def chroma_version() -> str:
    """The installed version, read without importing the library."""
    from importlib.metadata import version

    return version("chromadb")


def write(folder: Path, ids: Sequence[str], paper_ids: Sequence[str], vectors: Vectors) -> None:
    """Writes passages' vectors, both as a Chroma collection and as an array. ``vectors`` is (passages, dimension)."""
    np.save(folder / "vectors.npy", vectors)
    client = _client(folder / "chroma")
    # embedding_function=None: the default one would be fetched from the network.
    collection = client.create_collection(COLLECTION, configuration={"hnsw": _HNSW}, embedding_function=None)
    batch = min(client.get_max_batch_size(), 5_000)
    for begin in range(0, len(ids), batch):
        end = begin + batch
        collection.add(
            ids=list(ids[begin:end]),
            embeddings=vectors[begin:end],
            metadatas=[
                {"ordinal": begin + offset, "paper_id": paper_id}
                for offset, paper_id in enumerate(paper_ids[begin:end])
            ],
        )
    # Lets go of Chroma's files: a folder that is about to be moved must not be open.
    client.close()


class VectorIndex:
    """The passages nearest to a vector, by cosine similarity."""

    def __init__(self, folder: Path, size: int, exact_below: int) -> None:
        """Opens what ``write`` wrote.

        Raises:
            IndexDamagedError: the array is missing, cut short, or of another size than the manifest says.
        """
        path = folder / "vectors.npy"
        try:
            self._matrix: Vectors = np.load(path, mmap_mode="r")
        except (OSError, ValueError) as error:
            raise IndexDamagedError(f"{path} can't be read ({error}): run rag-assistant index rebuild") from error
        if len(self._matrix) != size:
            raise IndexDamagedError(
                f"{path} holds {len(self._matrix)} vectors, the manifest says {size}: run rag-assistant index rebuild"
            )
        self._folder = folder
        self.exact = size <= exact_below
        self._collection: Any = None

    def similarities(self, vector: Vectors) -> Vectors:
        """(passages,) cosine similarities with every passage."""
        result: Vectors = self._matrix @ vector
        return result

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
        """The same from Chroma's own graph."""
        k = min(k, len(self._matrix))
        if k == 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        import chromadb.errors

        try:
            if self._collection is None:
                if not (self._folder / "chroma").is_dir():
                    # Chroma would make a new, empty one.
                    raise IndexDamagedError(f"{self._folder / 'chroma'} is missing: run rag-assistant index rebuild")
                self._collection = _client(self._folder / "chroma").get_collection(COLLECTION, embedding_function=None)
            found = self._collection.query([vector], n_results=k, include=["distances", "metadatas"])
        except (chromadb.errors.ChromaError, RuntimeError, ValueError, OSError) as error:
            raise IndexDamagedError(
                f"Chroma can't read {self._folder / 'chroma'} ({error}): run rag-assistant index rebuild"
            ) from error
        ordinals = np.array([meta["ordinal"] for meta in found["metadatas"][0]], dtype=np.int64)
        return ordinals, 1 - np.array(found["distances"][0], dtype=np.float32)


def top(scores: npt.NDArray[np.float32], k: int) -> Found:
    """Ordinals and scores of the ``k`` highest, ties in order of their ordinals."""
    k = min(k, len(scores))
    if k == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    best = np.argpartition(-scores, k - 1)[:k] if k < len(scores) else np.arange(len(scores))
    best = best[np.lexsort((best, -scores[best]))]
    return best.astype(np.int64), scores[best]
