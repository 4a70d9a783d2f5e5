"""The curves of a report."""

from __future__ import annotations

from html import escape
from math import ceil, floor, log10

from rag_assistant.evaluate.curves import abstention_errors, coverage_accuracy, recall_curve, within_seconds
from rag_assistant.evaluate.report.charts import Line, Spot, curve_chart
from rag_assistant.evaluate.runs import Run


def curves_section(run: Run, before: Run | None) -> str:
    """What is found by depth, what is gained by answering less often, and how long answers take; of both runs."""
    runs = [*([(before.name, before.results, "baseline")] if before else []), (run.name, run.results, "run")]
    figures = []
    if recall := [Line(name, points, kind) for name, results, kind in runs if (points := recall_curve(results))]:
        chart = curve_chart("Recall by depth", ("papers found, k", "recall@k"), recall, x_ticks=(1, 2, 4, 6, 8, 10))
        figures.append(_figure("Retrieval", "Share of the gold papers among the first k found.", chart))
    if covered := [Line(name, points, kind) for name, results, kind in runs if (points := coverage_accuracy(results))]:
        chart = curve_chart("Accuracy by coverage", ("coverage", "wholly right"), covered)
        text = (
            "Answering only where confidence is highest: how many questions are answered, and how many of them right."
        )
        figures.append(_figure("Coverage against accuracy", text, chart))
    if errors := [(name, found, kind) for name, results, kind in runs if (found := abstention_errors(results))]:
        lines = [Line(name, found.by_bar, kind) for name, found, kind in errors]
        spots = [Spot("this run", errors[-1][1].run)]
        axes = ("answerable declined", "unanswerable answered")
        chart = curve_chart("Errors of abstention", axes, lines, spots=spots)
        text = "The curve is a bar on confidence alone; the run, with its rules, is the point. Lower left is better."
        figures.append(_figure("Both errors of abstention", text, chart))
    timed = [(name, seconds, kind) for name, results, kind in runs if (seconds := within_seconds(results))]
    if timed:
        unit, factor = ("seconds", 1.0) if max(found[-1][0] for _, found, _ in timed) >= 2 else ("milliseconds", 1000.0)
        lines = [Line(name, [(t * factor, share) for t, share in found], kind) for name, found, kind in timed]
        ticks = round_ticks(max(line.points[-1][0] for line in lines))
        chart = curve_chart("Answers within a time", (unit, "share of answers"), lines, x_ticks=ticks)
        figures.append(
            _figure("Time to an answer", "Share of the questions that were answered within that time.", chart)
        )
    return f'<section><h2>Curves</h2><div class="figures">{"".join(figures)}</div></section>'


def round_ticks(most: float) -> tuple[float, ...]:
    """Four to six round values from 0 to at least ``most``, which is above 0."""
    size: float = 10 ** floor(log10(most))
    step = next(part * size for part in (0.2, 0.25, 0.5, 1.0, 2.0) if part * size * 5 >= most)
    return tuple(round(number * step, 10) for number in range(ceil(most / step - 1e-9) + 1))


def _figure(title: str, text: str, chart: str) -> str:
    return f"<figure><h3>{escape(title)}</h3>{chart}<figcaption>{escape(text)}</figcaption></figure>"
