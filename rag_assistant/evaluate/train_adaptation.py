"""Learns how to move questions' vectors (``rag_assistant/retrieve/adaptation.npz``).

    python -m rag_assistant.evaluate.train_adaptation --questions evals/training/questions.jsonl:DIR … \\
        [--beir FOLDER:DIR] --out adaptation.npz

``--questions`` names files of questions (``evals/training/README.md``), each with an index that has their papers; those
about papers that :mod:`relevance_groups` keeps out are left out. ``--beir`` is a folder in the BEIR layout whose train
queries are learned from, with an index of its corpus. The loss is the cross-entropy of choosing the right paper among
all of its collection, by the cosine of its best passage over 0.05 (InfoNCE, van den Oord et al. 2018), and how far
vectors are moved. The index, and so every passage's vector, stays as it is. One thread, two minutes.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_assistant.evaluate.beir import load_beir
from rag_assistant.evaluate.cases import title_key
from rag_assistant.evaluate.relevance_groups import is_kept_out, load_training_questions
from rag_assistant.index.embed import Vectors, load_encoder
from rag_assistant.index.open import Index
from rag_assistant.retrieve.adaptation import Adaptation
from rag_assistant.retrieve.framing import unframed
from rag_assistant.settings import load_settings

_RANK, _EPOCHS, _RATE, _BATCH, _TEMPERATURE = 32, 6, 1e-3, 32, 0.05
_STAY = 1.0  # weight of the squared distance that a vector is moved


@dataclass(frozen=True, slots=True)
class Collection:
    """Passages (n, dimension), the paper of each (n,), questions (m, dimension), and the right paper of each (m,)."""

    passages: Vectors
    papers: npt.NDArray[np.int64]
    questions: Vectors
    right: npt.NDArray[np.int64]


def learn(collections: Sequence[Collection], weights_sha256: str, made_by: str) -> Adaptation:
    """The step that brings questions nearest to their papers."""
    import torch
    from torch.nn.functional import cross_entropy, normalize

    torch.manual_seed(0)
    torch.set_num_threads(1)
    dimension = collections[0].questions.shape[1]
    down = torch.nn.Parameter(torch.randn(dimension, _RANK) * 0.02)
    up = torch.nn.Parameter(torch.zeros(_RANK, dimension))
    optimizer = torch.optim.AdamW([down, up], lr=_RATE, weight_decay=1e-3)
    for _ in range(_EPOCHS):
        for collection in collections:
            passages, papers = torch.from_numpy(collection.passages), torch.from_numpy(collection.papers)
            for batch in torch.randperm(len(collection.questions)).split(_BATCH):
                asked = torch.from_numpy(collection.questions[batch.numpy()])
                moved = normalize(asked + asked @ down @ up, dim=-1)
                best = _best_passages(moved @ passages.T, papers)
                right = torch.from_numpy(collection.right[batch.numpy()])
                stayed = ((moved - asked) ** 2).sum(-1).mean()
                loss = cross_entropy(best / _TEMPERATURE, right) + _STAY * stayed
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return Adaptation(down.detach().numpy(), up.detach().numpy(), weights_sha256, made_by)


def _best_passages(similarities: Any, papers: Any) -> Any:
    """(questions, papers) the highest similarity of each paper's passages."""
    count = int(papers.max()) + 1
    found = similarities.new_full((len(similarities), count), -2.0)
    return found.scatter_reduce(1, papers.expand(len(similarities), -1), similarities, "amax", include_self=False)


def collection_of(index: Index, asked: Sequence[tuple[str, int]]) -> Collection:
    """Questions, each with the ordinal of its paper, over an index."""
    questions = np.array([index.embed_question(unframed(question)) for question, _ in asked])
    passages = index.vectors.rows(np.arange(len(index.passage_papers)))
    return Collection(
        np.ascontiguousarray(passages),
        index.passage_papers.astype(np.int64),
        questions,
        np.array([paper for _, paper in asked]),
    )


def from_questions(file: Path, index: Index) -> Iterator[tuple[str, int]]:
    """Answerable questions of a file, each with the ordinal of its paper."""
    ordinals = {title_key(paper.title): place for place, paper in enumerate(index.catalog.all_papers())}
    for one in load_training_questions(file):
        if one.answerable and one.paper in ordinals and not is_kept_out(one.paper):
            yield one.question, ordinals[one.paper]


def from_beir(folder: Path, index: Index) -> Iterator[tuple[str, int]]:
    """Train queries of a folder, once with each of their relevant papers."""
    ordinals = {paper.id: place for place, paper in enumerate(index.catalog.all_papers())}
    collection = load_beir(folder, "train")
    for query, relevant in collection.judgements.items():
        for paper in sorted(relevant):
            if relevant[paper] > 0 and paper in ordinals:
                yield collection.questions[query], ordinals[paper]


def main(arguments: Sequence[str] | None = None) -> int:
    """Learns the step and writes it."""
    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.train_adaptation", description=__doc__)
    parser.add_argument("--questions", nargs="+", required=True, metavar="FILE:INDEX_DIR")
    parser.add_argument("--beir", nargs="*", default=[], metavar="FOLDER:INDEX_DIR")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    encoder = load_encoder(load_settings().embedding.model)
    collections = []
    for named, read in [(one, from_questions) for one in given.questions] + [(one, from_beir) for one in given.beir]:
        path, _, folder = named.rpartition(":")
        index = Index(Path(folder), load_settings(index_dir=Path(folder)), lambda: encoder)
        collections.append(collection_of(index, list(read(Path(path), index))))
    told = [f"{Path(one.rpartition(':')[0]).name}:DIR" if ":" in one else one for one in arguments or sys.argv[1:]]
    made_by = f"python -m rag_assistant.evaluate.train_adaptation {shlex.join(told)}"
    given.out.write_bytes(learn(collections, encoder.card.weights_sha256, made_by).packed())
    return 0


if __name__ == "__main__":
    sys.exit(main())
