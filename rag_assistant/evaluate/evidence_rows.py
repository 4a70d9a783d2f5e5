"""What the evidence models are fitted to: papers, and sentences, as rows of features, question by question."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag_assistant.answer.candidates import read_papers, weigh
from rag_assistant.answer.evidence import Model, fit, paper_features, unknown_names
from rag_assistant.answer.likelihood import READ_TOGETHER, worth_of
from rag_assistant.answer.question import understand
from rag_assistant.answer.relevance import ENCODER, gist, relevance, relevance_features
from rag_assistant.answer.rhetoric import sentence_features
from rag_assistant.evaluate.cases import Case, title_key
from rag_assistant.evaluate.metrics import has_fact
from rag_assistant.evaluate.relevance_groups import is_kept_out, load_training_questions
from rag_assistant.index.open import Index
from rag_assistant.records import Hit
from rag_assistant.retrieve import search
from rag_assistant.settings import load_settings

Array = npt.NDArray[np.float64]
_LEAST = 1e-6  # probability, so that there are log odds of it


@dataclass(frozen=True, slots=True)
class Rows:
    """Papers (or sentences) of one question: features, whether each is right, and whether a rule declines anyway.

    ``gists`` are what the cross-encoder reads of each paper beside the ``question``.
    """

    features: Array
    labels: Array
    answerable: bool
    declined_by_rule: bool = False
    question: str = ""
    gists: tuple[str, ...] = ()


def paper_rows(question: str, hits: Sequence[Hit], gold: set[str], index: Index) -> Rows | None:
    """The papers found for a question; ``gold`` holds the ids of those that answer it."""
    asked = understand(question)
    read = read_papers(hits)
    wanted = weigh(asked, read, index)
    if not wanted or not read:
        return None
    return Rows(
        np.array([paper_features(asked, wanted, paper, read) for paper in read]),
        np.array([float(paper.paper.id in gold) for paper in read]),
        bool(gold),
        asked.small_talk or bool(unknown_names(asked, wanted)),
        asked.text,
        tuple(gist(paper, worth_of(asked, wanted, paper, fit().sentence)) for paper in read),
    )


def read_together(rows: Sequence[Rows], probabilities: Sequence[Array]) -> list[Rows]:
    """Of each question the likeliest papers: the log odds of that, and what the cross-encoder makes of them."""
    found = []
    for one, probability in zip(rows, probabilities, strict=True):
        first = np.argsort(-probability, kind="stable")[:READ_TOGETHER]
        logits = relevance(one.question, [one.gists[place] for place in first])
        if not logits:
            raise SystemExit(f"there is no cross-encoder: {ENCODER.missing()}")
        likely = np.clip(probability[first], _LEAST, 1 - _LEAST)
        features = np.column_stack([np.log(likely / (1 - likely)), relevance_features(logits)])
        found.append(replace(one, features=features, labels=one.labels[first]))
    return found


def training_rows(file: Path, index: Index) -> list[Rows]:
    """The training questions about papers that the cross-encoder has never seen."""
    settings = load_settings()
    ids = {title_key(paper.title): paper.id for paper in index.catalog.all_papers()}
    found = []
    for one in load_training_questions(file):
        if is_kept_out(one.paper):
            gold = {ids[one.paper]} if one.answerable else set()
            rows = paper_rows(one.question, search(index, one.question, settings.retrieve), gold, index)
            if rows is not None:
                found.append(rows)
    return found


def sentence_rows(case: Case, hits: Sequence[Hit], gold: set[str], index: Index) -> Iterator[Rows]:
    """The sentences of each right paper found, labelled by whether a fact asked for stands in them."""
    asked = understand(case.question)
    read = read_papers(hits)
    wanted = weigh(asked, read, index)
    content = [word for word in wanted if not word.is_name] or list(wanted)
    for paper in read:
        texts = [paper.sentence(order) for order in range(len(paper.spans))]
        labels = np.array([float(any(has_fact(text, fact) for fact in case.facts)) for text in texts])
        if paper.paper.id in gold and labels.any():
            features = [sentence_features(asked, wanted, content, paper, order) for order in range(len(texts))]
            yield Rows(np.array(features), labels, True)


def case_rows(cases: Sequence[Case], index: Index) -> tuple[list[Rows], list[Rows]]:
    """Rows of papers and of sentences of all cases, follow-ups left out."""
    settings = load_settings()
    ids = {title_key(paper.title): paper.id for paper in index.catalog.all_papers()}
    papers: list[Rows] = []
    sentences: list[Rows] = []
    for case in cases:
        if case.history:
            continue
        gold = {ids[key] for key in map(title_key, case.gold_titles) if key in ids}
        hits = search(index, case.question, settings.retrieve)
        rows = paper_rows(case.question, hits, gold, index)
        if rows is not None:
            papers.append(rows)
        sentences += sentence_rows(case, hits, gold, index)
    return papers, sentences


def pubmedqa_rows(file: Path, index: Index, remainder: int) -> list[Rows]:
    """PubMedQA's questions whose id leaves ``remainder`` when halved, each with and without its own abstract."""
    settings = load_settings()
    wanted = settings.retrieve.k
    found = []
    for id_, record in json.loads(file.read_text(encoding="utf-8")).items():
        if int(id_) % 2 != remainder:
            continue
        hits = search(index, record["QUESTION"], settings.retrieve, wanted + 1)
        without = [hit for hit in hits if hit.paper.id != id_]
        for some, gold in ((hits[:wanted], {id_}), (without[:wanted], set[str]())):
            rows = paper_rows(record["QUESTION"], some, gold, index)
            if rows is not None:
                found.append(rows)
    return found


def conclusion_rows(file: Path, index: Index, remainder: int) -> list[Rows]:
    """The sentences of PubMedQA's own abstracts, labelled by whether they stand in its conclusion.

    Only questions that ask whether something is so: what is fitted here is which sentence answers those.
    """
    settings = load_settings()
    found = []
    for id_, record in json.loads(file.read_text(encoding="utf-8")).items():
        if int(id_) % 2 != remainder:
            continue
        asked = understand(record["QUESTION"])
        if asked.kind != "whether":
            continue
        hits = search(index, record["QUESTION"], settings.retrieve)
        read = read_papers(hits)
        wanted = weigh(asked, read, index)
        content = [word for word in wanted if not word.is_name] or list(wanted)
        for paper in read:
            if paper.paper.id != id_:
                continue
            orders = range(len(paper.spans))
            features = [sentence_features(asked, wanted, content, paper, order) for order in orders]
            labels = np.array([float(paper.sentence(order) in record["LONG_ANSWER"]) for order in orders])
            if labels.any():
                found.append(Rows(np.array(features), labels, True))
    return found


def believed(model: Model, rows: Rows) -> Array:
    """The probability of each paper of a question."""
    return np.array([model.probability(features) for features in rows.features.tolist()])
