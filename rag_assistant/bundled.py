"""The index over the bundled corpus: made on first use, and again whenever its digests or the settings have changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rag_assistant import corpus
from rag_assistant.errors import IndexDamagedError, IndexMismatchError
from rag_assistant.index.build import ingest
from rag_assistant.index.embed import Encoder
from rag_assistant.index.generation import current
from rag_assistant.index.open import Index
from rag_assistant.records import Source
from rag_assistant.settings import Settings

# Another process may be making the same index on its first use: that takes seconds, so it is waited for.
_PATIENCE = 300.0


def bundled_dir(settings: Settings) -> Path:
    """Where it is kept: beside the configured index, never in it, so that one's own papers are not mixed with ours."""
    return settings.index_dir.parent / f"{settings.index_dir.name}-bundled"


def is_built(settings: Settings) -> bool:
    """Whether it has been made before; making it takes some seconds."""
    return (bundled_dir(settings) / "BUNDLED").is_file()


def open_bundled(settings: Settings, encoder: Callable[[], Encoder]) -> Index:
    """The index over the bundled corpus.

    Raises:
        IndexWriteError: its place can't be written.
        EncoderError: the model can't be loaded.
    """
    place = bundled_dir(settings)
    marker = place / "BUNDLED"
    stamp = corpus.bundled_digest()
    try:
        if current(place) is None or not marker.is_file() or marker.read_text().strip() != stamp:
            _build(place, settings, encoder)
        index = Index(place, settings, encoder)
    except (IndexMismatchError, IndexDamagedError):
        # Made by other settings or an older version, or damaged. Nothing of the user's is in it, so it is made anew;
        # the store beside it keeps the vectors that still fit.
        shutil.rmtree(place / "generations", ignore_errors=True)
        (place / "CURRENT").unlink(missing_ok=True)
        _build(place, settings, encoder)
        index = Index(place, settings, encoder)
    marker.write_text(stamp + "\n")
    return index


def _build(place: Path, settings: Settings, encoder: Callable[[], Encoder]) -> None:
    found = corpus.collect([corpus.bundled_path()], settings.corpus).papers
    # Where the package is installed says nothing to a reader; that it is the bundled digest does.
    papers = [replace(paper, source=(Source("bundled digest", paper.source[0].entry),)) for paper in found]
    kept = {paper.id for paper in papers}
    ingest(place, settings, encoder, papers, {}, keep_only=kept, patience=_PATIENCE)
