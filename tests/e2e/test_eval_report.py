"""A report in a real browser: opened from the disk, on a phone, in the dark, on paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rag_assistant.assistant import Assistant
from rag_assistant.evaluate.cases import parse_case
from rag_assistant.evaluate.harness import Plan, carry_out
from rag_assistant.evaluate.judges import VerifierJudge
from rag_assistant.evaluate.report import write_report
from tests.papers import make_papers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

TITLES = [paper.title for paper in make_papers()]
LONG = "Supercalifragilisticexpialidocious" * 6
LINES = [
    {"id": "n1", "type": "numeric", "question": "How many vessels does HarborNet find in dense fog?",
     "gold_titles": [TITLES[0]], "facts": [["91.4%"]]},
    {"id": "c1", "type": "compare", "question": "Compare HarborNet with TideGPT", "gold_titles": TITLES[:2]},
    {"id": "u1", "type": "unanswerable", "question": f"What is WhaleNet? {LONG}", "note": "nobody has it"},
]  # fmt: skip


@pytest.fixture(scope="module")
def report(small_index: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    cases = tuple(parse_case(line) for line in LINES)
    before, _ = carry_out(
        Assistant.open(small_index), Plan(cases, "extractive", VerifierJudge(), folder=folder / "before")
    )
    worse = Assistant.open(small_index, retrieve={"k": 1})
    after, _ = carry_out(worse, Plan(cases, "extractive", VerifierJudge(), folder=folder / "after"))
    return write_report(after, before)


def opened(browser: Browser, report: Path, width: int, scheme: str) -> tuple[Page, list[str]]:
    page = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()  # type: ignore[arg-type]
    went_wrong: list[str] = []
    page.on("console", lambda said: went_wrong.append(said.text))
    page.on("requestfailed", lambda request: went_wrong.append(request.url))
    page.on("request", lambda request: went_wrong.append(request.url) if request.url != report.as_uri() else None)
    page.goto(report.as_uri())
    return page, went_wrong


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (360, "light")])
def test_it_fits_loads_nothing_and_can_be_read(browser: Browser, report: Path, width: int, scheme: str) -> None:
    page, went_wrong = opened(browser, report, width, scheme)
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Text against its ground: at least 4.5 to 1 (WCAG 2.2, contrast minimum).
    assert (
        page.evaluate(
            """() => {
            const light = colour => {
                const [r, g, b] = colour.match(/[\\d.]+/g).map(part => part / 255)
                    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
                return 0.2126 * r + 0.7152 * g + 0.0722 * b
            }
            const ground = light(getComputedStyle(document.body).backgroundColor)
            return Math.min(...[...document.querySelectorAll('p, td, th, dd, dt, summary span')].map(one => {
                const ink = light(getComputedStyle(one).color)
                return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05)
            }))
        }"""
        )
        >= 4.5
    )
    assert went_wrong == []


def test_a_lost_question_opens_on_both_answers_with_the_quoted_words_marked(browser: Browser, report: Path) -> None:
    page, _ = opened(browser, report, 1200, "light")
    lost = page.locator("details", has_text="Compare HarborNet with TideGPT").first
    lost.locator("summary").first.click()
    assert lost.locator(".side").count() == 2
    marks = lost.locator("mark")
    assert marks.first.is_visible()
    quoted = marks.first.inner_text()
    assert any(quoted in paper.abstract for paper in make_papers())


def test_it_prints(browser: Browser, report: Path) -> None:
    page, _ = opened(browser, report, 1200, "dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf()[:5] == b"%PDF-"
