"""An index opened for reading: one generation, kept for as long as the reader lives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag_assistant.errors import IndexDamagedError
from rag_assistant.index.catalog import Catalog
from rag_assistant.index.digests import require_whole
from rag_assistant.index.embed import Encoder, Vectors
from rag_assistant.index.generation import require_current
from rag_assistant.index.lexical import LexicalIndex
from rag_assistant.index.manifest import MIN_RECALL, Manifest, check_card, check_settings, read_manifest
from rag_assistant.index.passages import PassageArrays
from rag_assistant.index.reading import Reading
from rag_assistant.index.vectors import VectorIndex
from rag_assistant.settings import Settings


class Index:
    """What retrieval reads: papers and passages by ordinal, vectors, BM25, and the model that embeds questions."""

    def __init__(self, index_dir: Path, settings: Settings, encoder: Callable[[], Encoder]) -> None:
        """Opens the current generation.

        Raises:
            IndexNotFoundError: there is none yet.
            IndexMismatchError: it was made with other settings.
            IndexDamagedError: its files are missing or cut short.
        """
        self.index_dir = index_dir
        self.folder, self._reading = _hold_current(index_dir)
        self.manifest: Manifest = read_manifest(self.folder)
        check_settings(self.manifest, settings, index_dir)
        require_whole(self.folder)
        passages = PassageArrays.load(self.folder, self.manifest.passages, self.manifest.dimension)
        self.catalog = Catalog(self.folder / "catalog.sqlite", np.asarray(passages.table))
        exact = self.manifest.passages <= settings.retrieve.exact_below or (self.manifest.recall or 0) < MIN_RECALL
        self.vectors = VectorIndex(self.folder, passages, exact=exact)
        try:
            self.lexical = LexicalIndex.load(self.folder / "bm25")
        except (OSError, ValueError) as error:
            raise IndexDamagedError(
                f"{self.folder / 'bm25'} can't be read ({error}): run rag-assistant index rebuild "
                f"--index-dir {index_dir}"
            ) from error
        self.passage_papers: npt.NDArray[np.int32] = np.ascontiguousarray(passages.table[:, 0])
        # Where each paper's passages begin: they lie one paper after another.
        self.first_passage = np.searchsorted(self.passage_papers, np.arange(self.manifest.papers + 1)).astype(np.int64)
        self._make_encoder = encoder
        self._encoder: Encoder | None = None
        self._lock = threading.Lock()

    @property
    def encoder(self) -> Encoder:
        """The model that made the index, loaded when first needed.

        Raises:
            EncoderError: it can't be loaded.
            IndexMismatchError: its weights are others than those that made the index.
        """
        with self._lock:
            if self._encoder is None:
                encoder = self._make_encoder()
                check_card(self.manifest, encoder.card, self.index_dir)
                self._encoder = encoder
            return self._encoder

    def embed_question(self, question: str) -> Vectors:
        """(dimension,) unit vector of a question."""
        return self.encoder.encode_question(question)

    def close(self) -> None:
        """Closes the files and lets go of the generation."""
        self.vectors.close()
        self.catalog.close()
        self._reading.close()


def _hold_current(index_dir: Path) -> tuple[Path, Reading]:
    """The folder of the generation in use, held."""
    while True:
        folder = require_current(index_dir)
        try:
            reading = Reading(folder)
        except OSError as error:
            # Another process may have pointed elsewhere and removed this one between the two lines.
            if require_current(index_dir) == folder:
                path = folder / "manifest.json"
                raise IndexDamagedError(f"{path} is missing: run rag-assistant index rebuild") from error
            continue
        return folder, reading
