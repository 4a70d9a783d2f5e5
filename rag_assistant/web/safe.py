"""What comes from papers, questions and models, made harmless for a page: escaped text and links of known schemes.

Every string of theirs that reaches the page goes through :func:`text`, :func:`attribute` or :func:`paper_url`.
"""

from __future__ import annotations

import html
import re
from urllib.parse import quote, urlsplit

from rag_assistant.records import Paper

# Controls do nothing on a page but break it; bidi embeddings and overrides turn what stands around them.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SPACE_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f-\x9f\\]")
_ARXIV = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?")
_DOI = re.compile(r"10\.\d{4,9}/\S+")


def text(value: str) -> str:
    """Text as HTML that shows it and does nothing."""
    return html.escape(_UNSEEN.sub("", value), quote=True)


def attribute(value: str) -> str:
    """Text as the inside of a quoted attribute, line ends kept."""
    return text(value).replace("\r", "").replace("\n", "&#10;")


def web_url(url: str | None) -> str | None:
    """A link of scheme http or https with a host, else None."""
    if not url or _SPACE_OR_CONTROL.search(url):
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host else None


def paper_url(paper: Paper) -> str | None:
    """Where a paper can be read: its own link, else its DOI's, else its arXiv page; None where none is safe."""
    if url := web_url(paper.url):
        return url
    if paper.doi and _DOI.fullmatch(paper.doi):
        return f"https://doi.org/{quote(paper.doi, safe='/')}"
    if paper.arxiv_id and _ARXIV.fullmatch(paper.arxiv_id):
        return f"https://arxiv.org/abs/{paper.arxiv_id}"
    return None
