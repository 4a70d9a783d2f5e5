"""An answer, hits and reports in the terminal, through rich."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rag_assistant.present.layout import Block, blocks, runs
from rag_assistant.records import DOUBT, Answer, Citation, Hit, IngestReport, Paper
from rag_assistant.retrieve import matched_spans
from rag_assistant.sentences import sentence_spans

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_SHOWN_REJECTIONS = 20
# Characters of a passage that a list of hits shows.
_EXCERPT = 300
_RANGES = "score: 0 to 1 in this list · meaning: cosine, -1 to 1 · words: BM25, 0 and up · #: place on that side"
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
        for block in blocks(answer.shape, answer.sentences):
            _print_block(console, block)
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
    parts = [
        "" if answer.abstained else made,
        f"{len(answer.hits)} papers read",
        f"{answer.timings.get('total', 0.0):.2f} s",
    ]
    console.print(_text(" · ".join(part for part in parts if part), "dim"))


def print_hits(console: Console, hits: Sequence[Hit]) -> None:
    """A numbered list of papers with their best passage, the question's words underlined, and why they rank so."""
    from rich.table import Table

    if not hits:
        console.print(_text("No paper found.", "dim"))
        return
    for hit in hits:
        rows = Table.grid(padding=(0, 1))
        rows.add_row(_text(f"{hit.rank:>2}.", "bold cyan"), _highlighted(hit.paper.title, hit, "bold"))
        rows.add_row("", _highlighted(_excerpt(hit.passage.text, hit), hit, ""))
        rows.add_row("", _text(safe(_why(hit)), "dim"))
        console.print(rows)
        console.print()
    console.print(_text(_RANGES, "dim italic"))


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


def _print_block(console: Console, block: Block) -> None:
    from rich.padding import Padding

    if block.heading is None:
        console.print(_block_text(block))
    else:
        console.print(_text(safe(block.heading), "bold"))
        console.print(Padding(_block_text(block), (0, 0, 0, 2)))


def _block_text(block: Block) -> Text:
    text = _text("", "")
    for sentence in block.sentences:
        if text:
            text.append(" ")
        style = {"supported": "", "partly": "yellow", "unsupported": "red"}[sentence.verdict]
        for run in runs(sentence, block):
            text.append(safe(run.text), style="bold" if run.strong else style)
        numbers = sentence.markers.removesuffix(DOUBT)
        if sentence.markers:
            stop = text.plain[-1:] if text.plain[-1:] in (".", "!", "?") else ""
            text.right_crop(len(stop))
            text.append(" ").append(numbers, style="bold cyan")
            text.append(sentence.markers.removeprefix(numbers), style="bold yellow").append(stop, style=style)
        if sentence.verdict != "supported":
            why = f": {sentence.reasons[0]}" if sentence.reasons else ""
            text.append(f" ({'partly' if numbers else 'not'} borne out{safe(why)})", style="dim yellow")
    return text


def _why(hit: Hit) -> str:
    dense = "not found" if hit.dense is None else f"{hit.dense:.2f} #{hit.dense_rank}"
    lexical = "none found" if hit.lexical is None else f"{hit.lexical:.1f} #{hit.lexical_rank}"
    matched = f" ({', '.join(hit.matched)})" if hit.matched else ""
    return f"score {hit.score:.2f} · meaning {dense} · words {lexical}{matched} · {hit.paper.id}"


def _highlighted(text: str, hit: Hit, style: str) -> Text:
    shown = _text(safe(text), style)
    for start, end in matched_spans(shown.plain, hit.stems):
        shown.stylize("underline", start, end)
    return shown


def _excerpt(text: str, hit: Hit) -> str:
    """As many sentences of a passage as fit, from the one that has most of the question's words in what follows."""
    matched = matched_spans(text, hit.stems)
    begin = max(
        (start for start, _ in sentence_spans(text)),
        key=lambda start: (sum(start <= one and other <= start + _EXCERPT for one, other in matched), -start),
        default=0,
    )
    return ("… " if begin else "") + _shortened(text[begin:], _EXCERPT)


def _text(text: str, style: str) -> Text:
    from rich.text import Text

    return Text(text, style=style)


def _authors(authors: Sequence[str]) -> str:
    return ", ".join(authors[:3]) + (" et al." if len(authors) > 3 else "")


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0] + " …"
