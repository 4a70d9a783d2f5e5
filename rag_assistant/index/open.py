"""An index opened for reading: one generation, kept for as long as the reader lives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag_assistant.errors import IndexDamagedError
from rag_assistant.index.catalog import Catalog
from rag_assistant.index.embed import Encoder, Vectors
from rag_assistant.index.generation import require_current
from rag_assistant.index.lexical import LexicalIndex
from rag_assistant.index.manifest import Manifest, check_card, check_settings, read_manifest
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
        folder = require_current(index_dir)
        self.index_dir = index_dir
        self.folder = folder
        self.manifest: Manifest = read_manifest(folder)
        check_settings(self.manifest, settings, index_dir)
        self.catalog = Catalog(folder / "catalog.sqlite")
        self.vectors = VectorIndex(folder, self.manifest.passages, settings.retrieve.exact_below)
        try:
            self.lexical = LexicalIndex.load(folder / "bm25", self.manifest.papers)
        except (OSError, ValueError, KeyError) as error:
            raise IndexDamagedError(
                f"{folder / 'bm25'} can't be read ({error}): run rag-assistant index rebuild --index-dir {index_dir}"
            ) from error
        self.passage_papers: npt.NDArray[np.int32] = self.catalog.passage_papers()
        if len(self.passage_papers) != self.manifest.passages:
            raise IndexDamagedError(
                f"{folder / 'catalog.sqlite'} holds {len(self.passage_papers)} passages, the manifest says "
                f"{self.manifest.passages}: run rag-assistant index rebuild --index-dir {index_dir}"
            )
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
        """Closes the files."""
        self.catalog.close()
