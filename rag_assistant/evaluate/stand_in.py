"""An encoder whose vectors cost nothing, to measure everything about an index but the model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from rag_assistant.index.embed import Encoder, EncoderCard, Vectors


class StandInEncoder:
    """Cuts as a real encoder does, and gives each passage a random unit vector that depends on its words alone.

    Questions are encoded by the real one. ``seen`` holds the texts that were embedded.
    """

    def __init__(self, real: Encoder) -> None:
        self._real = real
        self.seen: list[str] = []

    @property
    def card(self) -> EncoderCard:
        """The real one's."""
        return self._real.card

    def encode_passages(self, texts: Sequence[str], done: Callable[[int], None] | None = None) -> Vectors:
        """(len(texts), dimension) random unit vectors."""
        self.seen += texts
        vectors: Vectors = np.empty((len(texts), self.card.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
            vectors[row] = np.random.default_rng(seed).standard_normal(self.card.dimension)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        if done is not None:
            done(len(texts))
        return vectors

    def encode_question(self, text: str) -> Vectors:
        """(dimension,) unit vector, the real one's."""
        return self._real.encode_question(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text."""
        return self._real.count_tokens(texts)
