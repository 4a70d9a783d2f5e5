"""BibTeX entries of papers, for the reference list of whoever uses an answer."""

from __future__ import annotations

from rag_assistant.records import Answer, Paper

_ESCAPES = {
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
}
_ESCAPES |= {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}"}


def answer_bibtex(answer: Answer) -> str:
    """The entries of all papers that an answer cites, in the order of their numbers."""
    return "\n".join(paper_bibtex(citation.paper) for citation in answer.citations)


def paper_bibtex(paper: Paper, *, whole: bool = False) -> str:
    """One entry, its key the paper's id. What isn't known is left out; the abstract is, unless it is ``whole``."""
    kind = "article" if paper.venue else "misc"
    fields = {
        "title": "{" + _escaped(paper.title) + "}",
        "author": " and ".join(_escaped(author) for author in paper.authors),
        "year": str(paper.year) if paper.year is not None else "",
        "journal": _escaped(paper.venue or ""),
        "doi": paper.doi or "",
        "eprint": paper.arxiv_id or "",
        "archiveprefix": "arXiv" if paper.arxiv_id else "",
        "url": paper.url or "",
    }
    if whole:
        fields |= {
            "date": paper.published or "",
            "keywords": "; ".join(_escaped(category) for category in paper.categories),
            "abstract": _escaped(paper.abstract),
        }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{paper.id},", *lines, "}"]) + "\n"


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(char, char) for char in text)
