"""From papers to an index: what an ingest, a removal and a rebuild have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import numpy as np

from rag_assistant.errors import IndexDamagedError, IndexMismatchError, IndexStoreError
from rag_assistant.index.catalog import papers_digest
from rag_assistant.index.chunk import passages_of
from rag_assistant.index.embed import Encoder, Vectors
from rag_assistant.index.generation import LOCK_PATIENCE, build, current, embed, require_current, writing
from rag_assistant.index.manifest import check_card, check_settings, read_manifest
from rag_assistant.index.store import Store
from rag_assistant.records import Duplicate, IngestReport, Paper, Passage, Rejection
from rag_assistant.settings import Settings

Progress = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and how much there is."""

_EMBED_BATCH = 512


def quiet(_stage: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def passage_text(paper: Paper, passage: Passage) -> str:
    """What is embedded for a passage: its paper's title comes first, since passages seldom name what they speak of."""
    return f"{paper.title}\n{passage.text}"


def stored_papers(index_dir: Path) -> list[Paper]:
    """The papers of the collection so far, none where nothing was ever ingested."""
    if not (index_dir / "store.sqlite").is_file():
        return []
    store = Store(index_dir / "store.sqlite")
    try:
        return store.papers()
    finally:
        store.close()


def ingest(
    index_dir: Path,
    settings: Settings,
    encoder: Callable[[], Encoder],
    papers: Iterable[Paper],
    originals: Mapping[str, tuple[str, str]],
    *,
    duplicates: tuple[Duplicate, ...] = (),
    rejected: tuple[Rejection, ...] = (),
    entries: int = 0,
    removed: Sequence[str] = (),
    keep_only: Collection[str] | None = None,
    patience: float = LOCK_PATIENCE,
    progress: Progress = quiet,
) -> IngestReport:
    """Takes papers into the store and brings the index up to date with it.

    Args:
        index_dir: made where it isn't there.
        settings: the index must have been made with the same.
        encoder: called only when something has to be embedded or built.
        papers: each id once.
        originals: title and abstract of each as they stand in their file.
        duplicates: for the report.
        rejected: for the report.
        entries: for the report.
        removed: ids to take out.
        keep_only: where given, every paper of another id is taken out.
        patience: seconds to wait for another writer.
        progress: told how far it is.

    Raises:
        IndexLockedError: another process is writing.
        IndexMismatchError: the index was made with other settings.
        IndexWriteError: no space, or a directory that can't be written.
    """
    began = perf_counter()
    with writing(index_dir, patience):
        folder = current(index_dir)
        if folder is not None:
            check_settings(read_manifest(folder), settings, index_dir)
        store = Store(index_dir / "store.sqlite")
        try:
            added, updated, unchanged = store.merge(papers, originals)
            if keep_only is not None:
                removed = [*removed, *(paper.id for paper in store.papers() if paper.id not in keep_only)]
            gone = store.remove(removed)
            embedded = _bring_up_to_date(index_dir, settings, encoder, store, progress, force=False)
            report = IngestReport(
                added=tuple(added),
                updated=tuple(updated),
                unchanged=tuple(unchanged),
                removed=tuple(gone),
                duplicates=duplicates,
                rejected=rejected,
                entries=entries,
                embedded=embedded,
                seconds=perf_counter() - began,
            )
            store.keep_report(report, datetime.now(UTC).isoformat(timespec="seconds"))
            return report
        finally:
            store.close()


def rebuild(index_dir: Path, settings: Settings, encoder: Callable[[], Encoder], progress: Progress = quiet) -> int:
    """Builds a new generation from the store with the settings in force. Returns how many texts were embedded.

    Raises:
        IndexNotFoundError: nothing was ever ingested there.
        IndexDamagedError: the papers' store is gone.
        IndexLockedError: another process is writing.
        IndexWriteError: no space, or a directory that can't be written.
    """
    if not (index_dir / "store.sqlite").is_file():
        require_current(index_dir)
        raise IndexDamagedError(f"{index_dir / 'store.sqlite'} is missing: ingest the papers again")
    with writing(index_dir):
        store = Store(index_dir / "store.sqlite")
        try:
            return _bring_up_to_date(index_dir, settings, encoder, store, progress, force=True)
        finally:
            store.close()


def _bring_up_to_date(
    index_dir: Path,
    settings: Settings,
    encoder: Callable[[], Encoder],
    store: Store,
    progress: Progress,
    *,
    force: bool,
) -> int:
    papers = store.papers()
    digest = papers_digest(papers)
    if not force and _is_current(index_dir, digest):
        return 0
    if not papers and current(index_dir) is None:
        return 0  # nothing was ever read: no index is better than an empty one
    model = encoder()
    if not force and (folder := current(index_dir)) is not None:
        check_card(read_manifest(folder), model.card, index_dir)
    progress("passages", 0, len(papers))
    passages: list[Passage] = []
    texts: list[str] = []
    for paper in papers:
        for passage in passages_of(paper, model.count_tokens, settings.chunk, model.card.window):
            passages.append(passage)
            texts.append(passage_text(paper, passage))
    vectors, embedded = _vectors(store, model, texts, progress)
    progress("writing", 0, len(passages))
    build(index_dir, settings, model.card, papers, passages, vectors, digest)
    progress("writing", len(passages), len(passages))
    return embedded


def _is_current(index_dir: Path, digest: str) -> bool:
    try:
        folder = current(index_dir)
        return folder is not None and read_manifest(folder).papers_digest == digest
    except IndexMismatchError:
        raise
    except IndexStoreError:
        return False  # a damaged generation is built anew


def _vectors(store: Store, model: Encoder, texts: Sequence[str], progress: Progress) -> tuple[Vectors, int]:
    prefix = f"{model.card.weights_sha256}\0{model.card.passage_prompt}\0".encode()
    keys = [hashlib.sha256(prefix + text.encode("utf-8", "surrogatepass")).digest() for text in texts]
    by_key = dict(zip(keys, texts, strict=True))
    known = store.vectors(list(by_key))
    total = len(by_key) - len(known)
    done = 0

    def encode(batch: Sequence[str]) -> Vectors:
        nonlocal done
        base = done
        vectors = model.encode_passages(batch, lambda count: progress("embedding", base + count, total))
        done += len(batch)
        return vectors

    # Sorted by length over all texts, so that each batch pads little.
    by_length = dict(sorted(by_key.items(), key=lambda item: len(item[1])))
    embedded = embed(by_length, known, encode, store.keep_vectors, _EMBED_BATCH)
    if not keys:
        return np.empty((0, model.card.dimension), dtype=np.float32), 0
    return np.stack([known[key] for key in keys]), embedded
