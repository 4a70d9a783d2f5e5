"""The chat page in a real Chromium, over small papers and with no LLM: asking, citations, sources, moving about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e.visiting import Site, Visit, ask
from tests.papers import TEXTS

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

SHIPS = "How many vessels does HarborNet find in dense fog?"
OFF_TOPIC = "Which chess opening did the world champion play?"


def cite_of(page: Page, words: str) -> Locator:
    """The first citation of the sentence that has these words."""
    return page.locator(".ra-sentence", has_text=words).locator(".ra-cite").first


def words_of(mark: Locator) -> str:
    return "".join(mark.all_inner_texts())


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('[id]')?.id + ' ' + document.activeElement.tagName"))


def test_the_empty_page_says_what_is_there_and_waits_for_a_question(visit: Visit) -> None:
    page = visit()
    assert focused(page) == "ra-question TEXTAREA"
    assert "6 papers" in page.locator(".ra-welcome").inner_text()
    examples = page.locator(".ra-example").all_inner_texts()
    assert len(examples) == len(set(examples)) == 4
    assert any("HarborNet" in example or "TideGPT" in example for example in examples)
    assert not page.locator("#ra-splash").is_visible()


def test_the_first_paint_is_there_within_two_seconds(visit: Visit) -> None:
    page = visit()
    (paint,) = page.evaluate("performance.getEntriesByName('first-contentful-paint').map((one) => one.startTime)")
    assert paint < 2_000
    moved = """() => new Promise((done) => new PerformanceObserver((list) => done(
        list.getEntries().reduce((sum, one) => sum + one.value, 0)
    )).observe({type: 'layout-shift', buffered: true})) """
    late = "() => new Promise((done) => setTimeout(() => done(0), 500))"
    assert page.evaluate(f"() => Promise.race([({moved})(), ({late})()])") < 0.1


def test_an_example_is_asked_by_a_click(visit: Visit) -> None:
    page = visit()
    example = page.locator(".ra-example").first
    question = example.inner_text()
    example.click()
    page.locator("#ra-live .ra-done").wait_for()
    assert page.locator("#ra-live .ra-question").inner_text() == question
    assert not page.locator(".ra-welcome").is_visible()


def test_a_citation_shows_its_quote_and_opens_the_abstract_at_it(visit: Visit) -> None:
    page = visit()
    ask(page, SHIPS)
    answer = page.locator("#ra-live .ra-answer")
    assert "[1]" in (answer.text_content() or "")
    cite = cite_of(page, "91.4%")
    hint = page.locator("#ra-tip")
    assert not hint.is_visible()
    cite.hover()
    hint.wait_for(state="visible")
    quoted = page.locator("#ra-tip .ra-tip-words").inner_text().strip("“”")
    abstract = next(text for text in TEXTS.values() if quoted in text)
    assert "91.4%" in quoted

    cite.click()
    card = page.locator("#ra-panel .ra-card.is-active")
    card.wait_for()
    assert words_of(card.locator("mark.is-active")) == quoted
    assert card.locator(".ra-abstract p").inner_text() == abstract
    assert card.locator("mark.is-active").first.is_visible()
    assert not hint.is_visible()
    assert page.locator("#ra-panel").get_by_text(re.compile(r"^Found, not cited · \d$")).is_visible()
    assert "rank 2" in page.locator("#ra-panel").inner_text()


def test_citations_can_be_used_from_the_keyboard(visit: Visit) -> None:
    page = visit()
    ask(page, SHIPS)
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('.ra-cite')"):
            break
    page.locator("#ra-tip").wait_for(state="visible")
    assert page.evaluate("document.activeElement.getAttribute('aria-describedby')") == "ra-tip"
    page.keyboard.press("Enter")
    page.locator("#ra-panel .ra-card.is-active mark").first.wait_for()
    page.keyboard.press("Escape")
    page.locator("#ra-panel").wait_for(state="hidden")
    page.keyboard.press("/")
    assert focused(page) == "ra-question TEXTAREA"


def test_enter_sends_and_shift_enter_breaks_the_line(visit: Visit) -> None:
    page = visit()
    box = page.get_by_label("Question", exact=True)
    box.press_sequentially("How fast does")
    box.press("Shift+Enter")
    box.press_sequentially("HarborNet run?")
    assert box.input_value() == "How fast does\nHarborNet run?"
    assert page.locator(".ra-turn").count() == 0
    box.press("Enter")
    page.locator("#ra-live .ra-done").wait_for()
    assert box.input_value() == ""
    assert focused(page) == "ra-question TEXTAREA"
    assert "30 frames per second" in page.locator("#ra-live .ra-answer").inner_text()


def test_a_blank_question_is_not_asked(visit: Visit) -> None:
    page = visit()
    box = page.get_by_label("Question", exact=True)
    box.fill("   ")
    box.press("Enter")
    page.wait_for_timeout(500)
    assert page.locator(".ra-turn").count() == 0
    ask(page, SHIPS)


def test_an_abstention_offers_the_nearest_papers(visit: Visit) -> None:
    page = visit()
    ask(page, OFF_TOPIC)
    said = page.locator("#ra-live .ra-abstained")
    assert "The indexed papers do not answer this." in said.inner_text()
    assert page.locator("#ra-live .ra-answer").count() == 0
    nearest = said.locator("a").nth(1)
    title = nearest.inner_text()
    nearest.click()
    card = page.locator("#ra-panel .ra-card.is-active")
    assert card.locator(".ra-title").inner_text() == title
    assert card.locator(".ra-abstract p").inner_text() == TEXTS[title]


def test_a_follow_up_shows_the_question_it_became_and_earlier_answers_keep_their_sources(visit: Visit) -> None:
    page = visit()
    ask(page, "How many vessels does HarborNet find in dense fog?")
    ask(page, "And how fast does it run?")
    understood = page.locator("#ra-live .ra-understood")
    assert "HarborNet" in understood.inner_text()
    assert "30 frames per second" in page.locator("#ra-live .ra-answer").inner_text()
    assert page.locator("#ra-history .ra-turn").count() == 1
    assert "And how fast" in page.locator("#ra-panel-for").inner_text()
    cite_of(page, "91.4%").click()
    assert "91.4%" in words_of(page.locator("#ra-panel mark.is-active"))
    assert "How many vessels" in page.locator("#ra-panel-for").inner_text()


def test_retry_edit_and_new_chat(visit: Visit) -> None:
    page = visit()
    ask(page, SHIPS)
    ask(page, OFF_TOPIC)
    live = page.locator("#ra-live")
    live.get_by_role("button", name="Retry").click()
    live.locator(".ra-abstained").wait_for()
    assert page.locator(".ra-turn").count() == 2

    live.get_by_role("button", name="Edit").click()
    page.wait_for_function("document.querySelector('#ra-question textarea').value !== ''")
    box = page.get_by_label("Question", exact=True)
    assert box.input_value() == OFF_TOPIC
    assert page.locator(".ra-turn").count() == 1
    ask(page, "How fast does TideGPT train?")
    assert page.locator(".ra-turn").count() == 2

    page.get_by_role("button", name="New chat").first.click()
    page.locator(".ra-welcome").wait_for(state="visible")
    assert page.locator(".ra-turn").count() == 0
    assert not page.locator("#ra-panel").is_visible()
    ask(page, "And how fast does it run?")
    assert page.locator("#ra-live .ra-understood").count() == 0


def test_copying(visit: Visit) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    ask(page, SHIPS)
    read = "navigator.clipboard.readText()"
    page.locator("#ra-panel").get_by_role("button", name="Copy BibTeX").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate(read).startswith("@misc{p1,\n  title = {{HarborNet")
    page.locator("#ra-live").get_by_role("button", name="Copy", exact=True).click()
    page.locator("#ra-live").get_by_role("button", name="Copied").wait_for()
    assert "91.4% of vessels in dense fog" in page.evaluate(read)
    assert SHIPS in page.evaluate(read)


def test_light_and_dark(visit: Visit) -> None:
    page = visit(color_scheme="dark")
    page.wait_for_selector(".ra-nollm")
    page.wait_for_timeout(500)  # nothing is under way any more that a reload would break off
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(21, 22, 24)"
    page.get_by_role("button", name="Switch between light and dark").click()
    assert page.evaluate(ground) == "rgb(250, 249, 246)"
    page.reload()
    page.wait_for_selector(".ra-welcome")
    assert page.evaluate(ground) == "rgb(250, 249, 246)"


def test_a_phone_shows_the_sources_in_a_sheet(visit: Visit) -> None:
    page = visit(viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True)
    ask(page, SHIPS)
    panel = page.locator("#ra-panel")
    assert not panel.is_visible()
    page.locator("#ra-live .ra-cite").first.tap()
    page.locator("#ra-panel .ra-card.is-active mark").first.wait_for()
    sheet = panel.bounding_box()
    assert sheet is not None
    assert (sheet["x"], sheet["width"]) == (0, 360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Close the sources").tap()
    panel.wait_for(state="hidden")


def test_visitors_do_not_see_each_other(visit: Visit) -> None:
    one, other = visit(), visit()
    ask(one, SHIPS)
    ask(other, "And how fast does it run?")
    assert other.locator(".ra-turn").count() == 1
    assert other.locator("#ra-live .ra-understood").count() == 0
    assert SHIPS not in str(other.evaluate("document.body.textContent"))


def test_nothing_was_reached_beyond_this_machine(visit: Visit, site: Site) -> None:
    page = visit()
    ask(page, SHIPS)
    assert site.strangers() == []
