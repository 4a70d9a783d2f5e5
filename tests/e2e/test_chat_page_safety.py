"""The chat page against hostile papers, hostile sites and hostile clients; and its API for programs."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from rag_assistant import Assistant
from rag_assistant.errors import SettingsError, WebError
from rag_assistant.index.build import ingest
from rag_assistant.index.embed import load_encoder
from rag_assistant.present import answer_dict
from rag_assistant.records import Paper
from rag_assistant.settings import DEFAULT_MODEL, load_settings
from rag_assistant.web import serve
from tests.e2e.visiting import Site, Visit, ask, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

SHIPS = "How many vessels does HarborNet find in dense fog?"
ATTACKS = (
    "<script>window.hit=1</script><img src=https://evil.invalid/a.png onerror='window.hit=2'>",
    "</bdi></p></details></li></article><iframe src=https://evil.invalid/b></iframe><svg onload=window.hit=3>",
    "<style>@import url(https://evil.invalid/c.css);*{display:none}</style><form action=https://evil.invalid/d><input></form>",
    "![d](https://evil.invalid/d.png) [click](javascript:window.hit=4) <a href='javascript:window.hit=5'>click</a>",
    "&quot; onmouseover=&quot;window.hit=6 \" autofocus onfocus=\"window.hit=6 ' onclick='window.hit=6",
    "${window.hit=7} {{#with 'x' as |s|}}{{s.constructor}}{{/with}} ` + (window.hit=8) + `",
    "<div style='position:fixed;inset:0;background:red;z-index:99999'>covered</div><base href=https://evil.invalid/>",
    "<meta http-equiv=refresh content='0;url=https://evil.invalid/'><link rel=prefetch href=https://evil.invalid/e>",
)


def hostile_papers() -> list[Paper]:
    return [
        Paper(
            f"h{number}",
            f"Anchor{number}: dragging anchors {attack}",
            f"Anchor{number} measures how far {attack} an anchor drags in gusts of wind. It drags {number} m {attack}.",
            authors=(attack,),
            year=2024,
            url=("javascript:window.hit=9", "data:text/html,<script>window.hit=9</script>")[number % 2],
            venue=attack,
        )
        for number, attack in enumerate(ATTACKS, 1)
    ]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("hostile")
    settings = load_settings(index_dir=folder / "index")
    ingest(settings.index_dir, settings, lambda: load_encoder(DEFAULT_MODEL), hostile_papers(), {})
    with served(str(settings.index_dir), folder) as running:
        yield running


def touch_everything(page: Page) -> None:
    """Hovers and clicks what papers and questions may have put something into."""
    for cite in page.locator("#ra-live .ra-cite").all():
        cite.hover()
        cite.click()
    for summary in page.locator("#ra-panel summary").all():
        summary.click()
    for why in page.locator("#ra-panel .ra-why").all():
        why.hover()


@pytest.mark.browser
def test_hostile_papers_and_questions_do_nothing(visit: Visit, hostile: Site) -> None:
    page = visit(hostile.url)
    for number in range(1, len(ATTACKS) + 1):
        ask(page, f"How far does Anchor{number} drag in gusts of wind?")
        touch_everything(page)
    for attack in ATTACKS[:3]:
        ask(page, attack)
    assert page.locator(".ra-cite").count() >= len(ATTACKS)
    assert page.evaluate("window.hit") is None
    inside = ":is(#ra-main, #ra-panel, #ra-tip)"
    assert (
        page.locator(f"{inside} :is(script, img, iframe, form, input, style, base, meta, link, object, embed)").count()
        == 0
    )
    assert (
        page.locator(f"{inside} a").evaluate_all(
            "all => all.filter(a => !a.getAttribute('href').startsWith('#')).length"
        )
        == 0
    )
    assert page.locator("body > base, head > base[href^='https']").count() == 0
    assert page.get_by_label("Question", exact=True).is_visible()
    assert ATTACKS[0] in page.locator("#ra-history").inner_text()
    assert hostile.strangers() == []


def test_a_foreign_host_name_is_refused(site: Site) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", ""):
        assert httpx.get(site.url, headers={"Host": host}).status_code == 400
    for host in ("localhost", "127.0.0.1"):
        assert httpx.get(site.url, headers={"Host": f"{host}:{httpx.URL(site.url).port}"}).status_code == 200


def test_a_foreign_site_may_not_ask(site: Site) -> None:
    body = {"data": [SHIPS, "extractive"]}
    ask_url = f"{site.url}/gradio_api/call/ask"
    assert httpx.post(ask_url, json=body, headers={"Origin": "https://evil.example"}).status_code == 403
    assert httpx.post(ask_url, json=body, headers={"Origin": "null"}).status_code == 403
    assert httpx.post(ask_url, json=body, headers={"Origin": site.url}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/proxy=https://example.org",
        "/gradio_api/upload",
        "/gradio_api/component_server",
        "/gradio_api/stream/x",
        "/gradio_api/dev/reload",
        "/gradio_api/vibe-code/",
        "/gradio_api/runs",
        "/monitoring",
        "/static/../../pyproject.toml",
        "/page/%2e%2e/app.py",
        "/assets/..%2f..%2f..%2froutes.py",
        "/docs",
        "/openapi.json",
    ],
)
def test_nothing_else_is_served(site: Site, path: str) -> None:
    for method in ("GET", "POST"):
        assert httpx.request(method, site.url + path, content=b"").status_code in (404, 405)


def test_the_page_may_load_from_nowhere_else_and_run_nobody_elses_scripts(site: Site) -> None:
    first, second = (httpx.get(site.url) for _ in range(2))
    policy = dict(part.split(" ", 1) for part in first.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert not any(word in value for value in policy.values() for word in ("http", "*", "//"))
    assert "unsafe-inline" not in policy["script-src"]
    assert first.headers["content-security-policy"] != second.headers["content-security-policy"]
    assert first.headers["x-content-type-options"] == "nosniff"
    asset = httpx.get(f"{site.url}/page/page.js")
    assert asset.headers["content-security-policy"].startswith("default-src 'none'")


def test_what_is_posted_has_a_limit(site: Site) -> None:
    too_much = httpx.post(f"{site.url}/gradio_api/queue/join", content=b"x" * 1_000_001)
    assert too_much.status_code == 413
    unknown = httpx.post(f"{site.url}/gradio_api/queue/join", content=iter([b"x"]))
    assert unknown.status_code == 411


def test_a_program_asks_through_gradio_client(site: Site, small_index: str) -> None:
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    client: Any = Client(site.url, verbose=False, analytics_enabled=False)
    got = client.predict(question=SHIPS, mode="extractive", api_name="/ask")
    wanted = answer_dict(Assistant.open(small_index).ask(SHIPS, "extractive"))
    for changing in ("timings", "manifest"):
        got.pop(changing), wanted.pop(changing)
    assert got == wanted
    with pytest.raises(AppError, match="the question is empty"):
        client.predict(question="  ", api_name="/ask")
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(named) == {"/ask"}


def test_an_address_that_others_reach_needs_a_password(small_index: str) -> None:
    assistant = Assistant.open(small_index)
    for host in ("0.0.0.0", "192.0.2.1", "::", "example.org"):
        with pytest.raises(SettingsError, match="RAG_ASSISTANT_WEB__PASSWORD"):
            serve(assistant, host=host, port=0)


def test_a_port_in_use_is_named(small_index: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WebError, match=rf"127\.0\.0\.1:{port}.*--port"):
            serve(Assistant.open(small_index), host="127.0.0.1", port=port)


@pytest.mark.browser
def test_the_password_is_asked_for_and_cannot_be_guessed_for_long(
    visit: Visit, small_index: str, tmp_path_factory: pytest.TempPathFactory, browser: Any
) -> None:
    folder = tmp_path_factory.mktemp("locked")
    with served(small_index, folder, RAG_ASSISTANT_WEB__PASSWORD="open sesame") as locked:
        for path in ("/config", "/gradio_api/info"):
            assert httpx.get(locked.url + path).status_code == 401
        assert httpx.post(f"{locked.url}/gradio_api/call/ask", json={"data": [SHIPS, "auto"]}).status_code == 401
        assert "HarborNet" not in httpx.get(locked.url).text
        page = browser.new_context().new_page()
        page.goto(locked.url)
        page.get_by_label("username").fill("anyone")
        page.get_by_label("password").fill("open sesame")
        page.get_by_role("button", name="Login").click()
        page.wait_for_selector(".ra-welcome")
        ask(page, SHIPS)
        assert "91.4%" in page.locator("#ra-live .ra-answer").inner_text()
        page.context.close()

        def login(password: str) -> int:
            return httpx.post(f"{locked.url}/login", data={"username": "x", "password": password}).status_code

        assert login("open sesame") == 200
        assert [login("wrong") for _ in range(11)][-2:] == [400, 429]
        assert login("open sesame") == 429
