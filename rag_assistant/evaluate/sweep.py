"""The same questions under several settings: what each gains, and what it costs in time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from html import escape
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

from rag_assistant.errors import UsageError
from rag_assistant.evaluate.harness import Plan, carry_out, open_for, parse_settings
from rag_assistant.evaluate.metrics import BY_NAME, HEADLINE
from rag_assistant.evaluate.report.charts import Spot, curve_chart
from rag_assistant.evaluate.report.figures import round_ticks
from rag_assistant.evaluate.report.layout import html_table, page_of
from rag_assistant.evaluate.runs import Run
from rag_assistant.evaluate.summary import Summary
from rag_assistant.evaluate.tables import shown, text_table
from rag_assistant.index.build import Progress, quiet

_MOST = 64


@dataclass(frozen=True, slots=True)
class Swept:
    """One combination of settings, such as ``retrieve.k=4``, and its run. ``seconds`` an answer, at the median."""

    label: str
    run: Run
    summary: Summary
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        means = {name: asdict(interval) for name, interval in self.summary.whole.items()}
        return {"settings": self.label, "run": str(self.run.folder), "median_seconds": self.seconds, "means": means}


def combinations(given: Sequence[str]) -> list[tuple[str, ...]]:
    """``retrieve.k=4,8`` and the like, each value with each of the others.

    Raises:
        UsageError: none is given, one is not understood, or there are more than 64.
    """
    choices = []
    for one in given:
        name, sign, values = one.partition("=")
        pairs = [f"{name}={value}" for value in values.split(",") if value.strip()] if sign else [one]
        parse_settings(pairs)  # so that a mistake is said before anything is asked
        choices.append(pairs)
    found = list(product(*choices))
    if not given or not all(choices):
        raise UsageError("name settings and their values: --set retrieve.k=4,6,8")
    if len(found) > _MOST:
        raise UsageError(f"{len(found)} combinations are more than {_MOST}: sweep over fewer values")
    return found


def sweep(
    files: Sequence[Path],
    index_dir: Path | None,
    chosen: Sequence[tuple[str, ...]],
    plan: Plan,
    folder: Path,
    progress: Progress = quiet,
) -> list[Swept]:
    """A run of the same plan for each combination, each in a folder of its own below ``folder``.

    Raises:
        SettingsError: a setting that isn't there or is of the wrong kind.
        IndexMismatchError: a setting that the index was not made with.
    """
    swept = []
    for pairs in chosen:
        label = " ".join(pairs)
        assistant, _ = open_for(files, index_dir, parse_settings(pairs))
        place = folder / re.sub(r"[^\w.=-]+", "_", label)
        run, summary = carry_out(assistant, replace(plan, folder=place), progress)
        seconds = [value for result in run.results if (value := result.values.get("seconds")) is not None]
        swept.append(Swept(label, run, summary, median(seconds) if seconds else 0.0))
    return swept


def sweep_table(swept: Sequence[Swept]) -> str:
    """The combinations as lines for a terminal."""
    head = ("settings", *(measure.headline or "" for measure in HEADLINE), "ms")
    return text_table(head, [(one.label, *_means(one)) for one in swept])


def write_sweep(swept: Sequence[Swept], measure: str, folder: Path) -> Path:
    """Writes ``sweep.html``: the table, and one measure against the time of an answer."""
    named = [(f"{number} · {one.label}", one) for number, one in enumerate(swept, 1)]
    spots, exact = [], []
    for number, (name, one) in enumerate(named, 1):
        interval = one.summary.whole.get(measure)
        if interval is not None:
            place = (1000 * one.seconds, interval.mean)
            spots.append(Spot(str(number), place, (interval.low, interval.high)))
            exact.append([escape(name), shown(interval, BY_NAME[measure])])
    label = BY_NAME[measure].label
    ticks = round_ticks(max([1.0, *(spot.at[0] for spot in spots)]))
    chart = curve_chart(f"{label} by time", ("milliseconds an answer, median", label), [], x_ticks=ticks, spots=spots)
    head = ["settings", *(escape(measure.headline or "") for measure in HEADLINE), "ms"]
    table = html_table(head, [[escape(name), *_means(one)] for name, one in named])
    body = (
        f'<header><p class="kicker">rag_assistant evaluation</p><h1>Sweep over {len(swept)} settings</h1></header>'
        f"<section>{table}</section><section><h2>{escape(label)} against time</h2>"
        f'<div class="figures"><figure>{chart}<figcaption>Numbers are those of the table.</figcaption></figure>'
        f"{html_table(['', 'mean [95% interval]'], exact)}</div></section>"
    )
    path = folder / "sweep.html"
    path.write_text(page_of("Sweep: evaluation", body), encoding="utf-8")
    return path


def _means(one: Swept) -> list[str]:
    found = (one.summary.whole.get(measure.name) for measure in HEADLINE)
    return [*("–" if cell is None else f"{cell.mean:.3f}" for cell in found), f"{1000 * one.seconds:.0f}"]
