"""What a reader thinks of an answer, told in a real Chromium and found again as a draft case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag_assistant.evaluate.cases import Case, read_cases
from rag_assistant.index.build import ingest
from rag_assistant.index.embed import load_encoder
from rag_assistant.settings import DEFAULT_MODEL, load_settings
from rag_assistant.web.feedback import drafts_path
from tests.e2e.visiting import Site, Visit, ask, served
from tests.papers import make_papers

pytestmark = pytest.mark.browser

SHIPS = "How many vessels does HarborNet find in dense fog?"
SPEED = "And how fast does it run?"


@pytest.fixture
def index_dir(tmp_path: Path) -> Path:
    settings = load_settings(index_dir=tmp_path / "index")
    ingest(settings.index_dir, settings, lambda: load_encoder(DEFAULT_MODEL), make_papers(), {})
    return settings.index_dir


@pytest.fixture
def judged(index_dir: Path, tmp_path: Path) -> Iterator[Site]:
    with served(str(index_dir), tmp_path) as running:
        yield running


def drafts(index_dir: Path) -> tuple[Case, ...]:
    path = drafts_path(index_dir)
    return read_cases([path]).cases if path.exists() else ()


def test_opinions_become_draft_cases_once(judged: Site, visit: Visit, index_dir: Path) -> None:
    page = visit(judged.url)
    ask(page, SHIPS)
    ask(page, SPEED)
    first = page.locator("#ra-history .ra-turn")
    first.get_by_role("button", name="A good answer", exact=True).click()
    word = page.get_by_label("A word to it, if you like")
    word.fill("the figure <b>itself</b>")
    word.press("Enter")
    first.locator(".ra-told", has_text="index-drafts.jsonl").wait_for()
    thumb = first.get_by_role("button", name="A good answer", exact=True)
    assert thumb.get_attribute("aria-pressed") == "true"

    live = page.locator("#ra-live .ra-turn")
    live.get_by_role("button", name="Not a good answer").click()
    page.get_by_role("button", name="Cancel").click()
    assert len(drafts(index_dir)) == 1
    live.get_by_role("button", name="Not a good answer").click()
    page.get_by_role("button", name="Keep").click()
    live.locator(".ra-told").wait_for()

    good, bad = drafts(index_dir)
    assert good.draft
    assert bad.draft
    assert good.question == SHIPS
    assert good.note == "liked in use: the figure <b>itself</b>"
    assert make_papers()[0].title in good.gold_titles
    assert any("91.4%" in quote for quote in good.evidence)
    assert "HarborNet" in bad.question  # the question that the follow-up became
    assert (bad.gold_titles, bad.note) == ((), "disliked in use")

    other = visit(judged.url)
    ask(other, SHIPS)
    assert other.locator(".ra-told").count() == 0
    other.get_by_role("button", name="Not a good answer").click()
    other.get_by_role("button", name="Keep").click()
    other.locator(".ra-told", has_text="already").wait_for()
    assert len(drafts(index_dir)) == 2


def test_a_file_that_cannot_be_written_is_said(judged: Site, visit: Visit, index_dir: Path) -> None:
    drafts_path(index_dir).mkdir()
    page = visit(judged.url)
    ask(page, SHIPS)
    page.get_by_role("button", name="A good answer", exact=True).click()
    page.get_by_role("button", name="Keep").click()
    page.locator(".ra-told", has_text="Not kept").wait_for()
    assert page.locator('.ra-thumb[aria-pressed="true"]').count() == 0
