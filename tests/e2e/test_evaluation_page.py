"""The evaluation page in a real Chromium: the last runs with their figures, and the report of one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from rag_assistant.assistant import Assistant
from rag_assistant.evaluate.cases import parse_case
from rag_assistant.evaluate.harness import Plan, carry_out
from rag_assistant.evaluate.judges import VerifierJudge
from rag_assistant.evaluate.report import write_report
from tests.e2e.visiting import Site, Visit, served
from tests.papers import make_papers

TITLES = [paper.title for paper in make_papers()]
LINES = [
    {"id": "n1", "type": "numeric", "question": "How many vessels does HarborNet find in dense fog?",
     "gold_titles": [TITLES[0]], "facts": [["91.4%"]]},
    {"id": "u1", "type": "unanswerable", "question": "Which chess opening did the world champion play?", "note": "no"},
]  # fmt: skip


@dataclass
class Measured:
    """A page served from a folder with runs, and what one of them came to."""

    site: Site
    right: float
    folder: Path


@pytest.fixture(scope="module")
def measured(small_index: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    """Two runs: ``<b>first</b>``, and ``second`` of a later date; and a third that is damaged."""
    folder = tmp_path_factory.mktemp("measured")
    right = 0.0
    for name, began in (("<b>first<|b>", "2026-01-01T10:00:00+00:00"), ("second", "2026-02-01T10:00:00+00:00")):
        plan = Plan(
            tuple(map(parse_case, LINES)), "extractive", VerifierJudge(), folder=folder / "runs" / name, controls=False
        )
        run, summary = carry_out(Assistant.open(small_index), plan)
        right = summary.whole["right"].mean
        write_report(run)
        manifest = json.loads((run.folder / "manifest.json").read_text())
        (run.folder / "manifest.json").write_text(json.dumps({**manifest, "began": began}))
    damaged = folder / "runs" / "damaged"
    damaged.mkdir()
    (damaged / "summary.json").write_text("{")
    (folder / "secret.html").write_text("secret")
    with served(small_index, folder, cwd=folder) as running:
        yield Measured(running, right, folder)


@pytest.mark.browser
def test_the_last_runs_stand_with_their_figures_and_open_on_their_reports(visit: Visit, measured: Measured) -> None:
    page = visit(measured.site.url, path="/evaluation", ready="h1")
    rows = page.locator("tbody tr")
    assert [name.split("\n")[0] for name in rows.locator("th").all_inner_texts()] == ["second", "<b>first<|b>"]
    assert "2 questions · extractive · 2026-02-01 10:00" in rows.first.inner_text()
    assert rows.first.locator("td").first.inner_text() == f"{measured.right:.3f}"
    assert "damaged is damaged" in page.get_by_role("alert").inner_text().replace("runs/", "")

    with page.expect_popup() as opened:
        rows.nth(1).get_by_role("link").click()
    # Opened once more where the browser's complaints are heard.
    report = visit(measured.site.url, path=opened.value.url.removeprefix(measured.site.url), ready="h1")
    assert report.locator("h1").inner_text() == "<b>first<|b>"
    # Its own style is let through: nothing else gives its main part a width.
    assert report.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") != "none"
    assert measured.site.strangers() == []


def test_only_reports_are_served(measured: Measured) -> None:
    report = f"{measured.site.url}/evaluation/report"
    assert httpx.get(report, params={"run": "second"}).status_code == 200
    for name in ("", ".", "..", "../..", "damaged", "second/../second", str(measured.folder), "../secret.html"):
        answer = httpx.get(report, params={"run": name})
        assert answer.status_code == 404
        assert "secret\n" not in answer.text


def test_without_runs_it_is_said_how_to_make_one(small_index: str, tmp_path: Path) -> None:
    with served(small_index, tmp_path, cwd=tmp_path) as running:
        assert "rag-assistant eval run" in httpx.get(f"{running.url}/evaluation").text
