from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rag_assistant.index.vectors import top
from rag_assistant.retrieve.fusion import fuse, pool_size, standardised, unit_range

# Scores as cosine and BM25 give them, coarse enough that neighbours differ after scaling.
values = st.integers(-100, 3_000).map(lambda hundredths: hundredths / 100)
scores = arrays(np.float32, st.integers(1, 40), elements=values)
pairs = st.integers(1, 40).flatmap(
    lambda size: st.tuples(*[arrays(np.float32, size, elements=values) for _ in range(2)])
)
weights = st.floats(0, 1)
pools = st.integers(1, 50)


@given(scores, pools)
def test_scaling_keeps_the_order(given_scores: np.ndarray, pool: int) -> None:
    result = standardised(given_scores, pool)
    assert (np.diff(result[np.argsort(given_scores, kind="stable")]) >= 0).all()


@given(pairs, weights, pools)
def test_a_paper_that_is_better_on_both_sides_is_never_fused_below(
    sides: tuple[np.ndarray, np.ndarray], weight: float, pool: int
) -> None:
    dense, lexical = sides
    fused, _ = fuse(sides, (weight, 1 - weight), pool)
    better = (dense[:, None] >= dense[None]) & (lexical[:, None] >= lexical[None])
    assert (fused[:, None] >= fused[None])[better].all()


@given(pairs, weights, pools)
def test_no_paper_has_more_than_one_that_is_the_best_on_every_side(
    sides: tuple[np.ndarray, np.ndarray], weight: float, pool: int
) -> None:
    fused, highest = fuse(sides, (weight, 1 - weight), pool)
    assert (fused <= highest + 1e-4).all()
    shown = unit_range(fused, float(fused.min()), highest)
    assert ((shown >= 0) & (shown <= 1)).all()
    assert (np.diff(shown[np.argsort(fused, kind="stable")]) >= 0).all()


@given(pairs, weights, pools)
def test_the_order_in_which_papers_come_does_not_matter(
    sides: tuple[np.ndarray, np.ndarray], weight: float, pool: int
) -> None:
    order = np.random.default_rng(len(sides[0])).permutation(len(sides[0]))
    straight, _ = fuse(sides, (weight, 1 - weight), pool)
    shuffled, _ = fuse([side[order] for side in sides], (weight, 1 - weight), pool)
    assert np.array_equal(straight[order], shuffled)


@given(pairs, weights, pools)
def test_the_unit_of_a_side_does_not_matter(sides: tuple[np.ndarray, np.ndarray], weight: float, pool: int) -> None:
    dense, lexical = sides
    straight, _ = fuse(sides, (weight, 1 - weight), pool)
    scaled, _ = fuse((dense, lexical * np.float32(4)), (weight, 1 - weight), pool)
    assert np.allclose(straight, scaled, atol=1e-3)


def test_a_side_that_found_nothing_leaves_the_order_to_the_other() -> None:
    dense = np.array([0.1, 0.9, 0.5], dtype=np.float32)
    fused, _ = fuse((dense, np.zeros(3, dtype=np.float32)), (0.5, 0.5), 3)
    assert np.argsort(-fused).tolist() == [1, 2, 0]


def test_the_side_whose_first_hit_stands_out_decides() -> None:
    undecided = np.linspace(0.50, 0.52, 60, dtype=np.float32)
    certain = np.zeros(60, dtype=np.float32)
    certain[0] = 9
    fused, _ = fuse((undecided, certain), (0.5, 0.5), 60)
    assert int(np.argmax(fused)) == 0


def test_the_pool_is_a_share_of_a_small_collection() -> None:
    assert [pool_size(papers, 1_000) for papers in (0, 30, 90, 600, 100_000)] == [0, 30, 50, 200, 1_000]


@given(scores, st.integers(1, 50))
def test_top_is_sorted_and_breaks_ties_by_place(given_scores: np.ndarray, k: int) -> None:
    places, found = top(given_scores, k)
    expected = sorted(range(len(given_scores)), key=lambda place: (-given_scores[place], place))
    if len(given_scores) <= k or len(set(given_scores.tolist())) == len(given_scores):
        assert places.tolist() == expected[: len(places)]
    assert found.tolist() == sorted(given_scores.tolist(), reverse=True)[: min(k, len(given_scores))]
