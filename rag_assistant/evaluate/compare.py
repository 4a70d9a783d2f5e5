"""Two runs over the same questions: what changed, how surely, and which questions were won and lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from rag_assistant.errors import UsageError
from rag_assistant.evaluate.intervals import Difference, compare_paired
from rag_assistant.evaluate.metrics import MEASURES, Values
from rag_assistant.evaluate.results import Result
from rag_assistant.evaluate.runs import Run
from rag_assistant.evaluate.tables import text_table


@dataclass(frozen=True, slots=True)
class Changed:
    """One measure in both runs, over the questions that have it in both."""

    before: float
    after: float
    difference: Difference


@dataclass(frozen=True, slots=True)
class Comparison:
    """Run ``after`` against run ``before``. ``won`` and ``lost`` are (before, after) of questions that became wholly
    right, or ceased to be; ``alone`` counts questions that only one of them has."""

    before: str
    after: str
    changes: Mapping[str, Changed]
    won: tuple[tuple[Result, Result], ...]
    lost: tuple[tuple[Result, Result], ...]
    questions: int
    alone: int

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON, the questions by id."""
        return {
            "before": self.before,
            "after": self.after,
            "questions": self.questions,
            "alone": self.alone,
            "changes": {name: asdict(change) for name, change in self.changes.items()},
            "won": [after.case.id for _, after in self.won],
            "lost": [after.case.id for _, after in self.lost],
        }


def compare(before: Run, after: Run, seed: int = 0) -> Comparison:
    """Compares two runs on the questions that both have answered.

    Raises:
        UsageError: they have no question in common.
    """
    earlier = {result.case.id: result for result in before.results if result.error is None}
    pairs = [
        (earlier[result.case.id], result)
        for result in after.results
        if result.error is None and result.case.id in earlier
    ]
    if not pairs:
        raise UsageError(f"{before.folder} and {after.folder} have no question in common")
    return Comparison(
        before=before.name,
        after=after.name,
        changes=changes([(early.values, late.values) for early, late in pairs], seed),
        won=tuple(pair for pair in pairs if pair[1].right and not pair[0].right),
        lost=tuple(pair for pair in pairs if pair[0].right and not pair[1].right),
        questions=len(pairs),
        alone=len(before.results) + len(after.results) - 2 * len(pairs),
    )


def changes(pairs: list[tuple[Values, Values]], seed: int = 0) -> dict[str, Changed]:
    """How each measure changed, over the pairs that have it on both sides."""
    found = {}
    for measure in MEASURES:
        early: list[float] = []
        late: list[float] = []
        for before, after in pairs:
            first, second = before.get(measure.name), after.get(measure.name)
            if first is not None and second is not None:
                early.append(first)
                late.append(second)
        if early:
            found[measure.name] = Changed(fmean(early), fmean(late), compare_paired(early, late, seed))
    return found


def comparison_table(comparison: Comparison) -> str:
    """The measures that changed, and the questions won and lost, as lines for a terminal."""
    rows = []
    for measure in MEASURES:
        change = comparison.changes.get(measure.name)
        if change is not None:
            moved = change.difference
            cells = (f"{change.before:.3f}", f"{change.after:.3f}", moved.shown(), f"{moved.p:.4f}")
            rows.append((measure.label, *cells, str(moved.change.count)))
    head = (f"{comparison.questions} questions", comparison.before, comparison.after, "change", "p", "n")
    lines = [text_table(head, rows)]
    if comparison.alone:
        lines.append(f"{comparison.alone} results have no counterpart and were left out")
    for word, pairs in (("won", comparison.won), ("lost", comparison.lost)):
        lines.append(f"{word}: {len(pairs)}")
        lines += [f"  {after.case.id:<18} {after.case.question}" for _, after in pairs]
    return "\n".join(lines)
