"""How sure a mean is, and whether two runs over the same questions differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

RESAMPLES = 2_000
_SIGN_FLIPS = 10_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over ``count`` questions and the ends of its 95% percentile bootstrap interval."""

    mean: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}] n={self.count}"


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of paired differences with its interval, and the p value of no difference."""

    change: Interval
    p: float

    def shown(self) -> str:
        """The change with its sign and its interval."""
        return f"{self.change.mean:+.3f} [{self.change.low:+.3f}, {self.change.high:+.3f}]"


def bootstrap(values: Sequence[float], seed: int = 0) -> Interval:
    """The mean and its interval (Efron and Tibshirani 1993, percentile), questions being drawn anew.

    Args:
        values: one a question, at least one.
        seed: the same seed gives the same interval.
    """
    low, high = ends(resampled_means(values, seed))
    return Interval(sum(values) / len(values), low, high, len(values))


def resampled_means(values: Sequence[float], seed: int = 0) -> list[float]:
    """The means of ``RESAMPLES`` samples of the same size, drawn with replacement."""
    import numpy as np

    picks = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    means: list[float] = np.asarray(values, dtype=float)[picks].mean(axis=1).tolist()
    return means


def ends(means: Sequence[float]) -> tuple[float, float]:
    """The 2.5th and the 97.5th percentile."""
    import numpy as np

    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


def compare_paired(before: Sequence[float], after: Sequence[float], seed: int = 0) -> Difference:
    """How a measure changed from one run to another over the same questions.

    The interval is a paired bootstrap (Koehn 2004); p is from a sign-flip permutation test, two-sided (Good 2005;
    for retrieval Smucker, Allan and Carterette 2007): by all 2ⁿ flips where at most 13 differences are not nought, else
    by 10,000 random ones.

    Args:
        before: one value a question, at least one.
        after: of the same questions in the same order.
        seed: of both.

    Raises:
        ValueError: the lengths differ.
    """
    changes = [late - early for early, late in zip(before, after, strict=True)]
    return Difference(bootstrap(changes, seed), _sign_flip(changes, seed))


def _sign_flip(changes: Sequence[float], seed: int) -> float:
    import numpy as np

    known = np.asarray([change for change in changes if change], dtype=float)
    if not len(known):
        return 1.0
    observed = abs(known.sum()) - 1e-12
    if 2 ** len(known) <= _SIGN_FLIPS:
        flips = 1 - 2.0 * ((np.arange(2 ** len(known))[:, None] >> np.arange(len(known))) & 1)
        return float((abs(flips @ known) >= observed).mean())
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), (_SIGN_FLIPS, len(known)))
    # The observed arrangement is one of them, so that p is never nought (Davison and Hinkley 1997).
    return float((1 + (abs(signs @ known) >= observed).sum()) / (1 + _SIGN_FLIPS))
