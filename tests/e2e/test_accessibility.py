"""Every page in every state, light and dark, under axe-core; and a whole visit by keys alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.e2e.visiting import Site, Visit, ask, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SHIPS = "How many vessels does HarborNet find in dense fog?"
OFF_TOPIC = "Which chess opening did the world champion play?"
JUNK = "@article{empty, title = {A Paper without an Abstract}}"
# What has the focus, and whether it is seen to have it: an outline, its label's, or the frame around the question box.
FOCUSED = """() => {
    const at = document.activeElement;
    const ringed = (place) => {
        const style = getComputedStyle(place);
        return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
    };
    const ring = ringed(at) || (at.closest('label') !== null && ringed(at.closest('label')));
    const box = at.closest('#ra-box');
    const accent = getComputedStyle(document.documentElement).getPropertyValue('--ra-accent').trim();
    const probe = document.body.appendChild(Object.assign(document.createElement('i'), {style: `color:${accent}`}));
    const framed = box !== null && getComputedStyle(box).borderTopColor === getComputedStyle(probe).color;
    probe.remove();
    return {matches: at.matches('SELECTOR'), seen: ring || framed, what: at.outerHTML.slice(0, 120)};
}"""


@pytest.fixture(scope="module")
def whole(small_index: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page over papers of its own, with one evaluation run."""
    folder = tmp_path_factory.mktemp("whole")
    run = folder / "runs" / "first"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text(json.dumps({"began": "2026-01-01T10:00:00+00:00", "mode": "extractive"}))
    mean = {"mean": 0.5, "low": 0.4, "high": 0.6, "count": 20}
    (run / "summary.json").write_text(json.dumps({"cases": 20, "whole": {"right": mean}}))
    (run / "report.html").write_text("<!doctype html><title>Report</title>")
    shutil.copytree(small_index, folder / "index")
    with served(str(folder / "index"), folder, cwd=folder) as running:
        yield running
        assert running.strangers() == []  # with every page used, nothing beyond this machine was looked up or reached


