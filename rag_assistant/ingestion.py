"""Changing a collection: papers taken in from files, kept in step with them, and taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_assistant import corpus
from rag_assistant.errors import PaperNotFoundError, SourceNotFoundError, UsageError
from rag_assistant.index import build as building
from rag_assistant.index.embed import Encoder
from rag_assistant.index.encoders import shared_encoder
from rag_assistant.index.generation import require_current
from rag_assistant.index.manifest import Manifest, read_manifest
from rag_assistant.index.store import Store
from rag_assistant.records import Duplicate, IngestReport, Rejection, Source
from rag_assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class KeptReport:
    """What an earlier ingest or removal did; ``at`` is an ISO 8601 time. The last hundred are kept."""

    number: int
    at: str
    report: IngestReport


def ingest(
    settings: Settings,
    encoder: Callable[[], Encoder],
    paths: str | Path | Iterable[str | Path],
    *,
    mapping: Mapping[str, str] | None = None,
    sync: bool = False,
    progress: building.Progress | None = None,
) -> IngestReport:
    """Reads files into the collection of ``settings.index_dir``; see ``Assistant.ingest``."""
    given = [str(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    reading = corpus.with_columns(settings.corpus, mapping)
    watched = progress or building.quiet
    known = building.stored_papers(settings.index_dir)
    collection = corpus.collect(given, reading, known, lambda done, total: watched("reading", done, total))
    places = corpus.places_read(known, collection, given if sync else None)
    return building.ingest(
        settings.index_dir,
        settings,
        encoder,
        collection.papers,
        {id_: (entry.title, entry.abstract) for id_, entry in collection.originals.items()},
        duplicates=collection.duplicates,
        rejected=collection.rejected,
        entries=collection.entries,
        removed=places.gone,
        places=places.changed,
        progress=watched,
    )


def remove(settings: Settings, encoder: Callable[[], Encoder], ids: Sequence[str], source: str | None) -> IngestReport:
    """Takes papers out of the collection of ``settings.index_dir``; see ``Assistant.remove``."""
    if not ids and source is None:
        raise UsageError("nothing to remove: give ids as papers list shows them, or a source")
    known = building.stored_papers(settings.index_dir)
    there = {paper.id for paper in known}
    for id_ in ids:
        if id_ not in there:
            raise PaperNotFoundError(f"no paper {id_!r} in {settings.index_dir}: see rag-assistant papers list")
    places = corpus.Places({}, ()) if source is None else corpus.places_without(known, source)
    if source is not None and not (places.changed or places.gone):
        raise SourceNotFoundError(f"no paper was read from {source}: see rag-assistant papers list --json")
    return building.ingest(
        settings.index_dir,
        settings,
        encoder,
        (),
        {},
        removed=tuple(dict.fromkeys((*ids, *places.gone))),
        places=places.changed,
    )


def kept_reports(index_dir: Path, last: int = 10) -> list[KeptReport]:
    """The reports of the last ingests and removals, the newest first; none where nothing was ever ingested."""
    path = index_dir / "store.sqlite"
    if not path.is_file():
        return []
    store = Store(path)
    try:
        return [KeptReport(kept.pop("number"), kept.pop("at"), _report(kept)) for kept in store.reports(last)]
    finally:
        store.close()


def _report(fields: dict[str, Any]) -> IngestReport:
    """A report as JSON gave it back."""
    duplicates = (Duplicate(**{**one, "source": Source(**one["source"])}) for one in fields.pop("duplicates"))
    rejected = (Rejection(**one) for one in fields.pop("rejected"))
    fields |= {name: tuple(fields[name]) for name in ("added", "updated", "unchanged", "removed")}
    return IngestReport(duplicates=tuple(duplicates), rejected=tuple(rejected), **fields)


def rebuild(settings: Settings, *, progress: building.Progress | None = None) -> tuple[Manifest, int]:
    """Builds an index anew from the papers kept beside it, also where it can't be opened any more.

    Returns:
        The new index's manifest, and how many texts had to be embedded.

    Raises:
        IndexNotFoundError: nothing was ever ingested there.
        IndexLockedError: another process is writing this index.
        IndexWriteError: no space, or a directory that can't be written.
    """
    model = settings.embedding.model
    watched = progress or building.quiet
    embedded = building.rebuild(settings.index_dir, settings, lambda: shared_encoder(model), watched)
    return read_manifest(require_current(settings.index_dir)), embedded
