"""What an index no longer needs, removed; and its store made again where that is what was lost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rag_assistant.errors import IndexDamagedError, IndexNotFoundError
from rag_assistant.index.catalog import Catalog
from rag_assistant.index.digests import require_whole
from rag_assistant.index.generation import remove_others, require_current, writing
from rag_assistant.index.manifest import Manifest, read_manifest
from rag_assistant.index.passages import PassageArrays
from rag_assistant.index.store import Store
from rag_assistant.records import Paper

_STORE = "store.sqlite"


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was removed: generations, kept vectors of texts that the index no longer has, and bytes on disk."""

    generations: int
    vectors: int
    freed: int


def tidy(index_dir: Path) -> Tidied:
    """Removes generations that nobody reads and vectors that nothing uses.

    Raises:
        IndexNotFoundError: there is no index.
        IndexLockedError: another process is writing it.
        IndexDamagedError: the index or its store can't be read.
    """
    require_current(index_dir)
    with writing(index_dir):
        before = _size(index_dir)
        gone = remove_others(index_dir)
        manifest, papers, passages = _content(require_current(index_dir))
        store = Store(index_dir / _STORE)
        try:
            forgotten = store.forget_vectors(set(passages.text_keys(papers, manifest)))
        finally:
            store.close()
        return Tidied(len(gone), forgotten, max(0, before - _size(index_dir)))


def recover_store(index_dir: Path) -> bool:
    """Makes the store again from the generation in use, where the store is damaged or missing. With the lock held.

    Papers and vectors come back; the words of the papers as they stood in their files, and the reports, do not. The
    damaged file is kept beside the new one.

    Returns:
        Whether it had to be.

    Raises:
        IndexDamagedError: the generation can't be read either.
    """
    path = index_dir / _STORE
    if path.is_file():
        try:
            store = Store(path)
            try:
                store.check(deep=True)
                return False
            finally:
                store.close()
        except IndexDamagedError:
            pass  # made again below
    try:
        folder = require_current(index_dir)
        require_whole(folder, deep=True)
        manifest, papers, passages = _content(folder)
    except (IndexDamagedError, IndexNotFoundError) as error:
        what = str(error).partition(": ")[0]
        raise IndexDamagedError(f"{path} is damaged, and the index too ({what}): ingest the papers again") from error
    for suffix in ("", "-wal", "-shm"):
        old = index_dir / f"{_STORE}{suffix}"
        if old.exists():
            old.replace(index_dir / f"damaged-{old.name}")
    store = Store(path)
    try:
        store.merge(papers, {})
        keys = passages.text_keys(papers, manifest)
        store.keep_vectors(dict(zip(keys, passages.vectors, strict=True)))
    finally:
        store.close()
    return True


def _content(folder: Path) -> tuple[Manifest, list[Paper], PassageArrays]:
    manifest = read_manifest(folder)
    passages = PassageArrays.load(folder, manifest.passages, manifest.dimension)
    catalog = Catalog(folder / "catalog.sqlite", passages.table)
    try:
        return manifest, list(catalog.all_papers()), passages
    finally:
        catalog.close()


def _size(index_dir: Path) -> int:
    return sum(path.stat().st_size for path in index_dir.rglob("*") if path.is_file())
