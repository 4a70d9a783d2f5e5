"""Which papers a question names, and so whether it asks for things side by side, a list, or one answer."""

from __future__ import annotations

from collections.abc import Sequence

from rag_assistant.answer.candidates import ReadPaper, WantedWord
from rag_assistant.answer.question import Question
from rag_assistant.answer.subject import name_of
from rag_assistant.index.lexical import words_of
from rag_assistant.records import Shape

# A word as rare as this names its subject where it stands in a paper's title.
_RARITY = 0.55


def shape_of(asked: Question, wanted: Sequence[WantedWord], papers: Sequence[ReadPaper]) -> Shape:
    """The shape that an answer is to have; ``papers`` are those found, the likeliest first."""
    named = subjects(wanted, papers)
    headed = [one for one in named if any(word.is_name and _is_head(word, one) for word in wanted)]
    if len(headed) > 1 or (asked.kind == "compare" and len(named) > 1):
        return "comparison"
    if asked.kind == "list" and (asked.asks_for_papers or len(named) != 1):
        return "list"
    return "plain"


def subjects(wanted: Sequence[WantedWord], papers: Sequence[ReadPaper]) -> list[ReadPaper]:
    """The papers that the question names, in its order: by a rare word of their title, or a name in their abstract."""
    found: dict[str, ReadPaper] = {}
    for word in wanted:
        titled = [one for one in papers if word.is_name and _is_head(word, one)]
        if not titled and word.rarity < _RARITY:
            continue
        titled = titled or [one for one in papers if word.within(one.title)]
        holding = [one for one in papers if word.is_name and word.within(one.every)]
        for one in (titled or holding)[:1]:
            found.setdefault(one.paper.id, one)
    return list(found.values())


def _is_head(word: WantedWord, paper: ReadPaper) -> bool:
    return words_of(name_of(paper.paper)) == [word.typed]
