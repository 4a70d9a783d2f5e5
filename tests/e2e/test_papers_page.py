"""The papers page in a real Chromium: listing, opening, adding with a report, removing; and who may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from rag_assistant.index.build import ingest
from rag_assistant.index.embed import load_encoder
from rag_assistant.records import Paper
from rag_assistant.settings import DEFAULT_MODEL, load_settings
from rag_assistant.web.papers_page import PAGE_SIZE
from tests.e2e.visiting import Site, Visit, ask, served

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Page

COUNT = 2 * PAGE_SIZE + 20
HOSTILE = "<script>window.hit=1</script><img src=https://evil.invalid/a.png>"
NEW = """@article{nets,
  title = {Quiet Nets: Fishing Gear that Whales Can Hear},
  author = {Nadia Okafor and Jon Berg},
  year = {2023},
  abstract = {Whales swim into nets that they do not hear. We fit nets with reflectors that return the clicks of
    toothed whales. Entanglements fell by 61% over two seasons in eleven villages.}
}
@article{empty, title = {A Paper without an Abstract}}
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """120 papers on buoys, of 2001 to 2020, under titles that sort as they are numbered."""
    folder = tmp_path_factory.mktemp("many")
    settings = load_settings(index_dir=folder / "index")
    papers = [
        Paper(
            f"b{number}",
            f"Buoy {number:03}: drift in the strait" + (HOSTILE if number == 7 else ""),
            f"Buoy {number:03} drifted {number} km through the strait in one week of wind. {HOSTILE}",
            year=2001 + number % 20,
        )
        for number in range(COUNT)
    ]
    ingest(settings.index_dir, settings, lambda: load_encoder(DEFAULT_MODEL), papers, {})
    with served(str(settings.index_dir), folder) as running:
        yield running


def goto(visit: Visit, site: Site, path: str = "/papers") -> Page:
    return visit(site.url, path=path, ready="h1")


def titles(page: Page) -> list[str]:
    return page.locator(".rl-list a").all_inner_texts()


@pytest.mark.browser
def test_the_list_is_paged_sorted_and_filtered(visit: Visit, many: Site) -> None:
    page = goto(visit, many)
    assert len(titles(page)) == PAGE_SIZE
    assert titles(page)[0].startswith("Buoy 119")  # added last
    page.get_by_label("Sort").select_option("title")
    page.get_by_role("button", name="Show").click()
    seen = titles(page)
    for _ in range(2):
        page.get_by_role("link", name="Next →").click()
        seen += titles(page)
    assert [title[:8] for title in seen] == [f"Buoy {number:03}" for number in range(COUNT)]
    assert page.get_by_role("link", name="Next →").count() == 0

    page.get_by_label("Filter").fill("year=2003")
    page.get_by_role("button", name="Show").click()
    assert page.locator(".rl-count").inner_text() == "6 papers"
    assert [title[:8] for title in titles(page)] == [f"Buoy {number:03}" for number in range(2, COUNT, 20)]
    page.get_by_label("Filter").fill("yaer=2003")
    with page.expect_navigation():
        page.get_by_role("button", name="Show").click()
    assert "no field 'yaer'" in page.get_by_role("alert").inner_text()


@pytest.mark.browser
def test_a_search_finds_a_paper_and_it_opens_harmless(visit: Visit, many: Site) -> None:
    page = goto(visit, many)
    page.get_by_label("Search").fill("Buoy 007")
    page.get_by_label("Search").press("Enter")
    page.locator(".rl-list a", has_text="Buoy 007").click()
    assert (
        f"Buoy 007 drifted 7 km through the strait in one week of wind. {HOSTILE}"
        == page.locator(".rl-abstract").inner_text()
    )
    assert page.locator("main :is(script, img)").count() == 0
    assert page.evaluate("window.hit") is None


@pytest.mark.browser
def test_pasted_and_uploaded_papers_are_reported_answer_and_can_be_removed(visit: Visit, many: Site) -> None:
    page = goto(visit, many)
    page.get_by_text("Add papers", exact=True).click()
    files: list[FilePayload] = [
        {"name": "nets.bib", "mimeType": "text/plain", "buffer": NEW.encode()},
        {"name": "broken.json", "mimeType": "text/plain", "buffer": b'[{"title": "Cut'},
    ]
    page.get_by_label("Files").set_input_files(files)
    page.get_by_role("button", name="Add", exact=True).click()
    report = page.locator("#rl-report")
    report.locator("b").wait_for()
    assert report.locator("b").inner_text().startswith("1 added")
    rejected = report.locator("li").all_inner_texts()
    assert any(one.startswith("nets.bib:") for one in rejected), rejected
    assert any(one.startswith("broken.json") for one in rejected)

    page.get_by_label("or pasted text").fill(NEW)
    page.get_by_role("button", name="Add", exact=True).click()
    page.locator("#rl-report b", has_text="1 unchanged").wait_for()

    chat = visit(many.url)
    ask(chat, "By how much did entanglements of whales fall?")
    assert "61%" in chat.locator("#ra-live .ra-answer").inner_text()

    page.goto(f"{many.url}/papers")
    page.get_by_role("link", name="Quiet Nets").click()
    assert "Nadia Okafor, Jon Berg" in page.locator("main").inner_text()
    assert "pasted.txt" in page.locator("main").inner_text()
    page.get_by_text("Remove …").click()
    page.get_by_role("button", name="Remove this paper").click()
    page.get_by_text("The paper was taken out.").wait_for()
    assert page.locator(".rl-count").inner_text() == f"{COUNT} papers, page 1 of 3"
    assert page.get_by_role("link", name="Quiet Nets").count() == 0
    assert many.strangers() == []


def test_what_cannot_be_changed_is_said(many: Site) -> None:
    gone = httpx.post(f"{many.url}/papers/remove", data={"id": "nobody"})
    assert gone.status_code == 400
    assert "no paper &#x27;nobody&#x27;" in gone.text
    nothing = httpx.post(f"{many.url}/papers/add", data={"text": " "})
    assert nothing.json() == {"error": "nothing was given: choose files, or paste text"}
    foreign = {"Origin": "https://evil.example"}
    for path in ("add", "remove"):
        assert httpx.post(f"{many.url}/papers/{path}", data={"id": "b1"}, headers=foreign).status_code == 403
    policy = httpx.get(f"{many.url}/papers").headers["content-security-policy"]
    assert "unsafe-eval" not in policy


def test_a_password_guards_the_papers_too(small_index: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("locked")
    with (
        served(small_index, folder, RAG_ASSISTANT_WEB__PASSWORD="open sesame") as locked,
        httpx.Client(base_url=locked.url) as client,
    ):
        for path in ("/papers", "/papers/paper?id=p1"):
            turned_away = client.get(path)
            assert (turned_away.status_code, turned_away.headers["location"]) == (303, "/")
        for path in ("add", "remove"):
            assert client.post(f"/papers/{path}", data={"id": "p1", "text": NEW}).status_code == 403
        assert client.post("/login", data={"username": "x", "password": "open sesame"}).status_code == 200
        assert "HarborNet" in client.get("/papers").text
