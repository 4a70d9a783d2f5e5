"""Tables in plain text: one look for everything that is measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_assistant.evaluate.intervals import Interval
from rag_assistant.evaluate.metrics import HEADLINE, MEASURES, Measure
from rag_assistant.evaluate.results import Result
from rag_assistant.evaluate.summary import Means, Summary


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligned columns, the first to the left and the others to the right, without trailing blanks."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = (
        "  ".join(cell.rjust(width) if place else cell.ljust(width) for place, (cell, width) in enumerate(cells))
        for cells in ([*zip(row, widths, strict=True)] for row in [head, *rows])
    )
    return "\n".join(line.rstrip() for line in lines)


def run_table(summary: Summary) -> str:
    """A run: its measures with their intervals, the headline by type of question, and the controls beside it."""
    measures = [
        (measure.label, shown(interval, measure), str(interval.count))
        for measure in MEASURES
        if (interval := summary.whole.get(measure.name)) is not None
    ]
    groups = [("all", summary.whole), *summary.by_type.items(), *summary.by_split.items()]
    controls = [("this run", summary.whole), *summary.controls.items()]
    parts = [
        text_table((f"{summary.cases} questions", "mean [95% interval]", "n"), measures),
        text_table(("", *(measure.headline or "" for measure in HEADLINE)), list(_rows(groups))),
    ]
    if summary.controls:
        parts.append(
            text_table(("shortcuts", *(measure.headline or "" for measure in HEADLINE)), list(_rows(controls)))
        )
    if summary.failed:
        parts.append(f"{summary.failed} questions failed and are in no mean; the same command asks them again")
    if summary.unjudged:
        parts.append(f"{summary.unjudged} answers were not judged; the same command tries again")
    return "\n\n".join(parts)


def shown(interval: Interval, measure: Measure) -> str:
    """A mean with its interval in the measure's own precision."""
    digits = 3 if measure.unit in ("share", "seconds") else 1
    return f"{interval.mean:.{digits}f} [{interval.low:.{digits}f}, {interval.high:.{digits}f}]"


def lost_lines(lost: Sequence[Result]) -> str:
    """Questions by id, a line each."""
    return "\n".join(f"  {result.case.id:<18} {result.case.question}" for result in lost)


def _rows(groups: Sequence[tuple[str, Means]]) -> Iterator[tuple[str, ...]]:
    for name, found in groups:
        cells = (found.get(measure.name) for measure in HEADLINE)
        yield (name, *("–" if cell is None else f"{cell.mean:.3f}" for cell in cells))
