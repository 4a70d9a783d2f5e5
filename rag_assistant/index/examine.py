"""An index looked at for faults, each named with the command that mends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag_assistant.errors import IndexDamagedError, IndexMismatchError, IndexStoreError, IndexWriteError
from rag_assistant.index.catalog import Catalog
from rag_assistant.index.chroma import Graph
from rag_assistant.index.digests import CHROMA, damaged_files
from rag_assistant.index.generation import abandoned, current, dead_holder
from rag_assistant.index.graph import own_found
from rag_assistant.index.manifest import MIN_RECALL, Manifest, check_settings, read_manifest
from rag_assistant.index.passages import PassageArrays
from rag_assistant.index.store import Store
from rag_assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with an index: what, and the command that mends it. A harmless one stands in nobody's way."""

    what: str
    mend: str
    harmless: bool = False

    def __str__(self) -> str:
        return f"{self.what}: {self.mend}"


def faults(index_dir: Path, settings: Settings, *, deep: bool) -> list[Fault]:
    """Everything that is wrong with the index of a directory, none where there is no index.

    Args:
        index_dir: where it lives.
        settings: that it should have been made with.
        deep: read every byte; else sizes are compared, SQLite's files opened, and some passages asked for.
    """
    return list(_faults(index_dir, settings, deep))


def _faults(index_dir: Path, settings: Settings, deep: bool) -> Iterator[Fault]:
    rebuild = f"run rag-assistant index rebuild --index-dir {index_dir}"
    if (holder := dead_holder(index_dir)) is not None:
        yield Fault(
            f"process {holder} was ended while it wrote {index_dir}; the index is the one from before",
            f"ingest again, or run rag-assistant index gc --index-dir {index_dir}",
            harmless=True,
        )
    elif left := abandoned(index_dir):
        yield Fault(
            f"{left[0]} was never finished", f"run rag-assistant index gc --index-dir {index_dir}", harmless=True
        )
    yield from _store_faults(index_dir, rebuild, deep)
    try:
        folder = current(index_dir)
    except IndexStoreError:
        yield Fault(f"the generation that {index_dir / 'CURRENT'} names is missing", rebuild)
        return
    if folder is None:
        if (index_dir / "store.sqlite").is_file():
            yield Fault(f"{index_dir} holds papers and no index over them", rebuild)
        return
    try:
        manifest = read_manifest(folder)
        check_settings(manifest, settings, index_dir)
        damaged = damaged_files(folder, deep=deep)
    except IndexMismatchError as error:
        what, _, mend = str(error).rpartition(": ")
        yield Fault(what, mend)
        return
    except IndexDamagedError as error:
        yield Fault(str(error).partition(": run ")[0], rebuild)
        return
    for path in damaged:
        yield Fault(f"{path} is missing, cut short or changed", rebuild)
    if not damaged:
        yield from _content_faults(folder, manifest, rebuild, deep)


def _store_faults(index_dir: Path, rebuild: str, deep: bool) -> Iterator[Fault]:
    path = index_dir / "store.sqlite"
    if not path.is_file():
        if (index_dir / "CURRENT").is_file():
            yield Fault(f"{path} is missing, which keeps the papers", rebuild)
        return
    yield from _tried(lambda: _check_store(path, deep), rebuild)


def _content_faults(folder: Path, manifest: Manifest, rebuild: str, deep: bool) -> Iterator[Fault]:
    try:
        passages = PassageArrays.load(folder, manifest.passages, manifest.dimension)
    except IndexDamagedError as error:
        yield Fault(str(error).partition(": run ")[0], rebuild)
        return
    if deep:
        yield from _tried(lambda: _check_catalog(folder, passages), rebuild)
    yield from _tried(lambda: _check_graph(folder, passages, manifest), rebuild)


def _check_store(path: Path, deep: bool) -> None:
    store = Store(path)
    try:
        store.check(deep=deep)
    finally:
        store.close()


def _check_catalog(folder: Path, passages: PassageArrays) -> None:
    catalog = Catalog(folder / "catalog.sqlite", passages.table)
    try:
        catalog.check()
    finally:
        catalog.close()


def _check_graph(folder: Path, passages: PassageArrays, manifest: Manifest) -> None:
    """Asks Chroma, since its counts stay right when the graph's files are gone."""
    graph = Graph(folder / CHROMA)
    try:
        count = graph.count()
        if count != manifest.passages:
            raise IndexDamagedError(f"{folder / CHROMA} holds {count} passages, the manifest says {manifest.passages}")
        found = own_found(graph, passages, np.empty(0, dtype=np.int64))
        if found < min(MIN_RECALL, manifest.recall or 0):
            raise IndexDamagedError(f"{folder / CHROMA} finds {found:.0%} of its passages by their own vectors")
    finally:
        graph.close()


def _tried(check: Callable[[], None], rebuild: str) -> Iterator[Fault]:
    try:
        check()
    except IndexWriteError as error:
        yield Fault(str(error), "give yourself the right to write there, or free some space")
    except IndexStoreError as error:
        yield Fault(str(error).partition(": run ")[0], rebuild)
