"""An answer as Markdown, with its sources and their quotes below."""

from __future__ import annotations

import re

from rag_assistant.records import DOUBT, Answer

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
    lines += [" ".join(_plain(sentence.marked) for sentence in answer.sentences), ""]
    if any(sentence.verdict != "supported" for sentence in answer.sentences):
        lines += [f"{_plain(DOUBT)} *not fully borne out by the papers*", ""]
    lines += ["Sources", ""]
    for citation in answer.citations:
        where = f" <{citation.paper.url}>" if citation.paper.url else ""
        lines.append(f"{citation.number}. **{_plain(citation.paper.title)}**{where}")
        lines += [f"   > {_plain(quote.text)}" for quote in citation.quotes]
    lines += ["", *(f"*{_plain(note)}*" for note in answer.notes)]
    return "\n".join(lines).rstrip() + "\n"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
