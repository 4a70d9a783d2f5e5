"""Reading the documentation's pages: their code blocks, their links, their anchors."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import ROOT

README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return [code for name, code in _BLOCK.findall(page.read_text(encoding="utf-8")) if name == language]


def shell_lines(page: Path) -> list[str]:
    """The commands of a page, one a line, without their comments."""
    lines = [re.sub(r"\s+#.*", "", line).strip() for code in blocks(page, "sh") for line in code.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def links(page: Path) -> list[str]:
    """The targets of a page's links and pictures, code left out."""
    return _LINK.findall(_BLOCK.sub("", page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges and the documentation tool make them."""
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in headings}
