"""Passages embedded by torch in bfloat16, on a GPU or a processor that multiplies it in hardware (AMX, AVX-512 BF16).

There it is up to several times faster than onnxruntime in float32, and for many passages worth the seconds that torch
takes to load. It is used only where its vectors agree with those in float32, which is tried once for each model and
device. The transformer alone computes in bfloat16; pooling hundreds of word pieces in it would cost the third digit.
"""

from __future__ import annotations

import importlib.metadata
import json
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from rag_assistant.errors import EncoderError
from rag_assistant.index.embed import Encoder, EncoderCard, Vectors
from rag_assistant.index.embed_export import CHECK_TEXTS, load_sentence_transformer

Device = Literal["cuda", "cpu"]
DEVICES: tuple[Device, ...] = ("cuda", "cpu")

MIN_COSINE = 0.999
# Fewer at once are embedded before torch is loaded.
FEWEST_TEXTS = 512
# Word pieces a batch, padding included (docs/experiments.md).
_BATCH_TOKENS: dict[Device, int] = {"cuda": 65_536, "cpu": 2_048}
_CPU_FLAGS = {"amx_bf16", "avx512_bf16"}

logger = logging.getLogger(__name__)


def fast_device() -> Device | None:
    """The device that multiplies bfloat16 in hardware, or None. Torch is imported only where a GPU's driver is."""
    if Path("/proc/driver/nvidia/version").exists():
        import torch

        if torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False):
            return "cuda"
    try:
        flags = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags")), "")
    except OSError:
        return None  # no Linux: nothing says what the processor can do
    return "cpu" if _CPU_FLAGS.intersection(flags.split()) else None


class TorchEncoder:
    """An encoder that has torch embed many passages at once, and leaves all else to the one that it stands before."""

    def __init__(
        self, plain: Encoder, folder: Path | None, export: Path, device: Callable[[], Device | None] = fast_device
    ) -> None:
        """Loads nothing yet.

        Args:
            plain: embeds questions and few passages, and is what torch is compared with.
            folder: where the model's weights are; None for a name that sentence-transformers looks up.
            export: the folder in which the outcome of the comparison is kept.
            device: asked, when many passages come for the first time, what torch should compute on.
        """
        self._plain = plain
        self._folder = folder
        self._export = export
        self._fast_device = device
        self._device: Device | None = None
        self._model: Any = None
        self._asked = False
        self._lock = threading.Lock()

    @property
    def card(self) -> EncoderCard:
        """What the model is."""
        return self._plain.card

    def encode_question(self, text: str) -> Vectors:
        """(dimension,) unit vector."""
        return self._plain.encode_question(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, special ones left out, however long."""
        return self._plain.count_tokens(texts)

    def encode_passages(self, texts: Sequence[str], done: Callable[[int], None] | None = None) -> Vectors:
        """(len(texts), dimension) unit vectors; ``done`` is told how many texts are through.

        Raises:
            EncoderError: the model can't be loaded, or the GPU's memory doesn't hold one text.
        """
        if self._model is None and len(texts) < FEWEST_TEXTS:
            return self._plain.encode_passages(texts, done)
        device = self.device()
        return self._plain.encode_passages(texts, done) if device is None else self._encode(texts, device, done)

    def device(self) -> Device | None:
        """What torch embeds many passages on; None where onnxruntime embeds them all.

        Raises:
            EncoderError: the model can't be loaded.
        """
        with self._lock:
            if not self._asked:
                device = self._fast_device()
                if device is not None and self._cosine(device) >= MIN_COSINE:
                    self._device = device
                self._asked = True
            return self._device

    def measured(self, device: Device) -> float | None:
        """The least cosine of a text's vectors in bfloat16 and in float32, as measured once; None before that."""
        try:
            kept: dict[str, Any] = json.loads(self._tried(device).read_text())
            return (
                float(kept["cosine"]) if all(kept.get(name) == value for name, value in self._this().items()) else None
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None  # never tried, or only half written

    def _cosine(self, device: Device) -> float:
        kept = self.measured(device)
        if kept is not None:
            return kept
        fast, plain = self._encode(CHECK_TEXTS, device, None), self._plain.encode_passages(CHECK_TEXTS)
        cosine = float(np.min(np.sum(fast * plain, axis=1)))
        if cosine < MIN_COSINE:
            logger.info("bfloat16 on %s: cosine %.5f to float32, %s wanted: not used", device, cosine, MIN_COSINE)
        try:
            self._tried(device).write_text(json.dumps({**self._this(), "cosine": cosine}))
        except OSError as error:
            logger.info("%s can't be written: bfloat16 is tried again next time", error.filename)
        return cosine

    def _tried(self, device: Device) -> Path:
        return self._export / f"bfloat16-{device}.json"

    def _this(self) -> dict[str, str]:
        return {"torch": importlib.metadata.version("torch"), "weights": self.card.weights_sha256}

    def _encode(self, texts: Sequence[str], device: Device, done: Callable[[int], None] | None) -> Vectors:
        import torch

        model = self._loaded(device)
        texts = [self.card.passage_prompt + text for text in texts]
        rows = model.tokenizer(texts, truncation=True, max_length=self.card.window)["input_ids"]
        order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
        vectors: Vectors = np.empty((len(rows), self.card.dimension), dtype=np.float32)
        begin, budget = 0, _BATCH_TOKENS[device]
        while begin < len(order):
            end = begin + 1
            while end < len(order) and len(rows[order[end]]) * (end + 1 - begin) <= budget:
                end += 1
            batch = order[begin:end]
            try:
                vectors[batch] = _run(model, [rows[row] for row in batch], device)
            except torch.cuda.OutOfMemoryError as error:
                if len(batch) == 1:
                    raise EncoderError(
                        f"the GPU's memory doesn't hold one text of {len(rows[batch[0]])} word pieces: free some, "
                        "or embed on the processor with CUDA_VISIBLE_DEVICES="
                    ) from error
                budget //= 2
                continue
            begin = end
            if done is not None:
                done(end)
        return vectors

    def _loaded(self, device: Device) -> Any:
        if self._model is None:
            import torch

            model = load_sentence_transformer(self.card.model, self._folder, attention="sdpa").to(device)
            model[0].to(torch.bfloat16)
            self._model = model
        return self._model


def _run(model: Any, rows: list[list[int]], device: Device) -> Vectors:
    import torch

    features = dict(model.tokenizer.pad({"input_ids": rows}, return_tensors="pt").to(device))
    with torch.inference_mode():
        for module in model:
            features = module(features)
            if module is model[0]:
                features["token_embeddings"] = features["token_embeddings"].float()
        vectors: Vectors = torch.nn.functional.normalize(features["sentence_embedding"], dim=-1).cpu().numpy()
    return vectors
