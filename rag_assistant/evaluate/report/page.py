"""The parts of a report, put together."""

from __future__ import annotations

from html import escape

from rag_assistant.evaluate.compare import Comparison, compare
from rag_assistant.evaluate.metrics import HEADLINE, MEASURES, Measure
from rag_assistant.evaluate.report.charts import Row, dot_chart
from rag_assistant.evaluate.report.figures import curves_section
from rag_assistant.evaluate.report.layout import html_table, page_of
from rag_assistant.evaluate.report.questions import (
    changes_section,
    direction,
    right_section,
    slowest_section,
    wrong_section,
)
from rag_assistant.evaluate.runs import Run
from rag_assistant.evaluate.summary import Means, Summary, summarise
from rag_assistant.evaluate.tables import shown

_TILES = ("right", "needed_papers", "facts", "declined")


def report_page(run: Run, before: Run | None = None) -> str:
    """The HTML of a report. All text of papers, questions and answers is escaped, and nothing is loaded from anywhere.

    Raises:
        UsageError: the two runs have no question in common.
    """
    seed = int(run.manifest.get("seed", 0))
    summary = summarise(run.results, seed)
    comparison = None if before is None else compare(before, run, seed)
    parts = [_head(run, summary), _headline(summary, comparison), _types(summary)]
    if comparison is not None:
        parts.append(changes_section(comparison))
    parts += [curves_section(run, before), _all_measures(summary), wrong_section(run.results)]
    parts += [slowest_section(run.results), right_section(run.results)]
    return page_of(f"{run.name}: evaluation", "".join(parts))


def _head(run: Run, summary: Summary) -> str:
    manifest = run.manifest
    model = next((result.answer["model"] for result in run.results if result.answer and result.answer["model"]), None)
    facts = [
        f"{summary.cases} questions",
        f"{manifest['papers']} papers",
        f"mode {manifest['mode']}{f', {model}' if model else ''}",
        f"judge: {manifest['judge']}",
        f"began {manifest['began']}",
        f"version {manifest['version']} ({manifest['code']})",
    ]
    warnings = []
    if not run.complete:
        asked, whole = len(run.results), len(manifest["cases"])
        warnings.append(f"This run is not complete: {asked} of {whole} questions were asked.")
    if summary.failed:
        warnings.append(f"{summary.failed} questions failed and are in no mean.")
    if summary.unjudged:
        warnings.append(f"{summary.unjudged} answers were not judged and are in no mean of the citation measures.")
    told = "".join(f'<p class="warning">{escape(one)}</p>' for one in warnings)
    shown_facts = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
    return (
        f'<header><p class="kicker">rag_assistant evaluation</p><h1>{escape(run.name)}</h1>'
        f'<ul class="facts">{shown_facts}</ul>{told}</header>'
    )


def _headline(summary: Summary, comparison: Comparison | None) -> str:
    tiles = "".join(_tile(measure, summary, comparison) for measure in HEADLINE if measure.name in _TILES)
    rows = [
        Row(
            measure.label,
            interval.mean,
            interval.low,
            interval.high,
            comparison.changes[measure.name].before if comparison and measure.name in comparison.changes else None,
            [found[measure.name].mean if measure.name in found else None for found in summary.controls.values()],
        )
        for measure in HEADLINE
        if (interval := summary.whole.get(measure.name)) is not None
    ]
    chart = dot_chart(rows, list(summary.controls))
    return f'<section><div class="tiles">{tiles}</div><figure>{chart}</figure>{_shortcuts(summary)}</section>'


def _tile(measure: Measure, summary: Summary, comparison: Comparison | None) -> str:
    interval = summary.whole.get(measure.name)
    if interval is None:
        return ""
    moved = ""
    if comparison is not None and (change := comparison.changes.get(measure.name)) is not None:
        by = 100 * change.difference.change.mean
        moved = f'<span class="moved {direction(measure, by)}">{by:+.1f}</span>'
    return (
        f'<div class="tile"><p>{escape(measure.label)}</p>'
        f'<p class="number">{100 * interval.mean:.1f}<small>%</small>{moved}</p>'
        f'<p class="quiet">{100 * interval.low:.1f} to {100 * interval.high:.1f}, n = {interval.count}</p></div>'
    )


def _shortcuts(summary: Summary) -> str:
    """Which measures a shortcut wins or ties: those say little on their own."""
    if not summary.controls:
        return ""
    rows = []
    for name, found in summary.controls.items():
        cells = [escape(name)]
        for measure in HEADLINE:
            ours, theirs = summary.whole.get(measure.name), found.get(measure.name)
            if theirs is None:
                cells.append("–")
            else:
                wins = ours is None or theirs.mean >= ours.mean
                cells.append(f'<span class="{"wins" if wins else ""}">{theirs.mean:.3f}</span>')
        rows.append(cells)
    own = ["this run", *(_mean(summary.whole, measure) for measure in HEADLINE)]
    table = html_table(["", *(escape(measure.headline or "") for measure in HEADLINE)], [own, *rows], kind="short")
    return (
        "<h2>What a shortcut would get</h2><p>Each of these is no answer at all. Where a figure is <span "
        'class="wins">marked</span> the shortcut does as well as this run or better, so that measure '
        f"says little alone; no shortcut may win “right”.</p>{table}"
    )


def _types(summary: Summary) -> str:
    groups = [("all", summary.whole), *summary.by_type.items(), *summary.by_split.items()]
    rows = [[escape(name), *(_bar(found, measure) for measure in HEADLINE)] for name, found in groups]
    table = html_table(["", *(escape(measure.headline or "") for measure in HEADLINE)], rows, kind="bars short")
    return f"<section><h2>By type of question</h2>{table}</section>"


def _all_measures(summary: Summary) -> str:
    rows = [
        [escape(measure.label), shown(interval, measure), measure.unit, str(interval.count)]
        for measure in MEASURES
        if (interval := summary.whole.get(measure.name)) is not None
    ]
    table = html_table(["", "mean [95% interval]", "unit", "n"], rows)
    return (
        f'<section><h2>Every measure</h2>{table}<p class="quiet">n counts the answers that a measure can be asked of. '
        "Definitions and sources: docs/evaluation.md.</p></section>"
    )


def _mean(found: Means, measure: Measure) -> str:
    return f"{found[measure.name].mean:.3f}" if measure.name in found else "–"


def _bar(found: Means, measure: Measure) -> str:
    interval = found.get(measure.name)
    if interval is None:
        return "–"
    return f'<span class="bar" style="--share:{100 * interval.mean:.1f}%">{interval.mean:.2f}</span>'
