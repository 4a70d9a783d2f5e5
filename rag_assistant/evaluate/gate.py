"""The gate: a run must not fall behind the baseline that was accepted last."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rag_assistant.errors import SourceError, SourceNotFoundError, UsageError
from rag_assistant.evaluate.compare import Changed, changes
from rag_assistant.evaluate.metrics import HEADLINE
from rag_assistant.evaluate.results import Result
from rag_assistant.evaluate.runs import Run
from rag_assistant.evaluate.summary import summarise
from rag_assistant.evaluate.tables import lost_lines, text_table

_LINE = "| {date} | {name} | {values} | {reason} |"
_HEADING = "## Accepted baselines"
_TABLE = "| date | run | {labels} | why |\n|---|---|{rule}---|"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was accepted: how it was asked, and each question's headline measures by its id."""

    mode: str
    papers: int
    values: Mapping[str, Mapping[str, float | None]]
    means: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class GateReport:
    """Whether a run holds. ``fallen`` are headline measures by name, ``lost`` questions that were wholly right before.

    ``missing`` are questions of the baseline that the run did not answer.
    """

    changes: Mapping[str, Changed]
    fallen: tuple[str, ...]
    lost: tuple[Result, ...]
    missing: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing fell and no question is missing."""
        return not self.fallen and not self.missing

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "holds": self.holds,
            "fallen": list(self.fallen),
            "lost": [result.case.id for result in self.lost],
            "missing": list(self.missing),
            "changes": {name: asdict(change) for name, change in self.changes.items()},
        }

    def table(self) -> str:
        """The report as lines for a terminal."""
        rows = [
            (
                measure.label,
                f"{change.before:.3f}",
                f"{change.after:.3f}",
                change.difference.shown(),
                "FELL" if measure.name in self.fallen else "",
            )
            for measure in HEADLINE
            if (change := self.changes.get(measure.name)) is not None
        ]
        lines = [text_table(("", "baseline", "now", "change [95%]", ""), rows)]
        if self.lost:
            lines += [f"lost: {len(self.lost)}", lost_lines(self.lost)]
        if self.missing:
            lines.append(f"not answered: {', '.join(self.missing)}")
        return "\n".join([*lines, "The gate holds." if self.holds else "The gate fails."])


def load_baseline(path: Path) -> Baseline:
    """A baseline from its file.

    Raises:
        SourceNotFoundError: there is none.
        SourceError: it can't be read.
    """
    if not path.is_file():
        raise SourceNotFoundError(
            f"{path}: no baseline yet: accept a run with rag-assistant eval accept RUN --reason …"
        )
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return Baseline(fields["mode"], fields["papers"], fields["values"], fields["means"])
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{path}: not a baseline ({error!r}): accept a run with rag-assistant eval accept") from None


def hold(run: Run, baseline: Baseline) -> GateReport:
    """Holds a run against the baseline, question by question.

    A headline measure has fallen where the 95% interval of its paired change lies wholly below nought, or where its
    mean lies below the low end of the baseline's own interval.

    Raises:
        UsageError: they were not asked in the same mode, or of collections of another size.
    """
    for name, ours, theirs in (
        ("mode", run.manifest["mode"], baseline.mode),
        ("papers", run.manifest["papers"], baseline.papers),
    ):
        if ours != theirs:
            raise UsageError(f"{run.folder} can't be held against the baseline: {name} {ours}, not {theirs}")
    results = {result.case.id: result for result in run.results if result.error is None}
    shared = [(baseline.values[id_], results[id_]) for id_ in baseline.values if id_ in results]
    moved = changes([(before, result.values) for before, result in shared])
    return GateReport(
        changes=moved,
        fallen=tuple(
            measure.name
            for measure in HEADLINE
            if measure.name in moved and _fell(moved[measure.name], baseline.means.get(measure.name))
        ),
        lost=tuple(result for before, result in shared if before["right"] == 1 and not result.right),
        missing=tuple(id_ for id_ in baseline.values if id_ not in results),
    )


def accept(run: Run, reason: str, baseline: Path, experiments: Path) -> None:
    """Makes a run the baseline, and writes when and why into the page of experiments.

    Raises:
        UsageError: no reason, or a run that isn't complete.
        SourceError: a file can't be written.
    """
    if not reason.strip():
        raise UsageError("say why with --reason: it goes into the page of experiments")
    if not run.complete:
        raise UsageError(f"{run.folder} is not complete: finish it with rag-assistant eval run --run {run.folder}")
    whole = summarise(run.results).whole
    names = [measure.name for measure in HEADLINE]
    fields = {
        "mode": run.manifest["mode"],
        "papers": run.manifest["papers"],
        "accepted": date.today().isoformat(),
        "reason": reason.strip(),
        "means": {name: asdict(whole[name]) for name in names if name in whole},
        "values": {result.case.id: {name: result.values.get(name) for name in names} for result in run.results},
    }
    shown = " | ".join(f"{whole[name].mean:.3f}" if name in whole else "–" for name in names)
    # A cell of a Markdown table is one line without bars.
    why = re.sub(r"\s+", " ", reason).strip().replace("|", "/")
    line = _LINE.format(date=fields["accepted"], name=run.name, values=shown, reason=why)
    try:
        page = experiments.read_text(encoding="utf-8") if experiments.is_file() else "# Experiments\n"
        baseline.write_text(_lines(fields), encoding="utf-8")
        experiments.write_text(_with_line(page, line), encoding="utf-8")
    except OSError as error:
        raise SourceError(f"{error.filename}: {error.strerror}") from None


def _fell(change: Changed, before: Mapping[str, float] | None) -> bool:
    below = before is not None and change.after < before["low"] and change.after < change.before
    return below or change.difference.change.high < 0


def _lines(fields: dict[str, Any]) -> str:
    """JSON with a line a question, so that a change shows which questions it touched."""
    head = {name: value for name, value in fields.items() if name != "values"}
    rows = ",\n".join(f"  {json.dumps(id_)}: {json.dumps(values)}" for id_, values in fields["values"].items())
    return f'{json.dumps(head, indent=1, ensure_ascii=False)[:-2]},\n "values": {{\n{rows}\n }}\n}}\n'


def _with_line(page: str, line: str) -> str:
    if _HEADING not in page:
        labels = " | ".join(measure.headline or "" for measure in HEADLINE)
        table = _TABLE.format(labels=labels, rule="---|" * len(HEADLINE))
        return f"{page.rstrip()}\n\n{_HEADING}\n\n{table}\n{line}\n"
    before, heading, after = page.partition(_HEADING)
    # The table ends at the first blank line after its own beginning.
    lead = len(after) - len(after.lstrip("\n"))
    table, blank, rest = after[lead:].partition("\n\n")
    return f"{before}{heading}{after[:lead]}{table.rstrip()}\n{line}\n{blank[1:]}{rest}"
