"""Whether a paper found answers the question, as a probability.

A logistic model over a few measures of how question and paper fit. Its coefficients, the command that fitted them and
what it was fitted on are in ``evidence.json`` beside this file; docs/answers.md shows how reliable it is.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rag_assistant.answer.candidates import ReadPaper, WantedWord, coverage, nearness_to
from rag_assistant.answer.details import details_asked, details_lacking
from rag_assistant.answer.question import Question
from rag_assistant.answer.relevance import RELEVANCE_FEATURES
from rag_assistant.answer.rhetoric import SENTENCE_FEATURES, counts, figures
from rag_assistant.index.lexical import words_of

# Papers from which on a word that none has tells something, and the share of the words asked that is little.
_LARGE, _LITTLE = 200, 0.35
# A word that no paper has is put down to other wording where the paper is this likely to answer.
_SURE = 0.6
# From here on a word of a paper may stand for one of the question: "shorten" for "compress".
_NEAR = 0.3
# Share of what a list is asked for from which on it is its subject, and of the threshold that its best paper must reach
# (both set on the development questions).
_SUBJECT_WEIGHT, _LIST_SHARE = 0.42, 0.7
# The cosine similarity of a question and a paper that has little to do with it.
_ORDINARY = 0.2
MODEL_FILE = Path(__file__).with_name("evidence.json")

PAPER_FEATURES = (
    "dense",
    "dense_lead",
    "fused",
    "lexical_share",
    "covered",
    "covered_by_title",
    "covered_by_sentence",
    "content_covered",
    "rarest_found",
    "rarest_missing",
    "rarest_missing_beside_name",
    "unknown_beside_name",
    "uncovered_beside_name",
    "unknown",
    "names_missing",
    "names_in_title",
    "details_lacking",
    "uncounted",
    "no_figure",
    "only_a_name",
    "few_words",
    "nearly_covered",
    "farthest",
    "dense_nearly_covered",
    "fused_nearly_covered",
    "dense_fused",
)
TOGETHER_FEATURES = ("measures", *RELEVANCE_FEATURES)


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic model: its probability is 1 / (1 + exp(-(intercept + coefficients · features)))."""

    intercept: float
    coefficients: tuple[float, ...]

    def score(self, features: Sequence[float]) -> float:
        """The log odds."""
        return self.intercept + sum(weight * value for weight, value in zip(self.coefficients, features, strict=True))

    def probability(self, features: Sequence[float]) -> float:
        """From 0 to 1."""
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, self.score(features)))))


@dataclass(frozen=True, slots=True)
class Fit:
    """The models as fitted, and the probabilities below which an answer is withheld.

    ``together`` and its threshold are for papers that a cross-encoder has read with the question, too: it weighs the
    log odds of ``paper`` with what :mod:`relevance` says.
    """

    paper: Model
    sentence: Model
    threshold: float
    together: Model
    threshold_together: float


@cache
def fit() -> Fit:
    """The coefficients in ``evidence.json``."""
    return fit_from(json.loads(MODEL_FILE.read_text(encoding="utf-8")))


def fit_from(fields: dict[str, Any]) -> Fit:
    """A fit from the fields of its file; what it says nothing of counts for nothing."""
    return Fit(
        _model(fields["paper"], PAPER_FEATURES),
        _model(fields["sentence"], SENTENCE_FEATURES),
        fields["threshold"],
        _model(fields["together"], TOGETHER_FEATURES),
        fields["threshold_together"],
    )


def _model(fields: dict[str, Any], names: Sequence[str]) -> Model:
    return Model(fields["intercept"], tuple(fields["coefficients"].get(name, 0.0) for name in names))


def paper_features(
    asked: Question, words: Sequence[WantedWord], paper: ReadPaper, papers: Sequence[ReadPaper]
) -> tuple[float, ...]:
    """How one paper fits the question, in the order of ``PAPER_FEATURES``; most from 0 to 1.

    Args:
        asked: the question.
        words: its words; of those that name another of the papers found, this one need have none.
        paper: one of the papers found.
        papers: all of them.
    """
    hit = paper.hit
    hits = [one.hit for one in papers]
    wanted = [
        word
        for word in words
        if not word.is_name or word.within(paper.every) or not any(word.within(other.title) for other in papers)
    ]
    dense = hit.dense or 0.0
    # A paper that is asked for alone is ahead of what papers are like in general.
    others = [other.dense or 0.0 for other in hits if other is not hit] or [_ORDINARY]
    highest = max((other.lexical or 0.0) for other in hits)
    content = [word for word in wanted if not word.is_name]
    named = [word for word in wanted if word.is_name]
    found_name = any(word.within(paper.every) for word in named)
    missing = [word for word in wanted if not word.within(paper.every)]
    lacking = details_lacking(details_asked(asked.text), hit.paper.text)
    sentences = [paper.sentence(order) for order in range(len(paper.spans))]
    near = [(word, nearness_to(word, paper)) for word in content]
    weight = sum(word.weight for word in content)
    # What a paper says in other words counts as far as these are near: "pictures" for "images", never "birds".
    nearly = sum(word.weight * nearness for word, nearness in near) / weight if weight else 1.0
    return (
        dense,
        dense - sum(others) / len(others),
        hit.score,
        (hit.lexical or 0.0) / highest if highest else 0.0,
        coverage(wanted, paper.every),
        coverage(wanted, paper.title),
        max(coverage(wanted, stems) for stems in paper.stems),
        coverage(content, paper.every) if content else 1.0,
        max((word.rarity for word in wanted if word.within(paper.every)), default=0.0),
        max((word.rarity for word in missing), default=0.0),
        # A question that names its subject puts the rest in plain words: a rare one that the paper lacks tells more.
        max((word.rarity for word in missing if not word.is_name), default=0.0) if found_name else 0.0,
        float(found_name and any(not word.known for word in content)),
        1 - coverage(content, paper.every) if found_name and content else 0.0,
        sum(word.weight for word in wanted if not word.known),
        float(sum(not word.within(paper.every) for word in named)),
        _named_in(hit.paper.title, asked, named, paper),
        float(bool(lacking)),
        float(bool(asked.counted) and not any(counts(text, asked.counted) for text in sentences)),
        float(asked.kind == "number" and not any(figures(text) for text in sentences)),
        float(found_name and not content),
        1 / max(1, len(wanted)),
        nearly,
        max((word.rarity * (1 - nearness) for word, nearness in near), default=0.0),
        dense * nearly,
        hit.score * nearly,
        dense * hit.score,
    )


