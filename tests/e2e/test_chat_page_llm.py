"""The chat page with an LLM behind it: what is seen while it writes, stopping it, and what the verifier makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from tests.e2e.visiting import Site, Visit, Watch, ask, served
from tests.protocol_client import ProtocolServer, start_server

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

MODEL = "small:1b"
SHIPS = "How many vessels does HarborNet find in dense fog?"


@pytest.fixture(scope="module")
def llm() -> Iterator[ProtocolServer]:
    process, url = start_server("--models", f"{MODEL}=good", "--delay", "0.01")
    yield ProtocolServer(url)
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def written(small_index: str, llm: ProtocolServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with served(small_index, tmp_path_factory.mktemp("llm"), OLLAMA_HOST=llm.url) as running:
        yield running


@pytest.fixture
def page(visit: Visit, written: Site, llm: ProtocolServer) -> Page:
    llm.control(reset=True)
    return visit(written.url)


def send(page: Page, question: str) -> None:
    box = page.get_by_label("Question", exact=True)
    box.fill(question)
    box.press("Enter")


def test_the_answer_is_seen_while_it_is_written_and_then_checked(page: Page, llm: ProtocolServer) -> None:
    llm.control(delay=0.03)
    send(page, SHIPS)
    draft = page.locator("#ra-live .ra-draft")
    draft.wait_for()
    assert page.get_by_role("button", name="Stop").is_visible()
    before = draft.inner_text()
    page.wait_for_function(
        "before => document.querySelector('#ra-live .ra-draft')?.innerText.length > before", arg=len(before)
    )
    assert page.locator("#ra-live .ra-cite").count() == 0
    page.locator("#ra-live .ra-done").wait_for()
    assert not page.get_by_role("button", name="Stop").is_visible()
    assert page.locator("#ra-live .ra-cite").count() >= 1
    assert draft.count() == 0
    assert MODEL in page.locator("#ra-live .ra-made").inner_text()


def test_nothing_jumps_while_an_answer_is_written(page: Page, llm: ProtocolServer) -> None:
    ask(page, SHIPS)
    llm.control(delay=0.03)
    page.evaluate("""() => {
        window.seen = [];
        new PerformanceObserver((list) => window.seen.push(...list.getEntries().map((one) => one.value)))
            .observe({type: 'layout-shift'});
    }""")
    send(page, "And how fast does it run?")
    page.locator("#ra-live .ra-writing .ra-draft").wait_for()
    page.wait_for_timeout(600)  # the smooth scroll to the new question
    page.evaluate("window.seen = []")
    top = "document.querySelector('#ra-live .ra-question').getBoundingClientRect().top"
    before = page.evaluate(top)
    page.locator("#ra-live .ra-done").wait_for()
    page.wait_for_timeout(200)
    assert page.evaluate(top) == before
    assert sum(page.evaluate("window.seen")) < 0.02


def test_stopping_ends_the_writing_and_keeps_what_there_is(page: Page, llm: ProtocolServer) -> None:
    llm.control(models={MODEL: "runs-on"}, delay=0.02)
    send(page, SHIPS)
    page.locator("#ra-live .ra-draft").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.locator("#ra-live .ra-stopped").wait_for()
    kept = page.locator("#ra-live .ra-draft").inner_text()
    assert kept
    assert "not checked" in page.locator("#ra-live .ra-footer").inner_text()
    patience = monotonic() + 10
    while not any(entry["closed_early"] for entry in llm.requests("/api/chat")):
        assert monotonic() < patience, "the LLM still writes for nobody"
        sleep(0.1)
    assert page.locator("#ra-live .ra-draft").inner_text() == kept
    llm.control(models={MODEL: "good"})
    ask(page, "How fast does HarborNet run?")
    assert page.locator("#ra-live .ra-cite").count() >= 1


def test_a_question_that_a_reload_broke_off_can_be_asked_again(page: Page, llm: ProtocolServer, watch: Watch) -> None:
    llm.control(models={MODEL: "runs-on"}, delay=0.02)
    send(page, SHIPS)
    page.locator("#ra-live .ra-draft").wait_for()
    page.evaluate("window.raConversations.wanted()")  # comes after what is being kept
    page.reload()
    watch.complaints.clear()  # Gradio's client says that its stream was broken off
    stopped = page.locator("#ra-live .ra-stopped")
    stopped.wait_for()
    assert SHIPS in stopped.inner_text()
    llm.control(models={MODEL: "good"})
    page.locator("#ra-live").get_by_role("button", name="Retry").click()
    page.locator("#ra-live .ra-done .ra-cite").first.wait_for()
    assert page.locator(".ra-turn").count() == 1


def test_a_new_chat_ends_what_is_being_written(page: Page, llm: ProtocolServer) -> None:
    llm.control(models={MODEL: "runs-on"}, delay=0.02)
    send(page, SHIPS)
    page.locator("#ra-live .ra-draft").wait_for()
    page.get_by_role("button", name="New chat").first.click()
    page.locator(".ra-welcome").wait_for(state="visible")
    page.wait_for_timeout(800)
    assert page.locator(".ra-turn").count() == 0
    llm.control(models={MODEL: "good"})
    ask(page, SHIPS)
    assert page.locator(".ra-turn").count() == 1


def test_a_sentence_that_is_not_borne_out_is_marked_with_the_reason(page: Page, llm: ProtocolServer) -> None:
    llm.control(models={MODEL: "invents"})
    ask(page, SHIPS)
    doubtful = page.locator("#ra-live .ra-sentence:is(.ra-partly, .ra-unsupported)")
    assert "1,234 glaciologists" in doubtful.last.inner_text()
    page.locator("#ra-live .ra-doubt").last.hover()
    hint = page.locator("#ra-tip")
    hint.wait_for(state="visible")
    assert len(hint.locator(".ra-tip-words").inner_text()) > 10
    assert "borne out" in hint.locator(".ra-tip-head").inner_text()


def test_an_llm_that_was_asked_for_and_fails_is_said(page: Page, llm: ProtocolServer) -> None:
    llm.control(models={MODEL: "status-500"})
    page.get_by_label("Language model").check()
    ask(page, SHIPS)
    failure = page.locator("#ra-live .ra-failure")
    assert "llama runner process has terminated" in failure.inner_text()
    llm.control(models={MODEL: "good"})
    page.locator("#ra-live").get_by_role("button", name="Retry").click()
    page.locator("#ra-live .ra-cite").first.wait_for()


def test_without_the_llm_the_papers_answer_and_it_is_said(page: Page, llm: ProtocolServer) -> None:
    llm.control(models={MODEL: "status-500"})
    ask(page, SHIPS)
    assert "91.4%" in page.locator("#ra-live .ra-answer").inner_text()
    assert "llama runner process has terminated" in page.locator("#ra-live .ra-note").first.inner_text()


def opened(page: Page) -> None:
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Which papers").wait_for()


def test_the_model_is_chosen_and_kept_and_what_is_gone_is_said(page: Page, llm: ProtocolServer) -> None:
    other = "other:7b"
    llm.control(models={MODEL: "good", other: "good", "all-minilm:33m": "good"})
    opened(page)
    models = page.locator("#ra-model")
    models.get_by_label(MODEL).wait_for()  # nothing is under way any more that a reload would break off
    page.reload()
    opened(page)
    models.get_by_label(other).wait_for()
    assert models.locator("label").all_inner_texts() == ["The best there is", MODEL, other]
    models.get_by_label(other).check()
    ask(page, SHIPS)
    assert other in page.locator("#ra-live .ra-made").inner_text()
    assert llm.requests("/api/chat")[-1]["body"]["model"] == other
    page.wait_for_timeout(500)

    llm.control(models={MODEL: "good"})
    page.reload()
    said = page.locator(".ra-nollm")
    said.wait_for()
    assert f"ollama pull {other}" in said.inner_text()
    opened(page)
    models.locator("label:has(:checked)", has_text=other).wait_for()
    ask(page, SHIPS)
    assert f"ollama pull {other}" in page.locator("#ra-live .ra-note").first.inner_text()
    models.get_by_label("The best there is").check()
    said.wait_for(state="detached")
    page.locator("#ra-live").get_by_role("button", name="Retry").click()
    page.locator("#ra-live .ra-made", has_text=MODEL).wait_for()


def test_sentences_that_are_not_borne_out_can_be_left_out(page: Page, llm: ProtocolServer) -> None:
    llm.control(models={MODEL: "invents"})
    ask(page, SHIPS)
    marked = page.locator("#ra-live .ra-unsupported")
    assert "1,234 glaciologists" in marked.last.inner_text()
    opened(page)
    page.locator("#ra-strictness").get_by_label("Leave out").check()
    page.locator("#ra-live").get_by_role("button", name="Retry").click()
    marked.first.wait_for(state="detached")
    page.locator("#ra-live .ra-done").wait_for()
    assert "glaciologists" not in page.locator("#ra-live .ra-turn").inner_text()
    page.wait_for_timeout(500)
    page.reload()
    opened(page)
    page.locator("#ra-strictness label:has(:checked)", has_text="Leave out").wait_for()
