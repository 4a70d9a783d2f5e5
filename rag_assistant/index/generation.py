"""Generations: an index is written as a new folder, verified by querying it, and only then pointed at.

::

    index_dir/
        CURRENT                 the name of the generation in use, replaced atomically
        generations/NAME/       manifest.json, catalog.sqlite, vectors.npy, chroma/, bm25/
        store.sqlite            the papers themselves, and every vector ever made: an index can always be rebuilt
        lock                    held by the one process that writes
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rag_assistant.errors import IndexDamagedError, IndexLockedError, IndexNotFoundError, IndexWriteError
from rag_assistant.index import vectors as vector_files
from rag_assistant.index.catalog import write_catalog
from rag_assistant.index.embed import EncoderCard, Vectors
from rag_assistant.index.lexical import LexicalIndex
from rag_assistant.index.manifest import Manifest, make_manifest, read_manifest
from rag_assistant.records import Paper, Passage
from rag_assistant.settings import Settings

# A second writer gives up after this many seconds, and says who holds the lock.
LOCK_PATIENCE = 1.0
# Passages asked for by their own vector before a generation is trusted.
_PROBES = 32


def current(index_dir: Path) -> Path | None:
    """The folder of the generation in use, or None where there is no index yet.

    Raises:
        IndexDamagedError: the pointer names a generation that isn't there.
    """
    try:
        name = (index_dir / "CURRENT").read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    folder = index_dir / "generations" / name
    if not name or not folder.is_dir():
        raise IndexDamagedError(
            f"{index_dir / 'CURRENT'} names generation {name!r}, which is missing: "
            f"run rag-assistant index rebuild --index-dir {index_dir}"
        )
    return folder


def require_current(index_dir: Path) -> Path:
    """The folder of the generation in use.

    Raises:
        IndexNotFoundError: there is no index yet.
        IndexDamagedError: the pointer names a generation that isn't there.
    """
    folder = current(index_dir)
    if folder is None:
        raise IndexNotFoundError(
            f"no index in {index_dir}: make one with rag-assistant ingest PATH… --index-dir {index_dir}"
        )
    return folder


@contextmanager
def writing(index_dir: Path, patience: float = LOCK_PATIENCE) -> Iterator[None]:
    """Holds the index's lock; ``patience`` is how many seconds another writer is waited for.

    Raises:
        IndexLockedError: another process holds it; named by its process number.
        IndexWriteError: the directory can't be made or written.
    """
    from filelock import FileLock, Timeout

    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        lock = FileLock(index_dir / "lock", timeout=patience)
        lock.acquire()
    except Timeout:
        holder = _holder(index_dir)
        raise IndexLockedError(
            f"{index_dir} is being written by {holder}: wait for it to end, then try again"
        ) from None
    except OSError as error:
        raise IndexWriteError(f"{index_dir} can't be written: {error.strerror}") from error
    try:
        (index_dir / "lock.holder").write_text(str(os.getpid()))
        yield
    except OSError as error:
        raise IndexWriteError(f"{error.filename or index_dir} can't be written: {error.strerror}") from error
    finally:
        (index_dir / "lock.holder").unlink(missing_ok=True)
        lock.release()


def _holder(index_dir: Path) -> str:
    try:
        return f"process {(index_dir / 'lock.holder').read_text().strip()}"
    except OSError:
        return "another process"


def build(
    index_dir: Path,
    settings: Settings,
    card: EncoderCard,
    papers: Sequence[Paper],
    passages: Sequence[Passage],
    vectors: Vectors,
    digest: str,
) -> Manifest:
    """Writes a new generation, verifies it and points at it. To be called with the lock held.

    Args:
        index_dir: where the index lives.
        settings: that it is made with.
        card: of the model that made the vectors.
        papers: in the order that they are numbered in.
        passages: likewise; each belongs to one of the papers.
        vectors: (passages, dimension), a row a passage.
        digest: of the papers, to tell later whether the generation is still theirs.

    Raises:
        IndexDamagedError: what was written does not answer as it should; the old generation stays in use.
    """
    generations = index_dir / "generations"
    generations.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    folder = Path(tempfile.mkdtemp(prefix=f"{now:%Y%m%dT%H%M%S}-", dir=generations))
    try:
        by_id = {paper.id: paper for paper in papers}
        for passage in passages:
            if by_id[passage.paper_id].abstract[passage.start : passage.end] != passage.text:
                raise IndexDamagedError(f"passage {passage.id} is not the words of its abstract at its offsets")
        vector_files.write(folder, [one.id for one in passages], [one.paper_id for one in passages], vectors)
        LexicalIndex.build((paper.title, paper.abstract) for paper in papers).save(folder / "bm25")
        write_catalog(folder / "catalog.sqlite", papers, passages)
        manifest = make_manifest(settings, card, now.isoformat(timespec="seconds"), len(papers), len(passages), digest)
        manifest.write(folder)
        _verify(folder, vectors)
        _point_at(index_dir, folder.name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _remove_others(generations, folder.name)
    return manifest


def _verify(folder: Path, vectors: Vectors) -> None:
    """Asks for passages by their own vectors: a count would be right even with the graph's files gone."""
    index = vector_files.VectorIndex(folder, len(vectors), exact_below=0)
    step = max(1, len(vectors) // _PROBES)
    for ordinal in range(0, len(vectors), step):
        ordinals, similarities = index.nearest_by_chroma(vectors[ordinal], 5)
        itself = float(vectors[ordinal] @ vectors[ordinal])
        if ordinal not in ordinals and (not len(similarities) or similarities[0] < itself - 1e-3):
            raise IndexDamagedError(f"the new index does not find passage {ordinal} by its own vector; nothing changed")
    exact = vector_files.VectorIndex(folder, len(vectors), exact_below=len(vectors))
    if len(vectors) and not np.allclose(exact.row(len(vectors) - 1), vectors[-1]):
        raise IndexDamagedError("the new index's vectors are not the ones that were written; nothing changed")
    read_manifest(folder)


def _point_at(index_dir: Path, name: str) -> None:
    pointer = index_dir / "CURRENT.new"
    with pointer.open("w") as stream:
        stream.write(name + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    pointer.replace(index_dir / "CURRENT")


def _remove_others(generations: Path, keep: str) -> None:
    # The last one but one stays: a reader that has just read the pointer may still be opening it.
    others = sorted(folder.name for folder in generations.iterdir() if folder.is_dir() and folder.name != keep)
    for name in others[:-1]:
        shutil.rmtree(generations / name, ignore_errors=True)


def embed(
    texts_by_key: dict[bytes, str],
    known: dict[bytes, Vectors],
    encode: Callable[[Sequence[str]], Vectors],
    keep: Callable[[dict[bytes, Vectors]], None],
    batch: int = 512,
) -> int:
    """Embeds what has no vector yet and keeps it batch by batch, so that an interrupted ingest goes on where it was.

    Returns:
        How many texts were embedded. ``known`` holds all of them afterwards.
    """
    missing = [key for key in texts_by_key if key not in known]
    for begin in range(0, len(missing), batch):
        keys = missing[begin : begin + batch]
        fresh = dict(zip(keys, encode([texts_by_key[key] for key in keys]), strict=True))
        keep(fresh)
        known.update(fresh)
    return len(missing)
