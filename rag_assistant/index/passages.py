"""The passages of an index as arrays: where each stands in its abstract, its key, and its vector.

::

    passages.npy    (passages, 3) int32: the paper's ordinal, start and end in its abstract; papers in order
    keys.npy        (passages,) 32 hexadecimal digits: a digest of the paper's id, the place and what was embedded
    vectors.npy     (passages, dimension) float32, unit length
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rag_assistant.errors import IndexDamagedError
from rag_assistant.index.embed import Vectors
from rag_assistant.records import Paper, Passage

Keys = npt.NDArray[np.bytes_]
FILES = ("passages.npy", "keys.npy", "vectors.npy")


def passage_text(paper: Paper, passage: Passage) -> str:
    """What is embedded for a passage: its paper's title comes first, since passages seldom name what they speak of."""
    return f"{paper.title}\n{passage.text}"


class Shapes(Protocol):
    """What shapes the vector of a text; an encoder's card has it, and an index's manifest."""

    @property
    def weights_sha256(self) -> str:
        """Of the model."""

    @property
    def window(self) -> int:
        """Word pieces that the model reads."""

    @property
    def passage_prompt(self) -> str:
        """What is put before a passage."""


def text_key(shapes: Shapes, text: str) -> bytes:
    """The key by which a text's vector is kept: a digest of the text and of all that shapes its vector."""
    prefix = f"{shapes.weights_sha256}\0{shapes.window}\0{shapes.passage_prompt}\0".encode()
    return hashlib.sha256(prefix + text.encode("utf-8", "surrogatepass")).digest()


def passage_key(passage: Passage, key: bytes) -> bytes:
    """The key of a passage with the key of its text: two papers may hold the same words."""
    place = f"{passage.paper_id}\0{passage.start}\0{passage.end}\0".encode()
    return hashlib.sha256(place + key).hexdigest()[:32].encode()


@dataclass(frozen=True, slots=True)
class PassageArrays:
    """The three arrays, in memory or mapped into it."""

    table: npt.NDArray[np.int32]
    keys: Keys
    vectors: Vectors

    @classmethod
    def load(cls, folder: Path, size: int, dimension: int) -> PassageArrays:
        """What ``save`` wrote, mapped into memory.

        Raises:
            IndexDamagedError: a file is missing, cut short, or of another size than the manifest says.
        """
        arrays: list[npt.NDArray[Any]] = []
        for name, shape in zip(FILES, ((size, 3), (size,), (size, dimension)), strict=True):
            path = folder / name
            try:
                array = np.load(path, mmap_mode="r") if size else np.load(path)  # nothing can't be mapped
            except (OSError, ValueError, EOFError) as error:
                raise IndexDamagedError(f"{path} can't be read ({error}): run rag-assistant index rebuild") from error
            if array.shape != shape:
                raise IndexDamagedError(
                    f"{path} holds {array.shape}, the manifest says {shape}: run rag-assistant index rebuild"
                )
            arrays.append(array)
        return cls(arrays[0], arrays[1], arrays[2])

    def save(self, folder: Path) -> None:
        """Writes the arrays into a folder."""
        for name, array in zip(FILES, (self.table, self.keys, self.vectors), strict=True):
            np.save(folder / name, array)

    def text_keys(self, papers: Sequence[Paper], shapes: Shapes) -> list[bytes]:
        """The key of each passage's text; ``papers`` are those of the index, in order."""
        keys = []
        for ordinal, start, end in self.table.tolist():
            paper = papers[ordinal]
            passage = Passage("", paper.id, paper.abstract[start:end], start, end)
            keys.append(text_key(shapes, passage_text(paper, passage)))
        return keys

    @classmethod
    def of(cls, passages: Sequence[tuple[int, int, int]], keys: Sequence[bytes], vectors: Vectors) -> PassageArrays:
        """Arrays of rows (paper, start, end), keys and (passages, dimension) vectors."""
        table = np.array(passages, dtype=np.int32).reshape(len(passages), 3)
        return cls(table, np.array(keys, dtype="S32"), vectors)
