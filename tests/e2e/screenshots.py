"""Pictures of the chat page over the bundled corpus, for the documentation.

python -m tests.e2e.screenshots [FOLDER]    FOLDER: docs/images by default; needs Chromium and Pillow
"""

from __future__ import annotations

import os
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.visiting import FLAGS, ask, chromium, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUESTION = "How does LongRoPE extend the context window, and how far?"
UNANSWERED = "What dose of aspirin prevents a second heart attack?"
DESKTOP = {"width": 1360, "height": 850}
PHONE = {"width": 390, "height": 780}


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


def main(folder: Path) -> None:
    from playwright.sync_api import sync_playwright

    executable = chromium()
    if executable is None:
        sys.exit("no Chromium is installed: tests/e2e/install-chromium")
    with (
        tempfile.TemporaryDirectory() as place,
        sync_playwright() as playwright,
        served(None, Path(place), XDG_DATA_HOME=os.environ.get("XDG_DATA_HOME", place)) as site,
    ):
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        for scheme in ("light", "dark"):
            page = visit(browser, site.url, viewport=DESKTOP, color_scheme=scheme)
            if scheme == "light":
                save(page, folder / "chat-empty.png")
            ask(page, QUESTION)
            page.locator("#ra-live .ra-cite").first.click()
            page.mouse.move(5, 600)
            page.get_by_label("Question", exact=True).focus()
            save(page, folder / f"chat-{scheme}.png")
        ask(page, UNANSWERED)
        save(page, folder / "chat-abstention.png")
        phone = visit(browser, site.url, viewport=PHONE, is_mobile=True, has_touch=True, device_scale_factor=2)
        ask(phone, QUESTION)
        phone.locator("#ra-live .ra-cite").first.tap()
        save(phone, folder / "chat-phone-sources.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
