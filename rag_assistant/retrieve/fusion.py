"""Several rankings made one.

The scores themselves are fused, not the ranks: how far the first hit is ahead of the others is what each side knows
best. Each side is measured in standard deviations of its own best candidates (Wu, Crestani and Bi 2006, "Evaluating
Score Normalization Methods in Data Fusion"), so that a side whose first hits stand out weighs more for this question.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]

# Of a small collection not all papers are candidates, or the many that have nothing to do with the question would set
# the scale; but a scale needs some.
_SHARE = 3
_FEWEST = 50


def pool_size(papers: int, pool: int) -> int:
    """How many candidates of each side set its scale: a third of the collection, at least 50, at most ``pool``."""
    return min(papers, pool, max(_FEWEST, papers // _SHARE))


def standardised(scores: Scores, pool: int) -> Scores:
    """Scores in standard deviations above the mean of the ``pool`` highest.

    The order is kept, and equal scores stay equal. All zeros where no score stands above the others.
    """
    if not len(scores):
        return scores
    # Sorted, so that the sums below don't depend on the order in which papers come.
    best = np.sort(np.partition(scores, -pool)[-pool:] if len(scores) > pool else scores).astype(np.float64)
    deviation = float(best.std())
    if deviation < 1e-6:
        return np.zeros_like(scores)
    result: Scores = (scores - np.float32(best.mean())) / np.float32(deviation)
    return result


def fuse(sides: Sequence[Scores], weights: Sequence[float], pool: int) -> tuple[Scores, float]:
    """(papers,) the weighted sum of the sides' standardised scores: higher is better, 0 is an average candidate.

    With it the sum that a paper would have that is the best on every side.

    Args:
        sides: one score a paper each, in whatever unit.
        weights: one a side, 0 and up.
        pool: how many candidates of each side set its scale.

    Raises:
        ValueError: sides of different lengths, or not one weight each.
    """
    fused: Scores = np.zeros(len(sides[0]), dtype=np.float32)
    highest = 0.0
    for side, weight in zip(sides, weights, strict=True):
        gain = np.float32(weight) * standardised(side, pool)
        fused += gain
        highest += float(gain.max(initial=0))
    return fused, highest


def unit_range(scores: Scores, floor: float, highest: float) -> Scores:
    """Scores from 0 to 1: 0 at ``floor`` and below, 1 at ``highest``. All zeros where the two are one."""
    if highest - floor < 1e-6:
        return np.zeros_like(scores)
    result: Scores = np.clip((scores - np.float32(floor)) / np.float32(highest - floor), 0, 1)
    return result
