"""The seam to Chroma: a collection written, amended, and asked for the keys nearest to a vector.

Nothing else in the package knows Chroma, so that a Chroma server can take the directory's place. A passage's id in
Chroma is its key (``passages.py``), which says what the passage is and not where it stands: when one paper changes, all
others keep theirs.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_assistant.errors import IndexDamagedError, IndexWriteError
from rag_assistant.index.catalog import check_pages
from rag_assistant.index.embed import Vectors

METRIC = "cosine"
_COLLECTION = "passages"
# Recall of the default graph (ef 100, 16 neighbours) fell below 0.99 on hard vectors.
_HNSW = {"space": METRIC, "ef_construction": 200, "ef_search": 200, "max_neighbors": 32}
# Chroma takes no more than some 5,400 at once; it says how many itself.
_BATCH = 5_000
_NO_SPACE = 1_000_000
_DATABASE = "chroma.sqlite3"
# Chroma shares what is open at one path between its clients, and counts them, but not safely among threads.
_OPENING = threading.Lock()


def chroma_version() -> str:
    """The installed version's first two numbers, which its form on disk goes by; read without importing the library."""
    from importlib.metadata import version

    return ".".join(version("chromadb").split(".")[:2])


@contextmanager
def mapped(folder: Path) -> Iterator[None]:
    """Turns Chroma's errors into the package's own, with the folder named.

    Raises:
        IndexWriteError: the disk is full, or the folder is read-only.
        IndexDamagedError: anything else that Chroma can't do with its files.
    """
    import chromadb.errors

    try:
        yield
    except (chromadb.errors.ChromaError, RuntimeError, ValueError, OSError, AttributeError) as error:
        # AttributeError: what Chroma's own tidying up ends in when it could not open its database.
        if shutil.disk_usage(folder.parent).free < _NO_SPACE:
            raise IndexWriteError(f"{folder} can't be written: no space left on the disk") from error
        if folder.is_dir() and not os.access(folder, os.W_OK):
            raise IndexWriteError(f"{folder} can't be opened by Chroma, which needs to write there") from error
        raise IndexDamagedError(f"Chroma can't read {folder} ({error}): run rag-assistant index rebuild") from error


class Graph:
    """A collection that is open. Close it: a folder whose collection is open must not be copied or moved."""

    def __init__(self, folder: Path) -> None:
        """Opens what ``write`` wrote.

        Raises:
            IndexDamagedError: it is missing or Chroma can't read it.
        """
        if not (folder / _DATABASE).is_file():
            # Chroma would make a new, empty one.
            raise IndexDamagedError(f"{folder / 'chroma.sqlite3'} is missing: run rag-assistant index rebuild")
        self._folder = folder
        with _OPENING, mapped(folder):
            self._client = _client(folder)
            self._collection = self._client.get_collection(_COLLECTION, embedding_function=None)

    def nearest(self, vector: Vectors, k: int) -> tuple[list[str], npt.NDArray[np.float32]]:
        """Keys and cosine similarities of the ``k`` nearest passages, the nearest first.

        Raises:
            IndexDamagedError: Chroma can't read its files.
        """
        with mapped(self._folder):
            found = self._collection.query([vector], n_results=k, include=["distances"])
        return found["ids"][0], 1 - np.array(found["distances"][0], dtype=np.float32)

    def count(self) -> int:
        """How many passages the collection's table lists, which says nothing of whether they are found."""
        with mapped(self._folder):
            size: int = self._collection.count()
        return size

    def search_wider(self, ef: int) -> None:
        """Sets how many neighbours a search keeps in view; in force when the collection is opened next."""
        with mapped(self._folder):
            self._collection.modify(configuration={"hnsw": {"ef_search": ef}})

    def add(self, keys: Sequence[str], vectors: Vectors) -> None:
        """Adds passages; ``vectors`` is (len(keys), dimension)."""
        with mapped(self._folder):
            batch = min(self._client.get_max_batch_size(), _BATCH)
            for begin in range(0, len(keys), batch):
                self._collection.add(ids=list(keys[begin : begin + batch]), embeddings=vectors[begin : begin + batch])

    def remove(self, keys: Sequence[str]) -> None:
        """Takes passages out."""
        with mapped(self._folder):
            for begin in range(0, len(keys), _BATCH):
                self._collection.delete(ids=list(keys[begin : begin + _BATCH]))

    def close(self) -> None:
        """Lets go of Chroma's files."""
        with _OPENING:
            self._client.close()


def write(folder: Path, keys: Sequence[str], vectors: Vectors) -> None:
    """Makes a collection in a folder that isn't there yet. ``vectors`` is (len(keys), dimension)."""
    with _OPENING, mapped(folder):
        client = _client(folder)
        # embedding_function=None: the default one would be fetched from the network.
        client.create_collection(_COLLECTION, configuration={"hnsw": _HNSW}, embedding_function=None)
        client.close()
    graph = Graph(folder)
    try:
        graph.add(keys, vectors)
    finally:
        graph.close()


def amend(folder: Path, before: Path, gone: Sequence[str], keys: Sequence[str], vectors: Vectors) -> None:
    """Makes a collection out of a copy of another one, without some of its passages and with new ones.

    A copy and not links: Chroma writes into its files.

    Raises:
        IndexDamagedError: the other one is damaged.
        IndexWriteError: the disk is full.
    """
    shutil.copytree(before, folder)
    # Looked at first: once Chroma has failed to open a path, it will open nothing there again in this process.
    path = folder / _DATABASE
    with closing(sqlite3.connect(path)) as db:
        check_pages(db, path)
    graph = Graph(folder)
    try:
        graph.remove(gone)
        graph.add(keys, vectors)
    finally:
        graph.close()


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
