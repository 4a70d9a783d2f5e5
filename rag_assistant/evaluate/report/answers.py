"""Answers as a report shows them: sentences with their numbers, and the quoted words marked in their abstracts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

from rag_assistant.evaluate.metrics import has_fact
from rag_assistant.evaluate.results import Result


def question_block(result: Result) -> str:
    """One question that folds out: what was wanted, the answer, and the quotes in their abstracts."""
    return _folding(result, f"{_wanted(result)}{answer_block(result)}")


def pair_block(before: Result, after: Result, names: tuple[str, str], word: str) -> str:
    """One question with both runs' answers side by side. ``word`` says what became of it: won or lost."""
    sides = "".join(
        f'<div class="side"><h4>{escape(name)}</h4>{answer_block(result, is_open=True)}</div>'
        for name, result in zip(names, (before, after), strict=True)
    )
    return _folding(after, f'{_wanted(after)}<div class="sides">{sides}</div>', word)


def answer_block(result: Result, *, is_open: bool = False) -> str:
    """An answer, why it was withheld, or why there is none; the facts asked for; its sources, unfolded or not."""
    answer = result.answer
    if answer is None:
        return f'<p class="failed">Failed: {escape(result.error or "no answer")}</p>'
    if answer["abstained"]:
        why = f" {escape(answer['reason'])}." if answer.get("reason") else ""
        return f'<p class="answer abstained">{escape(answer["text"])}</p><p class="quiet">{why}</p>{_facts(result)}'
    said = " ".join(_sentence(sentence) for sentence in answer["sentences"])
    sources = "".join(_source(citation, is_open=is_open) for citation in answer["citations"])
    return f'<p class="answer">{said}</p>{_facts(result)}<ol class="sources">{sources}</ol>'


def marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """A text as HTML with the spans in ``<mark>``; spans may overlap, and what lies outside the text is left out."""
    inside = [(start, end) for start, end in spans if 0 <= start < end <= len(text)]
    edges = sorted({0, len(text), *(edge for span in inside for edge in span)})
    pieces = []
    for start, end in pairwise(edges):
        piece = escape(text[start:end])
        quoted = any(one <= start and end <= other for one, other in inside)
        pieces.append(f"<mark>{piece}</mark>" if quoted else piece)
    return "".join(pieces)


def _folding(result: Result, inside: str, word: str = "") -> str:
    state = word or ("right" if result.right else "failed" if result.error else "wrong")
    head = (
        f'<summary><span class="state {state}">{state}</span> <span class="ask">{escape(result.case.question)}</span> '
        f'<span class="quiet">{escape(result.case.id)}</span></summary>'
    )
    return f"<details>{head}{inside}</details>"


def _wanted(result: Result) -> str:
    case = result.case
    rows = [("After", "; ".join(case.history))] if case.history else []
    if not case.answerable:
        rows.append(("Wanted", f"no answer{f': {case.note}' if case.note else ''}"))
        return _rows(rows)
    many = len(case.gold_titles) > 1
    needed = "all of" if case.mode == "all" else f"{case.min_cites} of"
    titles = "; ".join(case.gold_titles)
    rows.append(("Wanted", f"{needed} these papers: {titles}" if many else titles))
    return _rows(rows)


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in rows)
    return f'<dl class="wanted">{cells}</dl>'


def _facts(result: Result) -> str:
    """The facts asked for, each marked as stated or missing."""
    text = result.answer["text"] if result.answer and not result.answer["abstained"] else ""
    found = [
        f'<span class="fact {"there" if has_fact(text, fact) else "missing"}">{escape(" or ".join(fact))}</span>'
        for fact in result.case.facts
    ]
    return f'<p class="stated">{" ".join(found)}</p>' if found else ""


def _sentence(sentence: Mapping[str, Any]) -> str:
    numbers = "".join(f"<sup>{int(citation['number'])}</sup>" for citation in sentence["citations"])
    verdict = sentence["verdict"]
    why = f' title="{escape("; ".join(sentence["reasons"]))}"' if sentence["reasons"] else ""
    doubt = "" if verdict == "supported" else f' <em class="doubt">({escape(verdict)})</em>'
    return f'<span class="{escape(verdict)}"{why}>{escape(sentence["text"])}{numbers}{doubt}</span>'


def _source(citation: Mapping[str, Any], *, is_open: bool) -> str:
    paper = citation["paper"]
    spans = [(quote["start"], quote["end"]) for quote in citation["quotes"]]
    abstract = marked(paper["abstract"], spans)
    state = " open" if is_open else ""
    return (
        f'<li value="{int(citation["number"])}"><details{state}><summary>{escape(paper["title"])}</summary>'
        f'<p class="abstract">{abstract}</p></details></li>'
    )
