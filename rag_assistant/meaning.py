"""How near two words are in meaning: small word vectors distilled from the bundled sentence encoder.

``meaning.npz`` holds, for each stem, all-MiniLM-L6-v2's vector of its most frequent word forms, centred, cut to 64
principal components (without the first one, which is mostly frequency), of length 1, times 254, as int8.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

_SIZE = 64
# Below the first, 99 in 100 pairs of unlike words lie; from the second on, words can stand for one another.
_UNLIKE, _ALIKE = 0.36, 0.72


@functools.cache
def _table() -> tuple[dict[str, int], Vectors]:
    import numpy as np

    packed = resources.files("rag_assistant").joinpath("meaning.npz").read_bytes()
    with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
        stems = str(stored["stems"]).split()
        vectors = stored["vectors"].astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    # The last row is for words that aren't known: near to nothing.
    return {stem: place for place, stem in enumerate(stems)}, np.vstack([vectors, np.zeros((1, _SIZE), np.float32)])


def places_of(stems: Sequence[str]) -> list[int]:
    """Where each stem's vector stands in the table."""
    places, vectors = _table()
    return [places.get(stem, len(vectors) - 1) for stem in stems]


def known_places(stems: Sequence[str]) -> list[int]:
    """The same, of those alone that the table has."""
    places, _ = _table()
    return [places[stem] for stem in stems if stem in places]


def nearness(said: Sequence[int], there: Sequence[int]) -> Vectors:
    """How well words of one text stand for words of another, from 0 to 1.

    Args:
        said: places in the table, of n words.
        there: of m words.

    Returns:
        An (n, m) matrix.
    """
    import numpy as np

    _, vectors = _table()
    cosines = vectors[list(said)] @ vectors[list(there)].T
    near: Vectors = np.clip((cosines - _UNLIKE) / (_ALIKE - _UNLIKE), 0.0, 1.0)
    return near
