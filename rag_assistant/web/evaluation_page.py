"""The last evaluation runs: their headline figures, and the report of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from rag_assistant.errors import SourceError
from rag_assistant.evaluate.harness import RUNS
from rag_assistant.evaluate.intervals import Interval
from rag_assistant.evaluate.metrics import HEADLINE
from rag_assistant.evaluate.tables import shown
from rag_assistant.web.safe import attribute, text
from rag_assistant.web.site import Site, framed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

_MOST_RUNS = 30
_NONE_YET = "No runs in {folder} yet: <code>rag-assistant eval run</code> makes one, and its report."


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """What the page shows of a run: when it began (ISO 8601), how many questions, and their means by measure."""

    folder: Path
    began: str
    mode: str
    cases: int
    means: Mapping[str, Interval]


def routes(site: Site, runs: Path = RUNS) -> list[Route]:
    """The page's paths; ``runs`` is the folder that ``eval run`` writes to."""
    return [
        Route("/evaluation", site.shown("Evaluation", lambda _: runs_html(runs))),
        Route("/evaluation/report", _report(site, runs)),
    ]


def runs_html(runs: Path) -> str:
    """The runs of a folder that came to an end, the last one first; those that can't be read are named."""
    found, unread = [], []
    for summary in runs.glob("*/summary.json"):
        try:
            found.append(read_finished(summary.parent))
        except SourceError as error:
            unread.append(f'<p class="rl-wrong" role="alert">{text(str(error))}</p>')
    found.sort(key=lambda run: run.began, reverse=True)
    body = "".join(unread) + (_table(found[:_MOST_RUNS]) if found else "")
    return f"<h1>Evaluation</h1>{body or f'<p>{_NONE_YET.format(folder=text(str(runs)))}</p>'}"


def read_finished(folder: Path) -> FinishedRun:
    """A run's summary.

    Raises:
        SourceError: its files are missing or damaged.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        means = {name: Interval(**fields) for name, fields in summary["whole"].items()}
        return FinishedRun(folder, str(manifest["began"]), str(manifest["mode"]), int(summary["cases"]), means)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise SourceError(f"{folder} is damaged ({error!r}): run it again with --fresh") from None


def _table(runs: list[FinishedRun]) -> str:
    head = "".join(f'<th scope="col" title="{measure.label}">{measure.headline}</th>' for measure in HEADLINE)
    rows = "".join(_row(run) for run in runs)
    return (
        '<div class="rl-scroll" tabindex="0" role="region" aria-label="Runs"><table class="rl-runs">'
        "<caption>Means, the last run first; the 95% interval stands on hovering.</caption>"
        f'<thead><tr><th scope="col">Run</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _row(run: FinishedRun) -> str:
    cells = []
    for measure in HEADLINE:
        interval = run.means.get(measure.name)
        cells.append(
            "<td>–</td>"
            if interval is None
            else f'<td title="{shown(interval, measure)}, n = {interval.count}">{interval.mean:.3f}</td>'
        )
    name = text(run.folder.name)
    if (run.folder / "report.html").is_file():
        query = attribute(urlencode({"run": run.folder.name}))
        name = f'<a href="evaluation/report?{query}" target="_blank">{name}</a>'
    about = f"{run.cases:,} questions · {text(run.mode)} · {text(run.began[:16].replace('T', ' '))}"
    return f'<tr><th scope="row">{name}<p class="rl-about">{about}</p></th>{"".join(cells)}</tr>'


def _report(site: Site, runs: Path) -> Callable[[Request], Response]:
    def report(request: Request) -> Response:
        if not site.signed_in(request):
            return RedirectResponse("/", 303)
        asked = request.query_params.get("run", "")
        # Looked up among the reports that there are: a name can't lead anywhere else.
        for path in runs.glob("*/report.html"):
            if path.parent.name == asked:
                return FileResponse(path, media_type="text/html", headers={"cache-control": "no-store"})
        body = f'<p class="rl-wrong" role="alert">No report of a run {text(asked)} in {text(str(runs))}.</p>'
        return HTMLResponse(framed("Evaluation", body), 404)

    return report
