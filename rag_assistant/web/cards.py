"""The source panel of one turn as HTML: the papers cited, then those that were found and not cited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag_assistant.present import paper_bibtex
from rag_assistant.records import Answer, Citation, Hit, Paper, Quote
from rag_assistant.retrieve import matched_spans
from rag_assistant.web.marks import marked, quote_key, with_terms
from rag_assistant.web.safe import attribute, paper_url, text

_AUTHORS_SHOWN = 3


def sources_html(turn: int, answer: Answer | None, hits: Sequence[Hit], *, reading: bool = False) -> str:
    """Both lists; where there is no answer, what was found. ``reading``: an answer is being written from it."""
    citations = () if answer is None else answer.citations
    cited = {citation.paper.id for citation in citations}
    scores = {hit.paper.id: hit for hit in hits}
    rest = [hit for hit in hits if hit.paper.id not in cited]
    parts = []
    if citations:
        cards = "".join(_cited(turn, citation, scores.get(citation.paper.id)) for citation in citations)
        parts.append(_section(f"Cited · {len(citations)}", cards))
    if rest:
        heading = (
            "Found, not cited"
            if citations
            else "Nearest papers"
            if answer is not None
            else "Reading"
            if reading
            else "Found"
        )
        cards = "".join(_found(turn, hit) for hit in rest)
        parts.append(_section(f"{heading} · {len(rest)}", cards))
    return "".join(parts)


def authors(paper: Paper) -> str:
    """Up to three names, then et al.; escaped."""
    names = ", ".join(paper.authors[:_AUTHORS_SHOWN])
    return text(names + (" et al." if len(paper.authors) > _AUTHORS_SHOWN else ""))


def _section(heading: str, cards: str) -> str:
    return f'<section class="ra-group"><h3>{heading}</h3><ol class="ra-cards">{cards}</ol></section>'


def _cited(turn: int, citation: Citation, hit: Hit | None) -> str:
    paper = citation.paper
    quotes = "".join(
        f'<blockquote class="ra-quote" data-quotes="{quote_key(quote)}"><bdi>{text(quote.text)}</bdi></blockquote>'
        for quote in citation.quotes
    )
    return (
        f'<li class="ra-card ra-cited" data-card="t{turn}c{citation.number}" tabindex="-1">'
        f'<div class="ra-head"><span class="ra-num">{citation.number}</span>{_title(paper)}</div>'
        f"{_about(paper)}{quotes}{_abstract(paper, citation.quotes)}{_foot(paper, hit)}</li>"
    )


def _found(turn: int, hit: Hit) -> str:
    return (
        f'<li class="ra-card ra-found" data-card="t{turn}r{hit.rank}" tabindex="-1">'
        f'<div class="ra-head">{_title(hit.paper)}</div>'
        f"{_about(hit.paper)}{_abstract(hit.paper, (), hit.stems)}{_foot(hit.paper, hit)}</li>"
    )


def _title(paper: Paper) -> str:
    url = paper_url(paper)
    title = f"<bdi>{text(paper.title)}</bdi>"
    if url is None:
        return f'<h4 class="ra-title">{title}</h4>'
    link = f'<a href="{attribute(url)}" target="_blank" rel="noopener noreferrer" title="{attribute(url)}">{title}</a>'
    return f'<h4 class="ra-title">{link}</h4>'


def _about(paper: Paper) -> str:
    parts = [authors(paper), str(paper.year or ""), text(paper.venue or "")]
    shown = " · ".join(part for part in parts if part)
    return f'<p class="ra-about"><bdi>{shown}</bdi></p>' if shown else ""


def _abstract(paper: Paper, quotes: Iterable[Quote], stems: Sequence[str] = ()) -> str:
    shown = (
        with_terms(paper.abstract, matched_spans(paper.abstract, stems)) if stems else marked(paper.abstract, quotes)
    )
    return f'<details class="ra-abstract"><summary>Abstract</summary><p><bdi>{shown}</bdi></p></details>'


def _foot(paper: Paper, hit: Hit | None) -> str:
    copy = f'<button type="button" class="ra-copy" data-copy="{attribute(paper_bibtex(paper))}">Copy BibTeX</button>'
    return f'<div class="ra-foot">{_why(hit) if hit else ""}{copy}</div>'


def _why(hit: Hit) -> str:
    """A bar of the fused score, and in words what made it."""
    dense = "not found" if hit.dense is None else f"{hit.dense:.2f} (cosine, -1 to 1)" + _place(hit.dense_rank)
    lexical = "none found" if hit.lexical is None else f"{hit.lexical:.1f} (BM25, 0 and up)" + _place(hit.lexical_rank)
    words = f" Found here: {', '.join(hit.matched)}." if hit.matched else ""
    share = round(100 * min(max(hit.score, 0.0), 1.0))
    return (
        f'<span class="ra-why" tabindex="0" data-tip-head="Relevance {hit.score:.2f} of 1, rank {hit.rank}"'
        f' data-tip="By meaning: {dense}. By words: {lexical}.{attribute(words)}">'
        f'<span class="ra-bar" aria-hidden="true"><span style="width:{share}%"></span></span>'
        f'<span><span class="ra-sr">Relevance </span>{hit.score:.2f} · rank {hit.rank}</span></span>'
    )


def _place(rank: int | None) -> str:
    return "" if rank is None else f", place {rank}"
