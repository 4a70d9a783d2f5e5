"""Which of the papers found answer a question, and how surely.

All of them are weighed by the measures of :mod:`evidence`. Where these leave it open, the few likeliest are read
together with the question (:mod:`relevance`) and weighed anew; where no cross-encoder can be had, the measures stand
alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag_assistant.answer.candidates import ReadPaper, WantedWord
from rag_assistant.answer.evidence import Fit, Model, paper_features
from rag_assistant.answer.question import Question
from rag_assistant.answer.relevance import gist, relevance, relevance_features
from rag_assistant.answer.rhetoric import sentence_features
from rag_assistant.answer.subjects import shape_of

# Papers that are read with the question: more take longer and change no first place (docs/experiments.md).
READ_TOGETHER = 4
# Where the measures are as sure as this, they are right, and nothing is read; nor where they see next to nothing: the
# cross-encoder has an opinion of "please help me", too.
HOPELESS, SURE = 0.04, 0.95
# A paper of a list need have but one side of what is asked for: its threshold is this share of the others'.
_OF_LISTS = 0.6


@dataclass(frozen=True, slots=True)
class Fitting:
    """A paper found, the probability that it answers, and the worth of each of its sentences (log odds)."""

    read: ReadPaper
    probability: float
    worth: tuple[float, ...]

    def best(self) -> list[int]:
        """Its sentences from the worthiest on."""
        return sorted(range(len(self.worth)), key=lambda order: (-self.worth[order], order))


@dataclass(frozen=True, slots=True)
class Likely:
    """The papers found, the likeliest first, and the probability below which the first gives no answer."""

    papers: tuple[Fitting, ...]
    threshold: float


def likeliest(asked: Question, wanted: Sequence[WantedWord], read: Sequence[ReadPaper], model: Fit) -> Likely:
    """The papers found, each with the probability that it answers and the worth of its sentences.

    Args:
        asked: the question.
        wanted: its words.
        read: the papers found.
        model: as fitted.
    """
    measured = {one.paper.id: paper_features(asked, wanted, one, read) for one in read}
    papers = _sorted(
        [
            Fitting(one, model.paper.probability(measured[one.paper.id]), worth_of(asked, wanted, one, model.sentence))
            for one in read
        ]
    )
    if not (papers and HOPELESS < papers[0].probability < SURE):
        return Likely(tuple(papers), model.threshold)
    # The cross-encoder was taught by questions that one paper answers: of many it would believe one.
    shape = shape_of(asked, wanted, [one.read for one in papers])
    if shape != "plain":
        return Likely(tuple(papers), model.threshold * (_OF_LISTS if shape == "list" else 1))
    first, rest = papers[:READ_TOGETHER], papers[READ_TOGETHER:]
    logits = relevance(asked.text, [gist(one.read, one.worth) for one in first])
    if not logits:
        return Likely(tuple(papers), model.threshold)
    reread = [
        replace(one, probability=model.together.probability((model.paper.score(measured[one.read.paper.id]), *told)))
        for one, told in zip(first, relevance_features(logits), strict=True)
    ]
    least = min(one.probability for one in reread)
    behind = [replace(one, probability=min(one.probability, least)) for one in rest]
    return Likely(tuple(_sorted(reread) + behind), model.threshold_together)


def worth_of(asked: Question, wanted: Sequence[WantedWord], paper: ReadPaper, model: Model) -> tuple[float, ...]:
    """How far each sentence of a paper is what is asked for (log odds)."""
    content = [word for word in wanted if not word.is_name] or list(wanted)
    return tuple(
        model.score(sentence_features(asked, wanted, content, paper, order)) for order in range(len(paper.spans))
    )


def _sorted(papers: Sequence[Fitting]) -> list[Fitting]:
    return sorted(papers, key=lambda one: (-one.probability, one.read.place))
