"""A question's vector brought nearer to those of passages that answer it.

The bundled model gives questions and passages vectors in the same way. A low-rank step, learned by ``python -m
rag_assistant.evaluate.train_adaptation`` from questions whose answering paper is known, moves the question's alone: an
index stays as it is, and a search takes no longer. It is made for one model, told by a digest of its weights; vectors
of any other are left as they are.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from rag_assistant.index.embed import Vectors


@dataclass(frozen=True, slots=True)
class Adaptation:
    """The step ``v @ down @ up`` that is added to a question's vector v: (dimension, rank) and (rank, dimension)."""

    down: Vectors
    up: Vectors
    weights_sha256: str
    made_by: str

    def __call__(self, vector: Vectors) -> Vectors:
        """(dimension,) unit vector of the question in its new place."""
        moved = vector + vector @ self.down @ self.up
        result: Vectors = moved / np.linalg.norm(moved)
        return result

    def packed(self) -> bytes:
        """What ``unpacked`` reads, in half precision."""
        buffer = io.BytesIO()
        texts: dict[str, Any] = {
            name: np.frombuffer(getattr(self, name).encode(), np.uint8) for name in ("weights_sha256", "made_by")
        }
        np.savez_compressed(buffer, down=self.down.astype(np.float16), up=self.up.astype(np.float16), **texts)
        return buffer.getvalue()


def unpacked(packed: bytes) -> Adaptation:
    """Reads what ``Adaptation.packed`` wrote."""
    with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
        return Adaptation(
            stored["down"].astype(np.float32),
            stored["up"].astype(np.float32),
            stored["weights_sha256"].tobytes().decode(),
            stored["made_by"].tobytes().decode(),
        )


@cache
def shipped() -> Adaptation:
    """The one that lies in the package, for the bundled model."""
    return unpacked(resources.files("rag_assistant.retrieve").joinpath("adaptation.npz").read_bytes())


def adapted(vector: Vectors, weights_sha256: str) -> Vectors:
    """A question's vector moved where the step was learned for the model with these weights; else as it is."""
    step = shipped()
    return step(vector) if step.weights_sha256 == weights_sha256 else vector
