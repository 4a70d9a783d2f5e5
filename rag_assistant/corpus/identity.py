"""From an entry to a paper, and the id by which a paper is known.

The id comes from the title alone, since every form has it: the same paper read from a saved page today and from a
BibTeX file tomorrow keeps its id. Which entries are one paper is told in ``known`` and ``likeness``.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from rag_assistant.corpus.clean import clean
from rag_assistant.corpus.entry import Entry
from rag_assistant.records import Paper

_STOP_WORDS = frozenset(
    "a an and are as at by can do does for from how in into is it its of on or s than that the their this to towards "
    "toward via we what when where which why with without".split()
)
_NO_LETTER = re.compile(r"[\W_]+")


def normalised_title(title: str) -> str:
    """A title's letters and digits in lower case without accents: what two spellings of it have in common."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKD", title.casefold())) or title


def paper_id(title: str, more: str = "") -> str:
    """``longrope-extending-llm-1a2b3c4d``: three telling words of the title, and a digest of all of it.

    Args:
        title: cleaned.
        more: what tells the paper from another one of the same title.
    """
    digest = hashlib.sha256(f"{normalised_title(title)}{more}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
    folded = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = [word for word in re.findall(r"[a-z0-9]+", folded) if word not in _STOP_WORDS][:3]
    return "-".join([*(word[:20] for word in words or ["paper"]), digest])


def to_paper(entry: Entry, more: str = "") -> Paper | None:
    """The paper of an entry: text cleaned, id given. None where nothing readable is left of the title or the abstract.

    Where the file has no link, one is made of the arXiv id or of the DOI.
    """
    title, abstract = clean(entry.title), clean(entry.abstract)
    if not title or not abstract:
        return None
    url = entry.url
    if url is None and entry.arxiv_id:
        url = f"https://arxiv.org/abs/{entry.arxiv_id}"
    elif url is None and entry.doi:
        url = f"https://doi.org/{entry.doi}"
    return Paper(
        id=paper_id(title, more),
        title=title,
        abstract=abstract,
        authors=tuple(name for author in entry.authors if (name := clean(author))),
        year=entry.year,
        published=entry.published,
        url=url,
        doi=entry.doi,
        arxiv_id=entry.arxiv_id,
        venue=clean(entry.venue) or None if entry.venue else None,
        source=(entry.source,),
        categories=tuple(dict.fromkeys(name for category in entry.categories if (name := clean(category)))),
    )
