"""The chat page against hostile sites and hostile clients; and its API for programs."""

from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest

from rag_assistant import Assistant
from rag_assistant.errors import SettingsError, WebError
from rag_assistant.present import answer_dict
from rag_assistant.web import serve
from tests.e2e.visiting import Site, Visit, ask, served

SHIPS = "How many vessels does HarborNet find in dense fog?"


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
    for path, most in (("call/ask", 1_000_000), ("queue/join", 4_000_000)):
        too_much = httpx.post(f"{site.url}/gradio_api/{path}", content=b"x" * (most + 1))
        assert too_much.status_code == 413
        assert httpx.post(f"{site.url}/gradio_api/{path}", content=b"x" * most).status_code == 422
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
