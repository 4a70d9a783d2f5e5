"""Turns of a conversation as HTML. Pure functions: the same turn gives the same markup, and all of it is escaped.

``web/static/page.js`` works on this markup: ``data-tip`` is shown on hover and focus, ``data-goto`` names the card that
a click opens in the source panel, ``data-quotes`` the marks in it, ``data-copy`` what a button copies,
``data-opine`` what its reader thinks of the answer. ``static/conversations.js`` reads ``data-kept``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag_assistant.present import answer_bibtex, answer_markdown
from rag_assistant.present.layout import Block, blocks, runs
from rag_assistant.records import Answer, Citation, Sentence, Shape
from rag_assistant.web.cards import sources_html
from rag_assistant.web.marks import quote_key
from rag_assistant.web.safe import attribute, text
from rag_assistant.web.turn import Turn

_NEAREST_SHOWN = 3
_VERDICTS = {"partly": "Only partly borne out", "unsupported": "Not borne out by the papers"}
_CHIPS = {"partly": "partly", "unsupported": "unsupported"}


def turn_html(turn: Turn, *, latest: bool = True, kept: str = "") -> str:
    """One turn. Only the ``latest`` one offers to be asked again or edited; ``kept`` is for the browser to keep."""
    sources = sources_html(turn.number, turn.answer, turn.hits, reading=turn.running)
    kept = f' data-kept="{attribute(kept)}"' if kept else ""
    return (
        f'<article class="ra-turn ra-{turn.state}" data-turn="{turn.number}" data-state="{turn.state}"{kept}'
        f' aria-label="Question {turn.number}">'
        f'<h2 class="ra-question"><bdi>{_lines(turn.question)}</bdi></h2>'
        f'<p class="ra-sr" role="status">{_status(turn)}</p>'
        f"{_understood(turn)}{_thoughts(turn)}{_body(turn)}{_made(turn, latest)}"
        f'<div class="ra-sources" hidden>{sources}</div></article>'
    )


def answer_html(turn: int, sentences: Sequence[Sentence], shape: Shape = "plain") -> str:
    """Sentences with their citations, under headings where they have some; a quiet mark on each in doubt."""
    return "".join(_block(turn, block) for block in blocks(shape, sentences))


def _block(turn: int, block: Block) -> str:
    said = " ".join(_sentence(turn, sentence, block) for sentence in block.sentences)
    if block.heading is None:
        return said
    return f'<section class="ra-block"><h3><bdi>{text(block.heading)}</bdi></h3><p>{said}</p></section>'


def _sentence(turn: int, sentence: Sentence, block: Block) -> str:
    stop = sentence.text[-1:] if sentence.text[-1:] in (".", "!", "?") and sentence.citations else ""
    shown = runs(replace(sentence, text=sentence.text.removesuffix(stop)), block)
    body = "".join(f"<strong>{text(run.text)}</strong>" if run.strong else text(run.text) for run in shown)
    cites = "".join(_cite(turn, citation) for citation in sentence.citations)
    joined = f"<bdi>{body}</bdi>" + (f'<span class="ra-cites">&nbsp;{cites}</span>' if cites else "") + text(stop)
    if sentence.verdict == "supported":
        return f'<span class="ra-sentence">{joined}</span>'
    reasons = "; ".join(sentence.reasons) or "the verifier found no words that bear this out"
    head = _VERDICTS[sentence.verdict]
    tip = f'data-tip-head="{attribute(head)}" data-tip="{attribute(reasons)}"'
    chip = f'<button type="button" class="ra-doubt" {tip}>{_CHIPS[sentence.verdict]}</button>'
    return f'<span class="ra-sentence ra-{sentence.verdict}" {tip}>{joined}</span> {chip}'


def _cite(turn: int, citation: Citation) -> str:
    number, title = citation.number, citation.paper.title
    words = "\n".join(f"“{quote.text}”" for quote in citation.quotes)
    keys = " ".join(quote_key(quote) for quote in citation.quotes)
    return (
        f'<a class="ra-cite" href="#source-{turn}-{number}" data-goto="t{turn}c{number}" data-quotes="{keys}"'
        f' data-tip-head="{attribute(title)}" data-tip="{attribute(words)}"'
        f' aria-label="Source {number}: {attribute(title)}"><span>[</span>{number}<span>]</span></a>'
    )


def _understood(turn: Turn) -> str:
    """The standalone question that a follow-up became, where it differs from what was typed."""
    if not turn.standalone or turn.standalone == " ".join(turn.question.split()):
        return ""
    return f'<p class="ra-understood"><span>Understood as</span> <bdi>{text(turn.standalone)}</bdi></p>'


def _thoughts(turn: Turn) -> str:
    """What a thinking model wrote before its answer, folded: it is neither checked nor part of the answer."""
    if turn.answer is None or turn.answer.mode != "llm" or not turn.answer.thinking:
        return ""
    return (
        '<details class="ra-thoughts"><summary>Thoughts, not checked</summary>'
        f"<bdi>{_lines(turn.answer.thinking)}</bdi></details>"
    )


def _body(turn: Turn) -> str:
    if turn.state == "failed":
        return f'<div class="ra-failure" role="alert"><bdi>{text(_capital(turn.error or ""))}</bdi></div>'
    if turn.answer is not None:
        if turn.answer.abstained:
            return _abstention(turn, turn.answer)
        said = answer_html(turn.number, turn.answer.sentences, turn.answer.shape)
        return f'<div class="ra-answer ra-{turn.answer.shape}">{said}</div>'
    if turn.draft:
        caret = '<span class="ra-caret" aria-hidden="true"></span>' if turn.running else ""
        return f'<div class="ra-answer ra-draft"><bdi>{_lines(turn.draft)}</bdi>{caret}</div>'
    if turn.state == "stopped":
        return '<div class="ra-answer ra-draft">Stopped before anything was written.</div>'
    return (
        f'<div class="ra-answer ra-waiting"><p>{_status(turn)}</p>'
        '<div class="ra-skeleton" aria-hidden="true"><i></i><i></i><i></i></div></div>'
    )


def _abstention(turn: Turn, answer: Answer) -> str:
    nearest = "".join(
        f'<li><a href="#found-{turn.number}-{hit.rank}" data-goto="t{turn.number}r{hit.rank}">'
        f"<bdi>{text(hit.paper.title)}</bdi></a></li>"
        for hit in answer.hits[:_NEAREST_SHOWN]
    )
    reason = f'<p class="ra-reason">{text(_sentence_case(answer.reason or ""))}</p>' if answer.reason else ""
    listed = f"<p>Closest in the collection:</p><ul>{nearest}</ul>" if nearest else ""
    return f'<div class="ra-abstained"><p class="ra-abstention">{text(answer.text)}</p>{reason}{listed}</div>'


def _made(turn: Turn, latest: bool) -> str:
    """One quiet line: who wrote it, from how much, in what time; notes; and what can be done with it."""
    if turn.running:
        return ""
    parts, notes, actions = [], "", ""
    answer = turn.answer
    if answer is not None:
        writer = "Papers’ own words" if answer.mode == "extractive" else text(answer.model or "Language model")
        papers = len(answer.hits)
        parts = [f"<b>{writer}</b>", f"{papers} paper{'' if papers == 1 else 's'} read", _seconds(answer)]
        notes = "".join(f'<p class="ra-note"><bdi>{text(note)}</bdi></p>' for note in answer.notes)
        actions = _copy("Copy", answer_markdown(answer))
        if answer.citations:
            actions += _copy("BibTeX", answer_bibtex(answer))
        actions += _thumb(turn, "good", "A good answer") + _thumb(turn, "bad", "Not a good answer")
        notes += f'<p class="ra-note ra-told" role="status"><bdi>{text(turn.told)}</bdi></p>' if turn.told else ""
    elif turn.state == "stopped":
        parts = ["<b>Stopped</b>", "not checked"]
    if latest:
        actions += '<button type="button" data-press="ra-retry">Retry</button>'
        actions += '<button type="button" data-press="ra-edit">Edit</button>'
    if turn.hits:
        cited = len(answer.citations) if answer else 0
        label = f"{cited} source{'' if cited == 1 else 's'}" if cited else "Papers found"
        actions = f'<button type="button" class="ra-open" data-open="{turn.number}">{label}</button>' + actions
    made = f'<p class="ra-made">{" · ".join(part for part in parts if part)}</p>' if parts else ""
    return f'<footer class="ra-footer"><div class="ra-actions">{actions}</div>{made}{notes}</footer>'


def _status(turn: Turn) -> str:
    """What a screen reader is told."""
    answer = turn.answer
    if turn.state == "failed":
        return "The question could not be answered."
    if turn.state == "stopped":
        return "Stopped."
    if answer is not None:
        if answer.abstained:
            return "The papers do not answer this."
        cited = len(answer.citations)
        return f"Answer ready, {cited} source{'' if cited == 1 else 's'}."
    if turn.state == "searching":
        return "Searching the papers …"
    papers = f"{len(turn.hits)} paper{'' if len(turn.hits) == 1 else 's'}"
    return f"Thinking over {papers} …" if turn.thinking else f"Reading {papers} …"


def _seconds(answer: Answer) -> str:
    total = answer.timings.get("total")
    if total is None:
        return ""
    return f"{1000 * total:.0f} ms" if total < 1 else f"{total:.1f} s"


def _copy(label: str, words: str) -> str:
    return f'<button type="button" class="ra-copy" data-copy="{attribute(words)}">{label}</button>'


def _thumb(turn: Turn, opinion: str, label: str) -> str:
    pressed = "true" if turn.opinion == opinion else "false"
    return (
        f'<button type="button" class="ra-thumb ra-{opinion}" data-opine="{opinion}" aria-pressed="{pressed}"'
        f' aria-label="{label}" title="{label}"></button>'
    )


def _sentence_case(words: str) -> str:
    return _capital(words).rstrip(".") + "." if words else ""


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _lines(value: str) -> str:
    return text(value.replace("\r\n", "\n")).replace("\n", "<br>")
