"""LaTeX as formulas, in a real Chromium: drawn, harmless, the words under it unchanged; prices stay prices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from rag_assistant.index.build import ingest
from rag_assistant.index.embed import load_encoder
from rag_assistant.records import Paper
from rag_assistant.settings import DEFAULT_MODEL, load_settings
from tests.e2e.visiting import Site, Visit, ask, served

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

PRICES = "BuoySort saves $5 to $10 for each buoy, US$5 and A$6 in storms, or $3M a year and 20$ a day."
PAPERS = (
    (
        r"BuoySort: Sorting Buoys in $O(n \log n)$ Steps",
        (
            rf"Harbours keep buoys in rows. BuoySort sorts $n$ buoys in $O(n \log n)$ steps with \(\mu_{{b}} = 0.5\). "
            rf"{PRICES} Its error falls 2$\times$ to $\frac{{1}}{{2}}$ on $10$ rows."
        ),
    ),
    (
        "TrapBuoy: Formulas That Do Harm",
        (
            r"TrapBuoy tries $\href{javascript:window.hit=1}{x}$ and $\includegraphics{https://evil.invalid/a.png}$ on "
            r"buoys. TrapBuoy draws $\rule{9000em}{9000em}$ and $\htmlStyle{position:fixed;inset:0}{x}$ over buoys. "
            r"TrapBuoy never closes $\frac{1}{$ what it opens and $\kern{-900em}x^2$ runs away on buoys."
        ),
    ),
)
# The text of an element as it was before its formulas were drawn.
WRITTEN = """place => {
    const copy = place.cloneNode(true);
    copy.querySelectorAll('.ra-math').forEach((formula) => formula.replaceWith(formula.dataset.tex));
    return copy.textContent;
}"""


@pytest.fixture(scope="module")
def mathematical(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("formulas")
    settings = load_settings(index_dir=folder / "index")
    papers = [Paper(f"m{number}", title, abstract) for number, (title, abstract) in enumerate(PAPERS, 1)]
    ingest(settings.index_dir, settings, lambda: load_encoder(DEFAULT_MODEL), papers, {})
    with served(str(settings.index_dir), folder) as running:
        yield running


def formulas(place: Locator) -> list[str]:
    place.locator(".ra-math math").first.wait_for(state="attached")
    return [str(one) for one in place.locator(".ra-math").evaluate_all("all => all.map((one) => one.dataset.tex)")]


def test_formulas_are_drawn_and_quotes_stay_exact(visit: Visit, mathematical: Site) -> None:
    page = visit(mathematical.url, permissions=["clipboard-read", "clipboard-write"])
    ask(page, "In how many steps does BuoySort sort buoys?")
    page.locator("#ra-live .ra-cite").first.click()
    card = page.locator("#ra-panel .ra-card.is-active")
    card.wait_for()
    abstract = card.locator(".ra-abstract p")
    assert formulas(abstract) == ["$n$", r"$O(n \log n)$", r"\(\mu_{b} = 0.5\)", r"$\times$", r"$\frac{1}{2}$", "$10$"]
    assert abstract.evaluate(WRITTEN) == PAPERS[0][1]
    assert PRICES in abstract.inner_text()
    assert formulas(page.locator("#ra-panel .ra-title").first) == [r"$O(n \log n)$"]
    assert r"$O(n \log n)$" in formulas(page.locator("#ra-live .ra-answer"))
    assert r"\log" not in page.locator("#ra-live .ra-answer").inner_text()
    marked = "".join(card.locator("mark.is-active").evaluate_all(f"all => all.map({WRITTEN})"))
    assert marked
    assert marked in PAPERS[0][1]
    page.mouse.move(5, 400)
    page.locator("#ra-live .ra-cite").first.hover()
    page.locator("#ra-tip .ra-math").first.wait_for(state="visible")

    abstract.evaluate("place => window.getSelection().selectAllChildren(place)")
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == PAPERS[0][1]


def test_the_papers_pages_draw_them_too(visit: Visit, mathematical: Site) -> None:
    page = visit(mathematical.url, path="/papers", ready=".rl-list")
    link = page.locator(".rl-list a", has_text="BuoySort")
    assert formulas(link) == [r"$O(n \log n)$"]
    link.click()
    abstract = page.locator(".rl-abstract")
    assert len(formulas(abstract)) == 6
    assert abstract.evaluate(WRITTEN) == PAPERS[0][1]


def test_hostile_formulas_do_nothing(visit: Visit, mathematical: Site) -> None:
    page = visit(mathematical.url, path="/papers/paper?id=m2", ready=".rl-abstract")
    abstract = page.locator(".rl-abstract")
    formulas(abstract)
    assert abstract.evaluate(WRITTEN) == PAPERS[1][1]
    assert abstract.locator("a, img, [href], [src], [style*=position]").count() == 0
    assert page.evaluate("window.hit") is None
    for formula in abstract.locator(".ra-math").all():
        box = formula.bounding_box()
        assert box is not None
        assert box["height"] < 900
        assert box["x"] >= 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    home = page.locator("header .ra-brand").bounding_box()
    assert home is not None
    at = "([x, y]) => document.elementFromPoint(x, y).closest('.ra-header') !== null"
    assert page.evaluate(at, [home["x"] + 5, home["y"] + 5])
