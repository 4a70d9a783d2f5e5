"""An answer as Markdown, with its sources and their quotes below."""

from __future__ import annotations

import re

from rag_assistant.present.layout import Block, blocks, runs
from rag_assistant.records import DOUBT, Answer, Sentence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def answer_markdown(answer: Answer) -> str:
    """The question, the answer, and a numbered list of sources, each with the exact words that bear the answer out."""
    lines = [f"**{_plain(answer.question)}**", ""]
    if answer.standalone_question != " ".join(answer.question.split()):
        lines += [f"*Understood as: {_plain(answer.standalone_question)}*", ""]
    if answer.abstained:
        lines += [answer.text, "", f"Why: {_plain(answer.reason or '')}.", ""]
        if answer.hits:
            lines += ["Closest, though they do not answer it:", ""]
            lines += [f"- {_plain(hit.paper.title)}" for hit in answer.hits[:3]]
        return "\n".join(lines).rstrip() + "\n"
    for block in blocks(answer.shape, answer.sentences):
        said = " ".join(_sentence(sentence, block) for sentence in block.sentences)
        heading = "" if block.heading is None else f"- **{_plain(block.heading)}**: "
        lines += [heading + said] if heading else [said, ""]
    lines += [""] if lines[-1] else []
    if any(sentence.verdict != "supported" for sentence in answer.sentences):
        lines += [f"{_plain(DOUBT)} *not fully borne out by the papers*", ""]
    lines += ["Sources", ""]
    for citation in answer.citations:
        where = f" <{citation.paper.url}>" if citation.paper.url else ""
        lines.append(f"{citation.number}. **{_plain(citation.paper.title)}**{where}")
        lines += [f"   > {_plain(quote.text)}" for quote in citation.quotes]
    lines += ["", *(f"*{_plain(note)}*" for note in answer.notes)]
    return "\n".join(lines).rstrip() + "\n"


def _sentence(sentence: Sentence, block: Block) -> str:
    words = "".join(f"**{_plain(run.text)}**" if run.strong else _plain(run.text) for run in runs(sentence, block))
    if cited := _plain(sentence.markers):
        stop = words[-1:] if words[-1:] in (".", "!", "?") else ""
        words = f"{words.removesuffix(stop)} {cited}{stop}"
    return words


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
