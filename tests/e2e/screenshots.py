"""Pictures of the page over the bundled corpus, for the documentation.

python -m tests.e2e.screenshots [FOLDER]    FOLDER: docs/images by default; needs Chromium and Pillow
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.visiting import FLAGS, ask, chromium, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

QUESTION = "How does LongRoPE extend the context window, and how far?"
FOLLOW_UP = "And on which models was it tried?"
OTHERS = (
    "How can a vision-language model handle a million tokens of video?",
    "Which papers propose a benchmark for long-context understanding?",
    "Compare LongLoRA and LongRoPE: how does each extend the context window?",
)
UNANSWERED = "What dose of aspirin prevents a second heart attack?"
DESKTOP: ViewportSize = {"width": 1360, "height": 850}
PHONE: ViewportSize = {"width": 390, "height": 780}
RUNS = (
    ("hybrid", ()),
    ("words-alone", ("--set", "retrieve.dense_weight=0")),
    ("four-papers", ("--set", "retrieve.k=4")),
)


def save(page: Page, path: Path, colours: int = 128) -> None:
    """A picture of what is in view, as a small PNG."""
    from PIL import Image

    page.wait_for_timeout(900)
    whole = Image.open(BytesIO(page.screenshot())).convert("RGB")
    whole.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)


def visit(browser: Browser, url: str, **options: object) -> Page:
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    page.goto(url)
    page.locator(".ra-welcome").wait_for(timeout=120_000)
    page.locator("#ra-mode").get_by_label("Papers’ own words").check()
    page.get_by_label("Question", exact=True).focus()
    return page


def new_chat(page: Page) -> None:
    page.locator(".ra-new").click()
    page.locator(".ra-welcome").wait_for(state="visible")


def desktop(browser: Browser, url: str, folder: Path) -> None:
    """The chat on a wide screen: empty, answering in light and dark, abstaining, its conversations, without an LLM."""
    for scheme in ("light", "dark"):
        page = visit(browser, url, viewport=DESKTOP, color_scheme=scheme)
        if scheme == "light":
            save(page, folder / "chat-empty.png")
        ask(page, QUESTION)
        page.locator("#ra-live .ra-cite").first.click()
        page.mouse.move(5, 600)
        page.get_by_label("Question", exact=True).focus()
        save(page, folder / f"chat-{scheme}.png")
    ask(page, UNANSWERED)
    save(page, folder / "chat-abstention.png")
    page = visit(browser, url, viewport=DESKTOP)
    for question in OTHERS:
        ask(page, question)
        new_chat(page)
    ask(page, QUESTION)
    ask(page, FOLLOW_UP)
    page.get_by_role("button", name="Conversations", exact=True).click()
    page.locator(".ra-thread").nth(1).hover()
    page.locator(".ra-more summary").nth(1).click()
    save(page, folder / "chat-conversations.png")
    page.keyboard.press("Escape")
    new_chat(page)
    page.locator("#ra-mode").get_by_label("Language model").check()
    page.locator(".ra-nollm").wait_for()
    ask(page, QUESTION)
    save(page, folder / "chat-no-llm.png")


def phone(browser: Browser, url: str, folder: Path) -> None:
    """The chat on a phone: an answer, and its sources."""
    page = visit(browser, url, viewport=PHONE, is_mobile=True, has_touch=True, device_scale_factor=2)
    ask(page, QUESTION)
    save(page, folder / "chat-phone.png")
    page.locator("#ra-live .ra-cite").first.tap()
    save(page, folder / "chat-phone-sources.png")


def beside(browser: Browser, url: str, folder: Path) -> None:
    """The pages beside the chat."""
    page = browser.new_context(viewport={"width": DESKTOP["width"], "height": DESKTOP["height"]}).new_page()
    page.goto(f"{url}/papers?sort=title")
    page.locator(".rl-list").wait_for()
    save(page, folder / "papers.png")
    page.goto(f"{url}/evaluation")
    page.locator(".rl-runs").wait_for()
    save(page, folder / "evaluation.png")


def main(folder: Path) -> None:
    from playwright.sync_api import sync_playwright

    executable = chromium()
    if executable is None:
        sys.exit("no Chromium is installed: tests/e2e/install-chromium")
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        place = Path(made)
        data = os.environ.get("XDG_DATA_HOME", made)
        for name, settings in RUNS:
            command = [sys.executable, "-m", "rag_assistant", "eval", "run", "--mode", "extractive", "--limit", "40"]
            subprocess.run(
                [*command, "--run", str(place / "runs" / name), *settings],
                check=True,
                stdout=subprocess.DEVNULL,
                env={**os.environ, "XDG_DATA_HOME": data},
            )
        with served(None, place, cwd=place, XDG_DATA_HOME=data) as site:
            browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
            desktop(browser, site.url, folder)
            phone(browser, site.url, folder)
            beside(browser, site.url, folder)
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
