"""What the cross-encoder of questions and papers learns from: questions, each with the papers that a search finds.

A line of a file of questions is ``{"id", "question", "paper", "answerable", "facts"}``: the title of the paper that is
asked about, and whether its abstract answers. Where it doesn't, no paper found counts as an answer. Only papers that
some question of the file is about are taken into a group: one that is met as a wrong answer alone would be learned by
heart as wrong, and held-out questions are about such papers.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rag_assistant.answer.candidates import read_papers, weigh
from rag_assistant.answer.evidence import fit, paper_features
from rag_assistant.answer.likelihood import worth_of
from rag_assistant.answer.question import understand
from rag_assistant.answer.relevance import gist
from rag_assistant.errors import SourceError
from rag_assistant.evaluate.cases import title_key
from rag_assistant.index.cross_encoder import PairTokenizer
from rag_assistant.index.embed import load_encoder
from rag_assistant.index.open import Index
from rag_assistant.retrieve import search
from rag_assistant.settings import load_settings

_FOUND, _LOOKED_FOR = 8, 24
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class TrainingQuestion:
    """A question, the key of the title of the paper that it is about, and whether that paper answers it."""

    question: str
    paper: str
    answerable: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and the gist of a paper as word pieces, ``said`` of them the question's."""

    ids: list[int]
    said: int


@dataclass(frozen=True)
class Group:
    """A question with papers found for it, the likeliest first, and which of them answer.

    ``kept_out``: nothing is learned from it.
    """

    pairs: list[Pair]
    answers: list[bool]
    answerable: bool
    kept_out: bool = False

    @cached_property
    def longest(self) -> int:
        """Word pieces of the longest pair."""
        return max(len(pair.ids) for pair in self.pairs)

    def drawn(self, others: int, chance: random.Random) -> Group:
        """The answers, and so many of the others: half of them those that look likeliest, the rest by chance."""
        answers = [at for at, is_answer in enumerate(self.answers) if is_answer]
        rest = [at for at, is_answer in enumerate(self.answers) if not is_answer]
        sure = rest[: (others + 1) // 2]
        more = rest[len(sure) :]
        taken = [*answers, *sure, *chance.sample(more, min(others - len(sure), len(more)))]
        return Group([self.pairs[at] for at in taken], [self.answers[at] for at in taken], self.answerable)


def load_training_questions(path: Path) -> list[TrainingQuestion]:
    """The questions of a file.

    Raises:
        SourceError: a line is no question; the line is named.
    """
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            one = json.loads(line)
            found.append(TrainingQuestion(one["question"], title_key(one["paper"]), bool(one["answerable"])))
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(f"{path}:{number}: not a training question: {error}") from None
    return found


def groups_of(path: Path, index_dir: Path, tokenizer: PairTokenizer, *, keep_out: bool) -> Iterator[Group]:
    """The questions of a file, each with the papers that the index finds for it.

    Args:
        path: the questions.
        index_dir: of an index that has the papers.
        tokenizer: of the pairs.
        keep_out: a fifth of the papers is kept out, and each question is given papers of its own side only.
    """
    settings = load_settings(index_dir=index_dir)
    encoder = load_encoder(settings.embedding.model)
    index = Index(index_dir, settings, lambda: encoder)
    questions = load_training_questions(path)
    about = {one.paper for one in questions}
    model = fit()
    for one in questions:
        apart = keep_out and is_kept_out(one.paper)
        hits = [
            hit
            for hit in search(index, one.question, settings.retrieve, _LOOKED_FOR)
            if (key := title_key(hit.paper.title)) in about and (keep_out and is_kept_out(key)) == apart
        ][:_FOUND]
        asked = understand(one.question)
        read = read_papers(hits)
        wanted = weigh(asked, read, index)
        if not wanted or not read:
            continue
        # The cross-encoder isn't there yet: what is likeliest without it.
        likely = sorted(read, key=lambda paper: -model.paper.probability(paper_features(asked, wanted, paper, read)))
        answers = [one.answerable and title_key(paper.paper.title) == one.paper for paper in likely]
        if one.answerable and not any(answers):
            continue
        gists = [gist(paper, worth_of(asked, wanted, paper, model.sentence)) for paper in likely]
        pairs = [Pair(*tokenizer.pair(one.question, text)[:2]) for text in gists]
        yield Group(pairs, answers, one.answerable, apart)


def is_kept_out(key: str) -> bool:
    """Whether the paper of a title's key is one of the fifth that the cross-encoder never sees."""
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % _FOLDS == 0
