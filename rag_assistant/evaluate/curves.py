"""Curves over the questions of a run: what is found by depth, and what is gained by answering less often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from rag_assistant.evaluate.cases import title_key
from rag_assistant.evaluate.results import Result

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class AbstentionErrors:
    """Both kinds of error by a bar on the confidence alone, and where the run itself stands.

    Each point is (share of the answerable that is declined, share of the unanswerable that is answered).
    """

    by_bar: Points
    run: tuple[float, float]


def recall_curve(results: Sequence[Result], depth: int = 10) -> Points:
    """(k, recall@k) for k from 1 to ``depth``, over the questions with gold papers; empty where there is none."""
    ranked = []
    for result in results:
        gold = {title_key(title) for title in result.case.gold_titles}
        if gold and result.answer is not None:
            found = list(dict.fromkeys(title_key(title) for title in result.found))
            ranked.append([len(gold.intersection(found[:k])) / len(gold) for k in range(1, depth + 1)])
    return tuple((k + 1.0, fmean(one[k] for one in ranked)) for k in range(depth)) if ranked else ()


def coverage_accuracy(results: Sequence[Result]) -> Points:
    """(coverage, accuracy) as the bar on the confidence rises (El-Yaniv and Wiener 2010, selective prediction).

    Coverage is the share of all questions that are still answered, accuracy the share of those answers that are wholly
    right. Questions that the run itself declined are answered at no bar, so that the curve ends at the run's coverage.
    """
    given = sorted(
        ((result.confidence or 0.0, result.right) for result in results if result.answer and not _abstained(result)),
        reverse=True,
    )
    total = sum(result.answer is not None for result in results)
    points, right = [], 0
    for place, (confidence, is_right) in enumerate(given, 1):
        right += is_right
        # Answers of one confidence come and go together.
        if place == len(given) or given[place][0] != confidence:
            points.append((place / total, right / place))
    return tuple(points)


def abstention_errors(results: Sequence[Result]) -> AbstentionErrors | None:
    """Both errors of abstention; None where the questions are all of one kind."""
    known = [result for result in results if result.answer is not None]
    answerable = [result for result in known if result.case.answerable]
    others = [result for result in known if not result.case.answerable]
    if not answerable or not others:
        return None
    bars = sorted({0.0, 1.0 + 1e-9, *(result.confidence or 0.0 for result in known)})
    by_bar = [
        (
            fmean((result.confidence or 0.0) < bar for result in answerable),
            fmean((result.confidence or 0.0) >= bar for result in others),
        )
        for bar in bars
    ]
    run = (fmean(map(_abstained, answerable)), 1 - fmean(map(_abstained, others)))
    return AbstentionErrors(tuple(by_bar), run)


def within_seconds(results: Sequence[Result]) -> Points:
    """(seconds, share of the questions answered or declined by then), from (0, 0) on; empty where nothing was timed."""
    times = sorted(seconds for result in results if (seconds := result.values.get("seconds")) is not None)
    return ((0.0, 0.0), *((seconds, place / len(times)) for place, seconds in enumerate(times, 1))) if times else ()


def _abstained(result: Result) -> bool:
    return result.answer is not None and bool(result.answer["abstained"])
