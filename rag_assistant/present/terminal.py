"""An answer, hits and reports in the terminal, through rich."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag_assistant.records import Answer, Citation, Hit, IngestReport, Paper, Sentence

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_SHOWN_REJECTIONS = 20
# Escape sequences and other controls in a paper's text must not reach the terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def safe(text: str) -> str:
    """Text without the control characters that could steer a terminal."""
    return _CONTROL.sub("", text)


def print_answer(console: Console, answer: Answer) -> None:
    """The answer, then its numbered sources with the exact words quoted, then one quiet line on how it was made."""
    if answer.standalone_question != " ".join(answer.question.split()):
        console.print(_text(f"Understood as: {answer.standalone_question}", "dim italic"))
    if answer.abstained:
        _print_abstention(console, answer)
    else:
        console.print(_answer_text(answer.sentences))
        console.print()
        print_sources(console, answer.citations)
    print_footer(console, answer)


def print_sources(console: Console, citations: Sequence[Citation]) -> None:
    """Numbered papers, each with its quotes and where it was read."""
    from rich.padding import Padding

    for citation in citations:
        paper = citation.paper
        head = _text(f"[{citation.number}] ", "bold cyan").append(safe(paper.title), style="bold")
        about = [safe(_authors(paper.authors)), str(paper.year or ""), safe(paper.venue or "")]
        if described := ", ".join(part for part in about if part):
            head.append(f"  {described}", style="dim")
        console.print(head)
        for quote in citation.quotes:
            console.print(Padding(_text(f"“{safe(quote.text)}”", "italic"), (0, 0, 0, 4)))
        where = paper.url or (str(paper.source[0]) if paper.source else "")
        if where:
            console.print(Padding(_text(safe(where), "dim"), (0, 0, 0, 4)))
    if citations:
        console.print()


def print_footer(console: Console, answer: Answer) -> None:
    """Notes, and in one quiet line the mode, the model and the time taken."""
    for note in answer.notes:
        console.print(_text(safe(note), "dim"))
    made = {"extractive": "in the papers' own sentences", "llm": f"written by {answer.model}"}.get(answer.mode, "")
    parts = [made, f"{len(answer.hits)} papers read", f"{answer.timings.get('total', 0.0):.2f} s"]
    console.print(_text(" · ".join(part for part in parts if part), "dim"))


def print_hits(console: Console, hits: Sequence[Hit]) -> None:
    """A numbered list of papers with their best passage and why they rank where they do."""
    from rich.padding import Padding

    if not hits:
        console.print(_text("No paper found.", "dim"))
    for hit in hits:
        dense = "–" if hit.dense is None else f"{hit.dense:.2f}"
        lexical = "–" if hit.lexical is None else f"{hit.lexical:.1f}"
        head = _text(f"{hit.rank:>2}. ", "bold cyan").append(safe(hit.paper.title), style="bold")
        console.print(head)
        console.print(Padding(_text(safe(_shortened(hit.passage.text, 300)), ""), (0, 0, 0, 4)))
        why = f"score {hit.score:.2f} of 1 · meaning {dense} (cosine) · words {lexical} (BM25) · {hit.paper.id}"
        console.print(Padding(_text(why, "dim"), (0, 0, 1, 4)))


def report_line(report: IngestReport) -> str:
    """What an ingest did, in one line."""
    near = sum(one.near for one in report.duplicates)
    return (
        f"{report.papers} papers from {report.entries} entries, {len(report.duplicates)} duplicates"
        + (f" ({near} of them near copies)" if near else "")
        + f": {len(report.added)} added, {len(report.updated)} updated, {len(report.unchanged)} unchanged"
        + (f", {len(report.removed)} removed" if report.removed else "")
        + (f", {len(report.rejected)} rejected" if report.rejected else "")
    )


def print_report(console: Console, report: IngestReport, *, every: bool = False) -> None:
    """What an ingest did, and every rejection up to a screenful; with ``every``, all of them, and each duplicate."""
    console.print(report_line(report), highlight=False, soft_wrap=True)
    embedded = f"{report.embedded} passages embedded" if report.embedded else "nothing embedded"
    console.print(_text(f"{embedded}, {report.seconds:.1f} s", "dim"))
    if report.rejected:
        console.print(_text("Rejected:", "yellow"))
        print_rejections(console, report, every=every)
    for one in report.duplicates if every else ():
        line = f"{one.source}: {one.title} is {one.paper_id} ({one.reason})"
        console.print(_text(safe(line), "dim"), soft_wrap=True)


def print_rejections(console: Console, report: IngestReport, *, every: bool = False) -> None:
    """What could not be read, a line each, up to a screenful unless ``every`` one is asked for."""
    shown = len(report.rejected) if every else _SHOWN_REJECTIONS
    for rejection in report.rejected[:shown]:
        console.print(_text(safe(str(rejection)), "yellow"), soft_wrap=True)
    if (more := len(report.rejected) - shown) > 0:
        console.print(_text(f"and {more} more; rag-assistant papers reports N shows them all", "yellow"))


def print_paper(console: Console, paper: Paper) -> None:
    """One paper, whole."""
    console.print(_text(safe(paper.title), "bold"))
    about = [", ".join(paper.authors), str(paper.year or ""), paper.venue or "", paper.url or "", paper.doi or ""]
    about += paper.categories
    if described := " · ".join(part for part in about if part):
        console.print(_text(safe(described), "dim"))
    console.print(_text("\n" + safe(paper.abstract) + "\n", ""))
    for place in paper.source:
        console.print(_text(safe(str(place)), "dim"))


def _print_abstention(console: Console, answer: Answer) -> None:
    console.print(_text(answer.text, "bold yellow"))
    if answer.reason:
        console.print(_text(f"Why: {safe(answer.reason)}.", ""))
    if answer.hits:
        console.print(_text("Closest, though they do not answer it:", "dim"))
        for hit in answer.hits[:3]:
            console.print(_text(f"  · {safe(hit.paper.title)}", ""))
    console.print()


def _answer_text(sentences: Sequence[Sentence]) -> Text:
    text = _text("", "")
    for sentence in sentences:
        if text:
            text.append(" ")
        style = {"supported": "", "partly": "yellow", "unsupported": "red"}[sentence.verdict]
        markers = "".join(f"[{citation.number}]" for citation in sentence.citations)
        marked = safe(sentence.marked)
        body, _, rest = marked.rpartition(markers) if markers else (marked, "", "")
        text.append(body, style=style).append(markers, style="bold cyan").append(rest, style=style)
        if sentence.verdict != "supported":
            why = f" ({sentence.reasons[0]})" if sentence.reasons else ""
            text.append(f" ⚠ not fully borne out{safe(why)}", style="dim yellow")
    return text


def _text(text: str, style: str) -> Text:
    from rich.text import Text

    return Text(text, style=style)


def _authors(authors: Sequence[str]) -> str:
    return ", ".join(authors[:3]) + (" et al." if len(authors) > 3 else "")


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + " …"
