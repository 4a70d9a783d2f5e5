"""From papers to an index: what an ingest, a removal and a rebuild have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from rag_assistant.corpus.clean import clean
from rag_assistant.errors import IndexDamagedError
from rag_assistant.index.catalog import papers_digest
from rag_assistant.index.content import Progress as Progress
from rag_assistant.index.content import make_content
from rag_assistant.index.digests import require_whole
from rag_assistant.index.embed import Encoder
from rag_assistant.index.generation import LOCK_PATIENCE, current, require_current, writing
from rag_assistant.index.manifest import check_card, check_settings, read_manifest
from rag_assistant.index.previous import open_previous
from rag_assistant.index.store import Store
from rag_assistant.index.tidy import recover_store
from rag_assistant.index.writing import write_generation
from rag_assistant.records import Duplicate, IngestReport, Paper, Rejection, Source
from rag_assistant.settings import Settings


def quiet(_stage: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


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
    places: Mapping[str, tuple[Source, ...]] | None = None,
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
        places: where papers were read, by id, for those of which it isn't what they had together with what is new.
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
        folder = _whole(index_dir)
        if folder is not None:
            check_settings(read_manifest(folder), settings, index_dir)
        store = Store(index_dir / "store.sqlite")
        try:
            added, updated, unchanged = store.merge(papers, originals)
            if keep_only is not None:
                removed = [*removed, *(paper.id for paper in store.papers() if paper.id not in keep_only)]
            store.place(places or {})
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

    Papers are cleaned again from their original words. A store that is damaged or missing is made again from the index.

    Raises:
        IndexNotFoundError: nothing was ever ingested there.
        IndexDamagedError: neither the papers' store nor the index can be read.
        IndexLockedError: another process is writing.
        IndexWriteError: no space, or a directory that can't be written.
    """
    if not (index_dir / "store.sqlite").is_file():
        require_current(index_dir)
    with writing(index_dir):
        recover_store(index_dir)
        store = Store(index_dir / "store.sqlite")
        try:
            store.clean_again(clean)
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
    folder = None if force else _whole(index_dir)
    if folder is not None and read_manifest(folder).papers_digest == digest:
        return 0
    if not papers and folder is None and not force:
        return 0  # nothing was ever read: no index is better than an empty one
    model = encoder()
    if folder is not None:
        check_card(read_manifest(folder), model.card, index_dir)
    previous = open_previous(folder, settings, model.card)
    content = make_content(papers, previous, settings, model, store, progress)
    progress("writing", 0, len(content.passages.keys))
    write_generation(index_dir, settings, model.card, content, digest, previous)
    progress("writing", len(content.passages.keys), len(content.passages.keys))
    return content.embedded


def _whole(index_dir: Path) -> Path | None:
    """The generation in use; None where there is none, or a damaged one, which is then built anew from the store."""
    try:
        folder = current(index_dir)
        if folder is not None:
            read_manifest(folder)
            require_whole(folder)
        return folder
    except IndexDamagedError:
        return None
