"""The page as its visitors have it: the real server as a process of its own, and a real Chromium."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@dataclass
class Site:
    """A running server: where it is, and what it tried to reach beyond this machine."""

    url: str
    reached: Path

    def strangers(self) -> list[str]:
        """Addresses and names beyond this machine that the server tried to reach."""
        return self.reached.read_text().split("\n")[:-1] if self.reached.exists() else []


@dataclass
class Watch:
    """What went on in a browser beside what the page shows."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def served(index_dir: str | None, folder: Path, *, cwd: Path | None = None, **environment: str) -> Iterator[Site]:
    """The page over an index (None: the bundled corpus), served by the command line on a free port, from ``cwd``."""
    reached, log = folder / "reached.txt", folder / "server.log"
    command = [sys.executable, str(Path(__file__).with_name("watched_server.py")), str(reached)]
    command += [] if index_dir is None else [index_dir]
    with log.open("w") as said:
        process = subprocess.Popen(
            command, stderr=said, stdout=said, cwd=cwd, env={**os.environ, "OLLAMA_HOST": "127.0.0.1:9", **environment}
        )
    try:
        patience = monotonic() + 60
        while (found := re.search(r"http://\S+", log.read_text())) is None:
            assert process.poll() is None, f"the server did not start:\n{log.read_text()}"
            assert monotonic() < patience, "the server took more than a minute to start"
            sleep(0.1)
        yield Site(found.group(), reached)
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def site(small_index: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The page over the small papers, with no LLM to be had."""
    with served(small_index, tmp_path_factory.mktemp("site")) as running:
        yield running


def chromium() -> str | None:
    """Where a Chromium is installed, if any."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium, ended with its module: while it lives, no other test of the process can run an event loop."""
    from playwright.sync_api import sync_playwright

    executable = chromium()
    if executable is None:
        assert os.environ.get("CI", "").lower() not in ("1", "true"), "no Chromium here, and CI must not go without"
        pytest.skip("no Chromium is installed: tests/e2e/install-chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield started
        started.close()


Visit = Callable[..., "Page"]


@pytest.fixture
def watch() -> Watch:
    """Requests of the browser to other hosts than the page's, and what its console complains of."""
    return Watch()


@pytest.fixture
def visit(browser: Browser, site: Site, watch: Watch) -> Iterator[Visit]:
    """Opens a page as a new visitor; at the test's end nothing may have gone elsewhere or been complained of."""
    contexts = []

    def opened(at: str = site.url, *, path: str = "", ready: str = ".ra-welcome", **options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)

        def requested(url: str) -> None:
            if not url.startswith((f"{at}/", "data:", "blob:")):
                watch.requests.append(url)

        def dismissed(dialog: Dialog) -> None:
            watch.complaints.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        page.on("request", lambda request: requested(request.url))
        page.on("pageerror", lambda error: watch.complaints.append(str(error)))
        page.on("dialog", dismissed)
        page.on("console", lambda said: watch.complaints.append(said.text) if said.type == "error" else None)
        page.goto(at + path)
        page.wait_for_selector(ready)
        return page

    yield opened
    complaints = list(watch.complaints)  # before closing breaks off what is still under way
    for context in contexts:
        context.close()
    assert watch.requests == []
    assert complaints == []


def ask(page: Page, question: str) -> None:
    """Types a question, sends it with Enter and waits for what becomes of it."""
    box = page.get_by_label("Question", exact=True)
    box.fill(question)
    box.press("Enter")
    page.locator("#ra-live .ra-question", has_text=question.strip().splitlines()[0]).wait_for()
    page.locator("#ra-live .ra-turn:is(.ra-done, .ra-failed)").wait_for()
