"""The questions of a report, folded: what changed against the baseline, what is wrong, what is right, what is slow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from rag_assistant.evaluate.compare import Comparison
from rag_assistant.evaluate.metrics import MEASURES, Measure
from rag_assistant.evaluate.report.answers import pair_block, question_block
from rag_assistant.evaluate.report.layout import html_table
from rag_assistant.evaluate.results import Result

_SLOWEST = 10


def changes_section(comparison: Comparison) -> str:
    """Every measure in both runs, and the questions lost and won with both answers."""
    rows = []
    for measure in MEASURES:
        change = comparison.changes.get(measure.name)
        if change is None:
            continue
        moved = change.difference.change
        sure = "sure" if change.difference.p < 0.05 else "quiet"
        rows.append(
            [
                escape(measure.label),
                f"{change.before:.3f}",
                f"{change.after:.3f}",
                f'<span class="{sure} {direction(measure, moved.mean)}">{change.difference.shown()}</span>',
                f'<span class="{sure}">{change.difference.p:.4f}</span>',
                str(moved.count),
            ]
        )
    head = ["", escape(comparison.before), escape(comparison.after), "change [95%]", "p", "n"]
    names = (comparison.before, comparison.after)
    blocks = "".join(
        f"<h3>{len(pairs)} {word}</h3>" + "".join(pair_block(*pair, names, word) for pair in pairs)
        for word, pairs in (("lost", comparison.lost), ("won", comparison.won))
    )
    left = f" {comparison.alone} results have no counterpart." if comparison.alone else ""
    return (
        f"<section><h2>Against {escape(comparison.before)}</h2><p>Over the {comparison.questions} questions that "
        f"both runs answered.{left} Intervals by paired bootstrap, p by a sign-flip permutation test.</p>"
        f"{html_table(head, rows)}{blocks}</section>"
    )


def wrong_section(results: Sequence[Result]) -> str:
    """Every question whose answer is not wholly right, by type."""
    wrong = [result for result in results if not result.right]
    if not wrong:
        return "<section><h2>Not wholly right</h2><p>None.</p></section>"
    blocks = "".join(f"<h3>{escape(name)}, {len(group)}</h3>{_blocks(group)}" for name, group in _by_type(wrong))
    return f"<section><h2>Not wholly right: {len(wrong)} of {len(results)}</h2>{blocks}</section>"


def right_section(results: Sequence[Result]) -> str:
    """Every other question, folded by type."""
    right = [result for result in results if result.right]
    groups = "".join(
        f'<details class="group"><summary>{escape(name)}, {len(group)}</summary>{_blocks(group)}</details>'
        for name, group in _by_type(right)
    )
    return f"<section><h2>Wholly right: {len(right)}</h2>{groups}</section>"


def slowest_section(results: Sequence[Result]) -> str:
    """The questions that took longest, by stage."""
    timed = [result for result in results if result.values.get("seconds") is not None]
    slowest = sorted(timed, key=lambda result: -(result.values["seconds"] or 0))[:_SLOWEST]
    stages = ("seconds", "retrieve_seconds", "write_seconds", "verify_seconds")
    rows = [
        [escape(result.case.question), *(f"{1000 * (result.values.get(stage) or 0):,.0f}" for stage in stages)]
        for result in slowest
    ]
    table = html_table(["milliseconds", "in all", "retrieve", "write", "verify"], rows)
    return f"<section><h2>The slowest questions</h2>{table}</section>"


def direction(measure: Measure, change: float) -> str:
    """Whether a change of a measure is for the better: the class that colours it."""
    if not change or measure.better is None:
        return ""
    return "better" if (change > 0) == (measure.better == "higher") else "poorer"


def _by_type(results: Sequence[Result]) -> Iterator[tuple[str, list[Result]]]:
    for name in dict.fromkeys(result.case.type for result in results):
        yield name, [result for result in results if result.case.type == name]


def _blocks(results: Sequence[Result]) -> str:
    return "".join(question_block(result) for result in results)
