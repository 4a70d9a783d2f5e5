"""Forty hostile papers and forty hostile answers of a model, asked for through the page: nothing of theirs acts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from rag_assistant.index.build import ingest
from rag_assistant.index.embed import load_encoder
from rag_assistant.settings import DEFAULT_MODEL, load_settings
from tests.e2e.hostile import ATTACKS, hostile_papers
from tests.e2e.visiting import Site, Visit, ask, served
from tests.protocol_client import ProtocolServer, start_server

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

MODEL = "small:1b"
PER_CHAT = 10  # questions of one conversation, before the next begins
# What of somebody's text became more than text: elements that the page's own markup has none of, links that lead away,
# handlers, unseen signs, and whether the page's own parts are still on top where they stand.
ACTED = r"""() => {
    const inside = [...document.querySelectorAll('#ra-main, #ra-panel, #ra-tip, #ra-drawer, .rl-main')];
    const all = inside.flatMap((place) => [...place.querySelectorAll('*')]);
    const own = 'form.rl-form, .rl-form *, .rl-add, .rl-add *, .rl-remove, .rl-remove *';
    const wrong = 'script,img,iframe,object,embed,form,input,textarea,style,base,meta,link,video,audio,dialog,image';
    const ours = /^#|^papers|^https:\/\/doi\.org\/10\.1000\//;
    const found = all.filter((one) => one.matches(wrong) && !one.matches(own)).map((one) => one.outerHTML);
    for (const one of all) {
        for (const {name, value} of one.attributes) {
            if (name.startsWith('on')) found.push(`${name}=${value}`);
            if (name === 'href' && !ours.test(value)) found.push(`${name}=${value}`);
        }
    }
    if (window.hit !== undefined) found.push(`ran ${window.hit}`);
    const words = inside.map((place) => place.textContent).join('');
    const unseen = words.match(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g);
    if (unseen) found.push(`unseen ${unseen.map((one) => one.codePointAt(0).toString(16))}`);
    for (const own of ['#ra-box', '.ra-header', '#ra-live .ra-question', '#ra-live .ra-footer']) {
        const part = document.querySelector(own);
        if (!part) continue;
        const {x, y, width, height} = part.getBoundingClientRect();
        const top = document.elementFromPoint(x + width / 2, y + height / 2);
        if (!top || part.contains(top) || top.closest('#ra-composer, .ra-header, #ra-panel, #ra-drawer')) continue;
        found.push(`${own} lies under ${top.outerHTML.slice(0, 200)}`);
    }
    return found;
}"""


@pytest.fixture(scope="module")
def llm() -> Iterator[ProtocolServer]:
    process, url = start_server("--models", f"{MODEL}=good")
    yield ProtocolServer(url)
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, llm: ProtocolServer) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("hostile")
    settings = load_settings(index_dir=folder / "index")
    ingest(settings.index_dir, settings, lambda: load_encoder(DEFAULT_MODEL), hostile_papers(), {})
    with served(str(settings.index_dir), folder, OLLAMA_HOST=llm.url) as running:
        yield running


def question(number: int) -> str:
    return f"How far does Anchor{number} drag in gusts of wind?"


def open_everything(page: Page) -> None:
    """Opens and hovers what papers and models may have put something into."""
    cite = page.locator("#ra-live .ra-cite")
    if cite.count():
        cite.first.hover()
        assert page.locator("#ra-tip").is_visible()
        cite.first.click()
    page.locator("#ra-panel details, #ra-live details").evaluate_all(
        "all => all.forEach((one) => { one.open = true; })"
    )
    page.locator("#ra-panel .ra-why").first.hover()
    page.mouse.move(5, 400)


def turn_over(page: Page, number: int) -> None:
    if number % PER_CHAT == 0:
        page.get_by_role("button", name="New chat").first.click()
        page.locator(".ra-welcome").wait_for(state="visible")


def test_hostile_papers_and_questions_do_nothing(visit: Visit, hostile: Site) -> None:
    page = visit(hostile.url, reduced_motion="reduce")
    page.locator("#ra-mode").get_by_label("Papers’ own words").check()
    cited = 0
    for number, attack in enumerate(ATTACKS, 1):
        ask(page, question(number))
        open_everything(page)
        assert page.evaluate(ACTED) == [], attack
        cited += page.locator("#ra-live .ra-cite").count() > 0
        turn_over(page, number)
    assert len(set(ATTACKS)) == 40
    assert cited >= len(ATTACKS) - 2
    for attack in ATTACKS[:34:6]:
        ask(page, attack)
        assert page.evaluate(ACTED) == [], attack
    page.get_by_role("button", name="Conversations", exact=True).click()
    page.locator(".ra-thread").first.wait_for()
    assert page.evaluate(ACTED) == []
    assert page.locator(".ra-thread").count() >= len(ATTACKS) // PER_CHAT
    page.keyboard.press("Escape")
    page.reload()
    page.locator("#ra-live .ra-turn").wait_for()
    assert page.evaluate(ACTED) == []
    assert hostile.strangers() == []


def test_hostile_answers_of_a_model_do_nothing(visit: Visit, hostile: Site, llm: ProtocolServer) -> None:
    page = visit(hostile.url, reduced_motion="reduce")
    page.locator("#ra-mode").get_by_label("Language model").check()
    shown = 0
    for number, attack in enumerate(ATTACKS, 1):
        said = f"It drags {number} m [1]. Anchor{number} is dragged {attack} far [1]."
        thought = f"<think>{attack}</think>" if number % 3 == 0 else ""
        pieces = [thought + said[:25], said[25:]]
        lines = [{"model": MODEL, "message": {"role": "assistant", "content": one}, "done": False} for one in pieces]
        end = {"model": MODEL, "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
        body = "".join(
            json.dumps(line) + "\n" for line in [*lines, {**end, "prompt_eval_count": 500, "eval_count": 40}]
        )
        llm.control(replies={"/api/chat": {"status": 200, "body": body}})
        ask(page, question(number))
        open_everything(page)
        assert page.evaluate(ACTED) == [], attack
        shown += "is dragged" in page.locator("#ra-live .ra-answer").inner_text()
        turn_over(page, number)
    llm.control(reset=True)
    assert shown >= len(ATTACKS) // 2, shown
    assert hostile.strangers() == []


def test_hostile_papers_do_nothing_on_their_own_page(visit: Visit, hostile: Site) -> None:
    page = visit(hostile.url, path="/papers", ready=".rl-list")
    assert page.locator(".rl-list li").count() == len(ATTACKS)
    assert page.evaluate(ACTED) == []
    for number, attack in enumerate(ATTACKS, 1):
        page.goto(f"{hostile.url}/papers/paper?id=h{number}")
        assert page.evaluate(ACTED) == [], attack
    page.goto(
        f"{hostile.url}/papers?q=%3Cimg+src%3Dx+onerror%3Dwindow.hit%3D1%3E&filter=%22%3E%3Cscript%3Ewindow.hit%3D1"
    )
    assert page.evaluate(ACTED) == []
    assert hostile.strangers() == []
