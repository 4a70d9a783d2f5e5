"""Vectors in a byte a number: near enough to find candidates, and never what is shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from rag_assistant.errors import IndexDamagedError
from rag_assistant.index.codes import Codes
from rag_assistant.index.embed import Vectors
from rag_assistant.index.passages import PassageArrays
from rag_assistant.index.vectors import CODED_FROM, VectorIndex, top


def unit(vectors: Vectors) -> Vectors:
    result: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
    return result


@given(arrays.arrays(np.float32, (20, 384), elements=st.floats(-1, 1, width=32)))
def test_a_similarity_by_codes_is_near_to_the_one_by_vectors(vectors: Vectors) -> None:
    vectors = unit(vectors)
    codes = Codes.of(vectors)
    for vector in vectors[:3]:
        # Each number is off by half a step at most. (Vectors of a model are off by a hundredth of this bound.)
        steps = np.abs(vectors).max(axis=1) / 127
        bound = (steps * np.abs(vector).sum() + steps.max() * np.abs(vectors).sum(axis=1)) / 2 + 1e-3
        assert (np.abs(codes.similarities(vector) - vectors @ vector) <= bound).all()


def random_vectors(count: int) -> Vectors:
    return unit(np.random.default_rng(3).standard_normal((count, 384)).astype(np.float32))


def saved(folder: Path, vectors: Vectors) -> PassageArrays:
    keys = [f"{number:032x}".encode() for number in range(len(vectors))]
    passages = PassageArrays.of([(number, 0, 1) for number in range(len(vectors))], keys, vectors)
    Codes.of(vectors).save(folder)
    return passages


def test_the_nearest_of_thousands_are_the_exactly_nearest(tmp_path: Path) -> None:
    vectors = random_vectors(CODED_FROM + 1_000)
    index = VectorIndex(tmp_path, saved(tmp_path, vectors), exact=True)
    random = np.random.default_rng(4)
    for _ in range(50):
        question = unit(random.standard_normal(384).astype(np.float32))
        ordinals, similarities = index.nearest(question, 50)
        exact, found = top(vectors @ question, 50)
        assert ordinals.tolist() == exact.tolist()
        assert similarities == pytest.approx(found, abs=1e-6)


def test_codes_that_are_cut_short_are_named(tmp_path: Path) -> None:
    vectors = random_vectors(CODED_FROM)
    passages = saved(tmp_path, vectors)
    path = tmp_path / "codes.npy"
    path.write_bytes(path.read_bytes()[:1_000])
    with pytest.raises(IndexDamagedError, match="index rebuild"):
        VectorIndex(tmp_path, passages, exact=True)
    Codes.of(vectors[1:]).save(tmp_path)
    with pytest.raises(IndexDamagedError, match="manifest says"):
        VectorIndex(tmp_path, passages, exact=True)


def test_no_vectors_are_no_fault(tmp_path: Path) -> None:
    empty = np.empty((0, 384), dtype=np.float32)
    Codes.of(empty).save(tmp_path)
    assert len(Codes.load(tmp_path, 0, 384).codes) == 0
