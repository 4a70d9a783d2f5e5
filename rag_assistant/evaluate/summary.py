"""What the results of a run come to: means with intervals, by type of question, and for the controls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rag_assistant.evaluate.intervals import Interval, bootstrap
from rag_assistant.evaluate.metrics import MEASURES, Values
from rag_assistant.evaluate.results import Result

Means = Mapping[str, Interval]
"""Intervals by name of the measure; a measure that no answer has is missing."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A run in numbers. ``by_type`` and ``by_split`` are in the order of the cases; ``failed`` have no answer."""

    cases: int
    whole: Means
    by_type: Mapping[str, Means]
    by_split: Mapping[str, Means]
    controls: Mapping[str, Means]
    failed: int
    unjudged: int


def summarise(results: Sequence[Result], seed: int = 0) -> Summary:
    """Means over results; what failed counts as wrong in nothing, and is counted on its own.

    Args:
        results: at least one.
        seed: of the bootstrap.
    """
    answered = [result for result in results if result.error is None]
    controls = dict.fromkeys(name for result in answered for name in result.controls)
    return Summary(
        cases=len(results),
        whole=means((result.values for result in answered), seed),
        by_type=_grouped(answered, [result.case.type for result in answered], seed),
        by_split=_grouped(answered, [result.case.split for result in answered], seed),
        controls={
            name: means((result.controls[name] for result in answered if name in result.controls), seed)
            for name in controls
        },
        failed=len(results) - len(answered),
        unjudged=sum(result.unjudged is not None for result in answered),
    )


def means(values: Iterable[Values], seed: int = 0) -> dict[str, Interval]:
    """The mean of each measure over the answers that have it."""
    every = list(values)
    known = {
        measure.name: [value for one in every if (value := one.get(measure.name)) is not None] for measure in MEASURES
    }
    return {name: bootstrap(found, seed) for name, found in known.items() if found}


def summary_dict(summary: Summary) -> dict[str, Any]:
    """The object of ``summary.json``."""
    return asdict(summary)


def _grouped(results: Sequence[Result], keys: Sequence[str], seed: int) -> dict[str, Means]:
    groups: dict[str, list[Values]] = {}
    for key, result in zip(keys, results, strict=True):
        groups.setdefault(key, []).append(result.values)
    return {key: means(group, seed) for key, group in groups.items()}
