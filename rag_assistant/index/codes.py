"""Vectors in a byte a number: a fourth to read from memory, which is what comparing many vectors waits for.

A vector is divided by its largest number and rounded to steps of 1/127, so that a cosine similarity of unit vectors is
off by some 0.001. That is enough to find the candidates; their similarities are then taken from the vectors themselves.

::

    codes.npy     (vectors, dimension) int8
    scales.npy    (vectors,) float32: what a step of each vector's is worth
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag_assistant.errors import IndexDamagedError
from rag_assistant.index.embed import Vectors

_STEPS = 127
_ROWS = 8_192  # turned into codes at once, so that no second copy of all vectors is held
FILES = ("codes.npy", "scales.npy")


@dataclass(frozen=True, slots=True)
class Codes:
    """The two arrays, in memory or mapped into it."""

    codes: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]

    @classmethod
    def of(cls, vectors: Vectors) -> Codes:
        """The codes of (vectors, dimension) float32 vectors."""
        codes = np.empty(vectors.shape, dtype=np.int8)
        scales = np.empty(len(vectors), dtype=np.float32)
        for begin in range(0, len(vectors), _ROWS):
            rows = slice(begin, begin + _ROWS)
            scales[rows] = np.maximum(np.abs(vectors[rows]).max(axis=1), 1e-12) / _STEPS
            codes[rows] = np.rint(vectors[rows] / scales[rows, np.newaxis])
        return cls(codes, scales)

    def similarities(self, vector: Vectors) -> Vectors:
        """(vectors,) dot products with a (dimension,) vector, off by some 0.001 where all are of unit length."""
        # Imported here: an index that is small enough to do without starts faster.
        import simsimd

        asked = Codes.of(vector[np.newaxis])
        found = np.asarray(simsimd.cdist(self.codes, asked.codes, "dot"), dtype=np.float32)
        result: Vectors = found.reshape(-1) * self.scales * asked.scales
        return result

    def save(self, folder: Path) -> None:
        """Writes the arrays into a folder."""
        np.save(folder / FILES[0], self.codes)
        np.save(folder / FILES[1], self.scales)

    @classmethod
    def load(cls, folder: Path, size: int, dimension: int) -> Codes:
        """What ``save`` wrote, mapped into memory.

        Raises:
            IndexDamagedError: a file is missing, cut short, or of another size than the manifest says.
        """
        try:
            codes, scales = (np.load(folder / name, mmap_mode="r" if size else None) for name in FILES)
        except (OSError, ValueError, EOFError) as error:
            raise IndexDamagedError(f"{folder} holds no codes ({error}): run rag-assistant index rebuild") from error
        if codes.shape != (size, dimension) or scales.shape != (size,):
            raise IndexDamagedError(
                f"{folder / FILES[0]} holds {codes.shape}, the manifest says {(size, dimension)}: "
                "run rag-assistant index rebuild"
            )
        return cls(np.asarray(codes), np.asarray(scales))
