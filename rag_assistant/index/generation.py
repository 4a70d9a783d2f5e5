"""Where an index lives: the generation in use, the lock of the one writer, the generations that nobody needs any more.

::

    index_dir/
        CURRENT                 the name of the generation in use, replaced atomically
        generations/NAME/       a finished index, never written to again (``writing.py``)
        store.sqlite            the papers themselves, and every vector ever made: an index can always be rebuilt
        lock                    held by the one process that writes
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag_assistant.errors import IndexDamagedError, IndexLockedError, IndexNotFoundError, IndexWriteError
from rag_assistant.index.reading import is_read

# A second writer gives up after this many seconds, and says who holds the lock.
LOCK_PATIENCE = 1.0


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


def dead_holder(index_dir: Path) -> str | None:
    """The process that held the lock and was ended while it did; None where none was, or a live one holds it."""
    from filelock import FileLock, Timeout

    try:
        holder = (index_dir / "lock.holder").read_text().strip()
        with FileLock(index_dir / "lock", timeout=0):
            return holder if (index_dir / "lock.holder").is_file() else None
    except (Timeout, OSError):
        return None


def abandoned(index_dir: Path) -> list[Path]:
    """Generations that were begun and never finished, their writer having been killed; none while one is written."""
    from filelock import FileLock, Timeout

    generations = index_dir / "generations"
    if not generations.is_dir():
        return []
    try:
        with FileLock(index_dir / "lock", timeout=0):
            return sorted(one for one in generations.iterdir() if not (one / "manifest.json").is_file())
    except (Timeout, OSError):
        return []


def point_at(index_dir: Path, name: str) -> Path | None:
    """Makes a finished generation the one in use; returns the one that was, if any."""
    try:
        before = current(index_dir)
    except IndexDamagedError:
        before = None
    pointer = index_dir / "CURRENT.new"
    with pointer.open("w") as stream:
        stream.write(name + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    pointer.replace(index_dir / "CURRENT")
    return before


def remove_others(index_dir: Path, *, before: Path | None = None) -> list[Path]:
    """Removes the generations that are not in use and that nobody reads. To be called with the lock held.

    Args:
        index_dir: where the index lives.
        before: the one in use until now, which stays nevertheless: a reader that has just read the pointer may still be
            opening it.

    Returns:
        The folders that are gone.
    """
    in_use = current(index_dir)
    generations = index_dir / "generations"
    if not generations.is_dir():
        return []
    # Others: what nobody reads any more, and what a killed writer left, half written or finished and never pointed at.
    kept = (in_use, before)
    gone = sorted(one for one in generations.iterdir() if one.is_dir() and one not in kept and not is_read(one))
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return gone
