"""Which sentences of which papers make an answer: one fact, things side by side, a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag_assistant.answer.candidates import WantedWord
from rag_assistant.answer.likelihood import Fitting
from rag_assistant.answer.question import Question
from rag_assistant.answer.subjects import shape_of, subjects
from rag_assistant.records import Shape

# A plain answer stays below 120 words; things side by side and lists take more.
_PLAIN_WORDS, _COMPARED_WORDS = 96, 130
# A further paper of a plain answer is this likely, and this likely beside the best one, to answer it.
_FURTHER, _FURTHER_SHARE = 0.2, 0.4
_LISTED, _LISTED_SHARE, _LIST_LENGTH = 0.05, 0.07, 7
_PLAIN_PAPERS = 3
# Whether something is so takes what was found and what that rests on: the rest of an abstract says how.
_MOST_WHETHER = 3
# What a word more than this many costs a sentence in a list (log odds).
_LIST_WORDS, _LIST_WORD_COST = 20, 0.08
# Words that a sentence shares with one already taken, of the shorter one's; above it says the same again.
_REDUNDANT = 0.7


@dataclass(frozen=True, slots=True)
class Choice:
    """One sentence of an answer; ``labelled``: shown under its paper's name."""

    paper: Fitting
    order: int
    labelled: bool = False


def choose(
    asked: Question, wanted: Sequence[WantedWord], papers: Sequence[Fitting], most: int
) -> tuple[Shape, tuple[Choice, ...]]:
    """The shape of the answer, and its sentences in reading order.

    Args:
        asked: the question.
        wanted: its words.
        papers: those found, the likeliest first; at least one.
        most: sentences; a list may have three more.
    """
    read = [one.read for one in papers]
    shape = shape_of(asked, wanted, read)
    if shape == "comparison":
        by_id = {one.read.paper.id: one for one in papers}
        return shape, _side_by_side([by_id[one.paper.id] for one in subjects(wanted, read)[:most]])
    if shape == "list":
        return shape, _list(papers, min(_LIST_LENGTH, most + 3))
    return shape, _plain(wanted, papers, min(most, _MOST_WHETHER) if asked.kind == "whether" else most)


def _plain(wanted: Sequence[WantedWord], papers: Sequence[Fitting], most: int) -> tuple[Choice, ...]:
    best = papers[0]
    likely = max(_FURTHER, best.probability * _FURTHER_SHARE)
    # Of a paper called by its name, one that doesn't know the name says nothing.
    names = [word for word in wanted if word.is_name and word.within(best.read.title)]
    several = [best] + [
        one
        for one in papers[1:_PLAIN_PAPERS]
        if one.probability >= likely and all(name.within(one.read.every) for name in names)
    ]
    quotas = {1: (4,), 2: (2, 2), 3: (2, 1, 1)}[len(several)]
    return _in_order(several, _fill(several, quotas, most, _PLAIN_WORDS), labelled=False)


def _side_by_side(papers: Sequence[Fitting]) -> tuple[Choice, ...]:
    each = 2 if len(papers) < 3 else 1
    chosen = _fill(papers, (each,) * len(papers), each * len(papers), _COMPARED_WORDS)
    return _in_order(papers, chosen, labelled=True)


def _list(papers: Sequence[Fitting], most: int) -> tuple[Choice, ...]:
    floor = max(_LISTED, papers[0].probability * _LISTED_SHARE)
    listed = [papers[0]] + [one for one in papers[1:most] if one.probability >= floor]
    return tuple(Choice(one, _line(one), labelled=True) for one in listed)


def _line(paper: Fitting) -> int:
    """The sentence that makes a paper belong in a list: worthy and short."""

    def worth(order: int) -> float:
        return paper.worth[order] - _LIST_WORD_COST * max(0, len(paper.read.sentence(order).split()) - _LIST_WORDS)

    return max(range(len(paper.worth)), key=lambda order: (worth(order), -order))


def _fill(papers: Sequence[Fitting], quotas: Sequence[int], most: int, budget: int) -> list[tuple[Fitting, int]]:
    """Each paper's best sentence first, then second ones and so on, as long as the words last."""
    chosen: list[tuple[Fitting, int]] = []
    words = 0
    queues = [one.best() for one in papers]
    for turn in range(max(quotas)):
        for paper, quota, queue in zip(papers, quotas, queues, strict=True):
            if turn >= quota or len(chosen) >= most:
                continue
            while queue:
                order = queue.pop(0)
                length = len(paper.read.sentence(order).split())
                if turn and words + length > budget:
                    continue
                if not any(_same(paper, order, *other) for other in chosen):
                    chosen.append((paper, order))
                    words += length
                    break
    return chosen


def _same(one: Fitting, order: int, other: Fitting, other_order: int) -> bool:
    left, right = one.read.stems[order], other.read.stems[other_order]
    return len(left & right) > _REDUNDANT * max(1, min(len(left), len(right)))


def _in_order(
    papers: Sequence[Fitting], chosen: Sequence[tuple[Fitting, int]], *, labelled: bool
) -> tuple[Choice, ...]:
    """Papers as given, a paper's own sentences in its own order."""
    places = {one.read.paper.id: place for place, one in enumerate(papers)}
    ordered = sorted(chosen, key=lambda one: (places[one[0].read.paper.id], one[1]))
    return tuple(Choice(paper, order, labelled) for paper, order in ordered)
