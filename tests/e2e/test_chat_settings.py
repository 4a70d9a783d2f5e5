"""The settings of the chat page in a real Chromium: what they do to an answer, and that the browser keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rag_assistant.index.build import ingest
from rag_assistant.index.embed import load_encoder
from rag_assistant.records import Paper
from rag_assistant.settings import DEFAULT_MODEL, load_settings
from tests.e2e.visiting import Site, Visit, ask, served
from tests.papers import make_papers

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SHIPS = "How many vessels does HarborNet find in dense fog?"


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The small papers, from 2019 (p1) to 2024 (p6)."""
    folder = tmp_path_factory.mktemp("dated")
    settings = load_settings(index_dir=folder / "index")
    papers = [
        Paper(paper.id, paper.title, paper.abstract, year=2019 + place, source=paper.source)
        for place, paper in enumerate(make_papers())
    ]
    ingest(settings.index_dir, settings, lambda: load_encoder(DEFAULT_MODEL), papers, {})
    with served(str(settings.index_dir), Path(folder)) as running:
        yield running


def opened(page: Page) -> None:
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Which papers").wait_for()


def test_a_filter_says_what_it_leaves_and_what_is_wrong_with_it_and_is_applied(visit: Visit, dated: Site) -> None:
    page = visit(dated.url)
    opened(page)
    line = page.get_by_label("Which papers")
    line.fill("year>=2020 source=harbour.txt")
    page.get_by_text("5 of 6 papers", exact=True).wait_for()
    ask(page, SHIPS)
    assert "HarborNet" not in page.locator("#ra-panel-body").inner_text()
    assert page.locator("#ra-panel .ra-card").count() == 5

    line.fill("yaer>=2020")
    wrong = page.locator("#ra-filtered .ra-wrong")
    wrong.wait_for()
    assert "no field 'yaer'" in wrong.inner_text()
    ask(page, SHIPS)
    assert "No field 'yaer'" in page.locator("#ra-live .ra-failure").inner_text()

    line.fill("")
    wrong.wait_for(state="detached")
    page.locator("#ra-live").get_by_role("button", name="Retry").click()
    page.locator("#ra-live .ra-cite").first.wait_for()
    assert "91.4%" in page.locator("#ra-live .ra-answer").inner_text()


def test_as_many_papers_are_read_as_are_asked_for(visit: Visit, dated: Site) -> None:
    page = visit(dated.url)
    page.wait_for_selector(".ra-nollm")  # what the browser kept is in its fields
    opened(page)
    number = page.locator("#ra-k input[type=number]")
    number.fill("2")
    number.press("Tab")
    ask(page, SHIPS)
    assert "2 papers read" in page.locator("#ra-live .ra-made").inner_text()


def test_the_browser_keeps_the_settings_and_another_browser_does_not_have_them(visit: Visit, dated: Site) -> None:
    page = visit(dated.url)
    opened(page)
    page.locator("#ra-mode").get_by_label("Papers’ own words").check()
    page.get_by_label("Which papers").fill("year=2020..2021")
    page.get_by_text("2 of 6 papers", exact=True).wait_for()
    page.wait_for_function("localStorage.getItem('ra-settings') !== null")
    page.wait_for_timeout(500)
    page.reload()
    opened(page)
    page.get_by_text("2 of 6 papers", exact=True).wait_for()
    assert page.get_by_label("Which papers").input_value() == "year=2020..2021"
    assert page.get_by_label("Papers’ own words").is_checked()
    assert page.locator(".ra-nollm").count() == 0

    other = visit(dated.url)
    opened(other)
    assert other.get_by_label("Which papers").input_value() == ""
    assert other.get_by_label("Auto").is_checked()


def test_that_no_llm_answers_is_said_with_what_mends_it(visit: Visit) -> None:
    page = visit()
    said = page.locator(".ra-nollm")
    said.wait_for()
    assert "ollama serve" in said.inner_text()
    assert "Until then answers are the papers’ own words." in said.inner_text()
    page.locator("#ra-mode").get_by_label("Language model").check()
    page.get_by_text("Until then nothing is written.").wait_for()
    page.locator("#ra-mode").get_by_label("Papers’ own words").check()
    said.wait_for(state="detached")
