"""Low-rank updates of the bundled MiniLM (LoRA, Hu et al. 2021, through peft): built, run over pairs, written.

What reads pairs together here, the verifier's cross-encoder and the one that reads a question with a paper, is the same
network with other numbers: updates of every linear layer, a head over the first vector and the mean of the first
text's, and a head that says of each word piece of the first text whether it is at fault. Needs peft, which the package
doesn't.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from rag_assistant.index.adapter import HIDDEN, RANK, SCALE, Adapter

_WARMUP = 0.06


class Encoded(Protocol):
    """A pair as word pieces: ``said`` of the first text, which stand after the first special one."""

    @property
    def ids(self) -> list[int]:
        """All of them, special ones included."""

    @property
    def said(self) -> int:
        """How many are the first text's."""


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


def run(encoder: Any, heads: Any, batch: Sequence[Encoded]) -> tuple[Any, Any, Any]:
    """Logits of a batch: (n,) of the pairs, (n, tokens) of words at fault, and which tokens are the first text's."""
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


def logits(encoder: Any, heads: Any, pairs: Sequence[Encoded]) -> Any:
    """(n,) logits of any number of pairs, nothing learned from them."""
    import torch

    order = sorted(range(len(pairs)), key=lambda at: len(pairs[at].ids))
    found = np.zeros(len(pairs))
    encoder.eval()
    with torch.no_grad():
        for begin in range(0, len(order), 64):
            rows = order[begin : begin + 64]
            found[rows] = run(encoder, heads, [pairs[at] for at in rows])[0].numpy()
    encoder.train()
    return found


class Descent:
    """AdamW over all that is learned: the rate rises over the first steps and falls as a half cosine."""

    def __init__(self, encoder: Any, heads: Any, top: float) -> None:
        """Args: ``top``, the highest rate."""
        import torch

        self._learned = [one for one in (*encoder.parameters(), *heads.parameters()) if one.requires_grad]
        self._optimizer = torch.optim.AdamW(self._learned, lr=top, weight_decay=0.01)
        self._top = top
        self.steps = 0

    def step(self, loss: Any, share: float, steps: int) -> None:
        """One step down a loss; ``share`` of all ``steps`` are done."""
        import torch

        rise = min(1.0, (self.steps + 1) / (_WARMUP * steps))
        for group in self._optimizer.param_groups:
            group["lr"] = self._top * rise * 0.5 * (1 + math.cos(math.pi * share))
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._learned, 1.0)
        self._optimizer.step()
        self.steps += 1


def lay(adapter: Adapter, encoder: Any, heads: Any) -> None:
    """Lays an adapter over the encoder and the heads."""
    import torch

    there = encoder.state_dict()
    for name, part in adapter.parts.items():
        place, _, kind = name.rpartition(".")
        if place in heads:
            heads[place].get_parameter(kind).data.copy_(torch.from_numpy(part))
        else:
            there[f"base_model.model.{place}.lora_{kind}.default.weight"].copy_(torch.from_numpy(part))


def write(encoder: Any, heads: Any, out: Path, command: str) -> None:
    """Writes what was learned as an adapter that says what made it."""
    parts: dict[str, Any] = {}
    for name, value in encoder.state_dict().items():
        if ".lora_" in name:
            place, _, rest = name.removeprefix("base_model.model.").partition(".lora_")
            parts[f"{place}.{rest[0]}"] = value.detach().numpy().astype(np.float16)
    for name, head in heads.items():
        parts[f"{name}.weight"] = head.weight.detach().numpy().astype(np.float32)
        parts[f"{name}.bias"] = head.bias.detach().numpy().astype(np.float32)
    Adapter(parts, command).save(out)
