"""A new generation: written as a folder of its own, tried by querying it, and only then pointed at.

::

    manifest.json                               what made it, what it holds, what was measured
    files.json                                  size and SHA-256 of every other file but Chroma's
    catalog.sqlite                              the papers
    passages.npy, keys.npy, vectors.npy         the passages
    codes.npy, scales.npy                       their vectors, in a byte a number
    bm25/                                       terms and their weights
    chroma/                                     the graph over the vectors
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rag_assistant.errors import IndexDamagedError
from rag_assistant.index.catalog import write_catalog
from rag_assistant.index.codes import Codes
from rag_assistant.index.content import Content
from rag_assistant.index.digests import write_digests
from rag_assistant.index.embed import EncoderCard
from rag_assistant.index.generation import point_at, remove_others
from rag_assistant.index.graph import write_graph
from rag_assistant.index.manifest import Manifest, make_manifest
from rag_assistant.index.postings import Postings
from rag_assistant.index.previous import Previous
from rag_assistant.settings import Settings


def write_generation(
    index_dir: Path, settings: Settings, card: EncoderCard, content: Content, digest: str, previous: Previous | None
) -> Manifest:
    """Writes a new generation, tries it and points at it. To be called with the lock held.

    Args:
        index_dir: where the index lives.
        settings: that it is made with.
        card: of the model that made the vectors.
        content: what it holds.
        digest: of the papers, to tell later whether the generation is still theirs.
        previous: the generation in use, whose graph is amended where little has changed.

    Raises:
        IndexDamagedError: what was written does not answer as it should; the old generation stays in use.
        IndexWriteError: the disk is full.
    """
    _check_passages(content)
    now = datetime.now(UTC)
    papers, passages = content.papers, content.passages
    with _new_folder(index_dir / "generations", f"{now:%Y%m%dT%H%M%S}-") as folder:
        passages.save(folder)
        Codes.of(passages.vectors).save(folder)
        (folder / "bm25").mkdir()
        content.terms.save(folder / "bm25")
        Postings.make(content.terms).save(folder / "bm25")
        write_catalog(folder / "catalog.sqlite", papers)
        graph = write_graph(folder, passages, previous)
        manifest = replace(
            make_manifest(settings, card, now.isoformat(timespec="seconds"), len(papers), len(passages.keys), digest),
            recall=graph.recall,
            ef_search=graph.ef_search,
            amended=graph.amended,
        )
        manifest.write(folder)
        write_digests(folder)
        _flush(folder)
        before = point_at(index_dir, folder.name)
    remove_others(index_dir, before=before)
    return manifest


@contextmanager
def _new_folder(generations: Path, prefix: str) -> Iterator[Path]:
    """A folder of its own, removed again when it does not get finished."""
    generations.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=generations))
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _check_passages(content: Content) -> None:
    """Every passage lies within its abstract, and no two have one key."""
    table, keys = content.passages.table, content.passages.keys
    lengths = np.array([len(paper.abstract) for paper in content.papers], dtype=np.int64)
    if len(table) and ((table[:, 1] < 0) | (table[:, 1] >= table[:, 2]) | (table[:, 2] > lengths[table[:, 0]])).any():
        raise IndexDamagedError("a passage lies outside its abstract; nothing changed: run rag-assistant index rebuild")
    if len(np.unique(keys)) != len(keys):
        raise IndexDamagedError("two passages have one key; nothing changed: run rag-assistant index rebuild")


def _flush(folder: Path) -> None:
    """Has the system write everything to the disk: the pointer must not get there before what it points at."""
    for path in [*folder.rglob("*"), folder, folder.parent]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