def unknown_names(asked: Question, wanted: Sequence[WantedWord]) -> list[str]:
    """Names in the question that no paper of the collection has; neither a figure with its unit
    ("100K") nor what is typed in lower case is taken for one."""
    unknown = {word.typed for word in wanted if not word.known}
    return [
        name
        for name in asked.names
        if name[0].isalpha() and not name.islower() and unknown.intersection(words_of(name))
    ]


def abstention_reason(
    asked: Question,
    wanted: Sequence[WantedWord],
    papers: Sequence[ReadPaper],
    best: float,
    threshold: float,
    size: int,
) -> str | None:
    """Why no answer is given, saying what was looked for; None where one is.

    Args:
        asked: the question.
        wanted: its words.
        papers: those found, the one that fits best first.
        best: the probability that this one answers.
        threshold: below which no answer is given.
        size: how many papers the collection has.
    """
    if asked.small_talk:
        return "that asks nothing of the papers; ask what they propose, measure or find"
    if not wanted:
        return "the question has no word to look for"
    if not papers:
        return "no paper was found"
    if unknown := unknown_names(asked, wanted):
        return f"no indexed paper mentions {_listed(unknown)}"
    if foreign := _foreign_subject(asked, wanted, size):
        return f"no indexed paper mentions {_told(foreign)}"
    paper = papers[0]
    named = any(word.is_name and word.within(paper.every) for word in wanted)
    title = f"“{paper.paper.title}”"
    if named and (lacking := details_lacking(details_asked(asked.text), paper.paper.text)):
        return f"the abstract of {title} doesn't give {_listed(lacking)}"
    if best < _SURE and (foreign := _foreign(wanted, paper, size)):
        return f"the abstract of {title} says nothing of {_told(foreign)}, and no other paper does"
    # Of a list no single paper answers all that is asked.
    if best >= threshold * (_LIST_SHARE if asked.kind == "list" else 1):
        return None
    missing = [word for word in wanted if not word.within(paper.every)]
    if named and missing:
        return f"the abstract of {title} says nothing of {_told(missing)}"
    return f"looked for {_told(wanted)}, and the nearest papers speak of other things"


def _named_in(title: str, asked: Question, named: Sequence[WantedWord], paper: ReadPaper) -> float:
    """1 where a title has a name of the question as typed, else how rare the name is whose letters it has ("ThinK" is
    not the "Thinking" of another title)."""
    if any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", title) for name in asked.names):
        return 1.0
    return max((word.rarity for word in named if word.within(paper.title)), default=0.0) / 2


def _foreign(wanted: Sequence[WantedWord], paper: ReadPaper, size: int) -> list[WantedWord]:
    """What is asked of a paper called by its name, where no paper has the word and this one little else that is asked.

    "How does DriveGPT4 fly a drone?" In a small collection many an ordinary word occurs nowhere, and tells nothing.
    """
    content = [word for word in wanted if not word.is_name]
    called = any(word.is_name and word.within(paper.title) for word in wanted)
    if not called or size < _LARGE or coverage(content, paper.every) > _LITTLE:
        return []
    return [word for word in content if not word.known and nearness_to(word, paper) < _NEAR]


def _foreign_subject(asked: Question, wanted: Sequence[WantedWord], size: int) -> list[WantedWord]:
    """The words that no paper has, where they are what a list is asked for: "Which papers propose quantum algorithms?"

    A question about one paper may put its words otherwise; what a whole list is about, some paper would say.
    """
    unknown = [word for word in wanted if not word.known]
    if asked.kind != "list" or size < _LARGE or sum(word.weight for word in unknown) < _SUBJECT_WEIGHT:
        return []
    return unknown


def _told(words: Sequence[WantedWord]) -> str:
    """The three words that tell most, in the order of the question."""
    telling = sorted(words, key=lambda word: -word.rarity)[:3]
    return _listed([f"“{word.typed}”" for word in words if word in telling])


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
