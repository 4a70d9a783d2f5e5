"""Conversations kept in the browser, in a real Chromium: come back to, listed, renamed, deleted, exported, let go."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.visiting import Visit, ask
from tests.papers import TEXTS

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SHIPS = "How many vessels does HarborNet find in dense fog?"
SPEED = "And how fast does it run?"
TIDES = "How far ahead does TideGPT predict currents?"
STORED = """async () => {
    const database = await new Promise((done) => {
        const request = indexedDB.open('ra-conversations', 1);
        request.onsuccess = () => done(request.result);
    });
    const all = (name) => new Promise((done) => {
        const request = database.transaction(name).objectStore(name).getAll();
        request.onsuccess = () => done(request.result);
    });
    const [heads, turns] = [await all('heads'), await all('turns')];
    database.close();
    return {heads, turns};
}"""


def stored(page: Page, questions: int) -> dict[str, Any]:
    """What the browser keeps, once it is so many questions in all."""
    held: dict[str, Any] = {}
    for _ in range(50):
        page.evaluate("window.raConversations.wanted()")  # comes after what is being kept
        held = page.evaluate(STORED)
        if sum(head["count"] for head in held["heads"]) == questions:
            return held
        page.wait_for_timeout(100)
    raise AssertionError(f"the browser keeps {[(head['title'], head['count']) for head in held['heads']]}")


def drawer(page: Page) -> Any:
    page.get_by_role("button", name="Conversations", exact=True).click()
    return page.locator("#ra-drawer[open]")


def choose(page: Page, title: str, what: str) -> None:
    row = page.locator(".ra-thread", has_text=title)
    row.hover()
    row.locator("summary").click()
    row.get_by_role("button", name=what, exact=True).click()


def titles(page: Page) -> list[str]:
    return page.locator(".ra-thread-title").all_inner_texts()


def new_chat(page: Page) -> None:
    page.get_by_role("button", name="New chat").first.click()
    page.locator(".ra-welcome").wait_for(state="visible")


def test_after_a_reload_the_conversation_goes_on(visit: Visit) -> None:
    page = visit()
    ask(page, SHIPS)
    page.locator("#ra-live .ra-cite").first.wait_for()
    before = page.locator("#ra-live .ra-answer").inner_text()
    kept = stored(page, 1)
    page.reload()
    page.locator("#ra-live .ra-done").wait_for()
    assert page.locator("#ra-live .ra-answer").inner_text() == before
    assert stored(page, 1) == kept  # opened, not changed
    page.locator(".ra-sentence", has_text="91.4%").locator(".ra-cite").first.click()
    marked = "".join(page.locator("#ra-panel mark.is-active").all_inner_texts())
    assert "91.4%" in marked
    assert any(marked in text for text in TEXTS.values())
    assert page.locator("#ra-panel .ra-found .ra-term").count() > 0

    ask(page, SPEED)
    assert "HarborNet" in page.locator("#ra-live .ra-understood").inner_text()
    assert "30 frames per second" in page.locator("#ra-live .ra-answer").inner_text()
    assert len(stored(page, 2)["heads"]) == 1
    page.reload()
    page.locator("#ra-live .ra-done").wait_for()
    assert page.locator(".ra-turn").count() == 2
    page.locator("#ra-live").get_by_role("button", name="Edit").click()
    page.locator(".ra-turn").nth(1).wait_for(state="detached")
    stored(page, 1)


def test_conversations_are_listed_opened_and_renamed(visit: Visit) -> None:
    page = visit()
    ask(page, SHIPS)
    new_chat(page)
    ask(page, TIDES)
    stored(page, 2)
    shown = drawer(page)
    assert titles(page) == [TIDES, SHIPS]
    assert "1 question ·" in shown.locator(".ra-thread-about").first.inner_text()
    assert shown.locator("[aria-current]").inner_text().startswith(TIDES)

    choose(page, SHIPS, "Rename")
    field = shown.get_by_label("Name", exact=True)
    field.fill("<b>Ships</b> in fog")
    field.press("Enter")
    shown.get_by_text("<b>Ships</b> in fog", exact=True).click()
    page.locator("#ra-live .ra-question", has_text=SHIPS).wait_for()
    assert not shown.is_visible()
    ask(page, SPEED)
    assert "HarborNet" in page.locator("#ra-live .ra-understood").inner_text()
    stored(page, 3)
    shown = drawer(page)
    assert titles(page) == ["<b>Ships</b> in fog", TIDES]
    choose(page, TIDES, "Rename")
    shown.get_by_label("Name", exact=True).fill("no")
    page.keyboard.press("Escape")
    shown.locator(".ra-thread-title", has_text=TIDES).wait_for()
    assert shown.is_visible()
    page.keyboard.press("Escape")
    assert not shown.is_visible()


def test_deleting_can_be_undone_and_ends_the_conversation(visit: Visit) -> None:
    page = visit()
    ask(page, SHIPS)
    new_chat(page)
    ask(page, TIDES)
    held = stored(page, 2)
    shown = drawer(page)
    choose(page, TIDES, "Delete")
    shown.get_by_text(f"Deleted “{TIDES}”.").wait_for()
    assert titles(page) == [SHIPS]
    page.locator("#ra-live .ra-turn").wait_for(state="detached")
    stored(page, 1)
    shown.get_by_role("button", name="Undo").click()
    shown.locator(".ra-thread").nth(1).wait_for()
    assert stored(page, 2) == held
    choose(page, TIDES, "Delete")
    choose(page, SHIPS, "Delete")
    shown.get_by_text("Nothing yet.").wait_for()
    page.keyboard.press("Escape")
    page.reload()
    page.locator(".ra-example").first.wait_for()
    assert stored(page, 0) == {"heads": [], "turns": []}


def test_a_conversation_is_exported(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    ask(page, SHIPS)
    ask(page, SPEED)
    stored(page, 2)
    drawer(page)
    got = {}
    for what, ending in (("Export as Markdown", ".md"), ("Export as JSON", ".json")):
        with page.expect_download() as coming:
            choose(page, SHIPS, what)
        assert coming.value.suggested_filename == f"How-many-vessels-does-HarborNet-find-in-dense-fog{ending}"
        coming.value.save_as(tmp_path / ending)
        got[ending] = (tmp_path / ending).read_text(encoding="utf-8")
    assert got[".md"].startswith(f"# {SHIPS}\n\n**{SHIPS}**")
    assert got[".md"].count("Sources") == 2
    assert "> HarborNet finds 91.4% of vessels in dense fog" in got[".md"]
    assert "30 frames per second" in got[".md"]
    answers = json.loads(got[".json"])["answers"]
    assert [answer["question"] for answer in answers] == [SHIPS, SPEED]
    for answer in answers:
        for citation in answer["citations"]:
            for quote in citation["quotes"]:
                assert citation["paper"]["abstract"][quote["start"] : quote["end"]] == quote["text"]


def test_the_oldest_are_dropped_past_the_limit_and_it_is_said(visit: Visit) -> None:
    page = visit()
    ask(page, SHIPS)
    ask(page, SPEED)
    held = stored(page, 2)
    first, second = held["turns"][0]["turns"]
    page.evaluate("bytes => { document.getElementById('ra-drawer').dataset.mostOne = bytes }", held["heads"][0]["size"])
    ask(page, TIDES)
    page.wait_for_function("document.getElementById('ra-drawer-note').textContent !== ''")
    numbers = [turn["number"] for turn in page.evaluate(STORED)["turns"][0]["turns"]]
    assert numbers == list(range(4 - len(numbers), 4)) != [1, 2, 3]
    assert second["number"] == first["number"] + 1
    assert "kept no longer" in (page.locator("#ra-drawer-note").text_content() or "")
    page.reload()
    page.locator("#ra-live .ra-question", has_text=TIDES).wait_for()
    # The turns before the last are drawn after it.
    page.wait_for_function("count => document.querySelectorAll('.ra-turn').length === count", arg=len(numbers))
    ask(page, "And how long did its training take?")
    assert "TideGPT" in page.locator("#ra-live .ra-understood").inner_text()

    new_chat(page)
    page.evaluate("() => { document.getElementById('ra-drawer').dataset.most = 1000 }")
    ask(page, SHIPS)
    stored(page, 1)
    shown = drawer(page)
    assert "The oldest conversation was dropped" in shown.locator("#ra-drawer-note").inner_text()
    assert titles(page) == [SHIPS]


def test_what_a_browser_sends_back_is_not_believed(visit: Visit) -> None:
    page = visit()
    ask(page, SHIPS)
    stored(page, 1)
    page.evaluate("""async () => {
        const database = await new Promise((done) => {
            const request = indexedDB.open('ra-conversations', 1);
            request.onsuccess = () => done(request.result);
        });
        const turns = database.transaction('turns', 'readwrite').objectStore('turns');
        turns.getAll().onsuccess = (event) => {
            const [body] = event.target.result;
            body.turns[0].answer.citations[0].quotes[0].text = 'HarborNet finds every vessel.';
            turns.put(body);
        };
        await new Promise((done) => { turns.transaction.oncomplete = done; });
        database.close();
    }""")
    page.reload()
    refused = page.locator("#ra-history .ra-failure")
    refused.wait_for()
    assert "is not in its abstract" in refused.inner_text()
    assert page.locator(".ra-turn").count() == 0
    ask(page, TIDES)
    assert "48 hours" in page.locator("#ra-live .ra-answer").inner_text()


def test_another_visitor_sees_none_of_it(visit: Visit) -> None:
    one, other = visit(), visit()
    ask(one, SHIPS)
    stored(one, 1)
    other.reload()
    other.locator(".ra-example").first.wait_for()
    drawer(other)
    other.get_by_text("Nothing yet.").wait_for()
    assert stored(other, 0) == {"heads": [], "turns": []}
    other.keyboard.press("Escape")
    ask(other, SPEED)
    assert other.locator("#ra-live .ra-understood").count() == 0
    second_tab = one.context.new_page()
    second_tab.goto(one.url)
    second_tab.locator(".ra-example").first.wait_for()
    assert second_tab.locator(".ra-turn").count() == 0
    drawer(second_tab)
    second_tab.locator(".ra-thread-title", has_text=SHIPS).wait_for()