def wrongs(page: Page) -> list[str]:
    """The serious and critical violations that axe-core finds, each with the elements."""
    from axe_playwright_python.sync_playwright import Axe

    page.wait_for_timeout(350)  # colours that change take a moment
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {[node['html'][:160] + ' | ' + node['failureSummary'][:200] for node in one['nodes']]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_the_check_finds_what_is_wrong(visit: Visit, whole: Site) -> None:
    page = visit(whole.url)
    page.evaluate("document.querySelector('.ra-welcome').append(document.createElement('button'))")
    assert [one.split(":")[0] for one in wrongs(page)] == ["button-name"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chat_in_every_state(visit: Visit, whole: Site, scheme: str) -> None:
    page = visit(whole.url, color_scheme=scheme)
    page.locator(".ra-nollm").wait_for()
    assert wrongs(page) == [], "empty"
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Which papers").fill("yaer=1")
    page.locator("#ra-filtered .ra-wrong").wait_for()
    assert wrongs(page) == [], "settings"
    page.get_by_label("Which papers").fill("")
    page.locator("#ra-filtered .ra-wrong").wait_for(state="detached")
    page.get_by_role("button", name="Settings").click()
    ask(page, SHIPS)
    page.locator("#ra-live .ra-cite").first.click()
    page.locator("#ra-panel .ra-card.is-active").wait_for()
    page.locator("#ra-panel details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    assert wrongs(page) == [], "the sources beside an answer"
    page.mouse.move(5, 400)
    page.locator("#ra-live .ra-cite").first.hover()
    page.locator("#ra-tip").wait_for(state="visible")
    assert wrongs(page) == [], "a quote on hovering"
    page.locator("#ra-panel-close").click()
    assert wrongs(page) == [], "an answer"
    page.get_by_role("button", name="A good answer", exact=True).click()
    assert wrongs(page) == [], "an opinion"
    page.keyboard.press("Escape")
    ask(page, OFF_TOPIC)
    assert wrongs(page) == [], "an abstention"
    page.get_by_role("button", name="Conversations", exact=True).click()
    page.locator(".ra-thread").wait_for()
    page.locator(".ra-thread").hover()
    page.locator(".ra-more summary").click()
    assert wrongs(page) == [], "conversations"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_chat_on_a_phone(visit: Visit, whole: Site, scheme: str) -> None:
    page = visit(whole.url, color_scheme=scheme, viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True)
    page.locator(".ra-nollm").wait_for()
    assert wrongs(page) == [], "empty"
    ask(page, SHIPS)
    assert wrongs(page) == [], "an answer"
    page.locator("#ra-live .ra-cite").first.tap()
    page.locator("#ra-panel .ra-card.is-active").wait_for()
    assert wrongs(page) == [], "the sources"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_beside_it(visit: Visit, whole: Site, scheme: str) -> None:
    page = visit(whole.url, path="/papers", ready="h1", color_scheme=scheme)
    assert wrongs(page) == [], "papers"
    page.get_by_text("Add papers").click()
    page.locator("textarea[name=text]").fill(JUNK)
    page.get_by_role("button", name="Add", exact=True).click()
    page.locator("#rl-report h2", has_text="Rejected").wait_for()
    assert wrongs(page) == [], "adding"
    page.goto(f"{whole.url}/papers?filter=yaer%3D1")
    assert wrongs(page) == [], "a filter that is none"
    page.goto(f"{whole.url}/papers/paper?id=p1")
    page.get_by_text("Remove …").click()
    assert wrongs(page) == [], "a paper"
    page.goto(f"{whole.url}/evaluation")
    page.locator(".rl-runs").wait_for()
    assert wrongs(page) == [], "evaluation"


def reach(page: Page, key: str, selector: str, most: int = 60) -> None:
    """Presses a key until what is wanted has the focus; all that has it on the way must be seen to have it."""
    script = FOCUSED.replace("SELECTOR", selector)
    for _ in range(most):
        page.keyboard.press(key)
        at = page.evaluate(script)
        assert at["seen"], f"the focus can't be seen on {at['what']}"
        if at["matches"]:
            return
    raise AssertionError(f"{key} does not lead to {selector}")


def test_a_whole_visit_by_keys_alone(visit: Visit, whole: Site) -> None:
    page = visit(whole.url)
    page.keyboard.type(SHIPS)  # the box has the focus from the start
    page.keyboard.press("Enter")
    page.locator("#ra-live .ra-done").wait_for()
    reach(page, "Shift+Tab", ".ra-cite")
    page.locator("#ra-tip").wait_for(state="visible")
    page.keyboard.press("Enter")
    page.locator("#ra-panel .ra-card.is-active").wait_for()
    assert page.evaluate("document.activeElement.matches('.ra-card.is-active')")
    reach(page, "Tab", "#ra-panel .ra-cited .ra-copy")
    reach(page, "Tab", "#ra-panel .ra-found summary")
    page.keyboard.press("Enter")
    assert page.locator("#ra-panel .ra-found details[open]").count() == 1
    reach(page, "Tab", "#ra-panel .ra-found .ra-why")
    page.locator("#ra-tip").wait_for(state="visible")
    page.keyboard.press("Escape")  # the hint, then the sources
    page.keyboard.press("Escape")
    page.locator("#ra-panel").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.matches('.ra-cite')")

    reach(page, "Shift+Tab", "#ra-drawer-open")
    page.keyboard.press("Enter")
    page.locator("#ra-drawer[open] .ra-thread").wait_for()
    reach(page, "Tab", ".ra-more summary")
    page.keyboard.press("Enter")
    reach(page, "Tab", "[data-does=rename]")
    page.keyboard.press("Enter")
    page.locator(".ra-rename:focus").wait_for()
    page.keyboard.type("Ships")
    page.keyboard.press("Enter")
    page.locator(".ra-thread-title", has_text="Ships").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "ra-drawer-open"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.matches('#ra-question textarea')")
    reach(page, "Tab", "#ra-mode input", 8)
    page.keyboard.press("ArrowRight")
    reach(page, "Tab", "#ra-settings > button", 8)
    page.keyboard.press("Enter")
    page.get_by_label("Which papers").wait_for()
    reach(page, "Tab", "#ra-filter :is(input, textarea)", 12)
