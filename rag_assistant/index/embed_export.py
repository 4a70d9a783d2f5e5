"""A sentence-transformers model as an ONNX file, made once and checked against torch.

The whole pipeline is exported (transformer, pooling, whatever comes after), with plain attention: torch's exporter once
lost the attention mask of the fused one, and vectors of padded texts were off by 0.07.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from rag_assistant.errors import EncoderError
from rag_assistant.index.adapter import Adapter
from rag_assistant.index.embed import (
    EXPORTED_FILES,
    EncoderCard,
    file_digest,
    is_whole,
    read_card,
    weights_digest,
    write_card,
)
from rag_assistant.index.export_folder import put_in_place, work_folder

MIN_COSINE = 0.9999
# Texts of many lengths, so that the check sees padding: batches mix them.
CHECK_TEXTS = [
    " ".join(["models", "read", "long", "documents", "and", "quote", "them", "exactly", "in", "2048k", "tokens"] * n)[
        :m
    ]
    for n, m in ((1, 6), (1, 30), (1, 64), (4, 200), (9, 500), (20, 1100), (40, 2400), (2, 90))
]


def export_model(model: str, folder: Path | None, export: Path, adapter: Adapter | None = None) -> EncoderCard:
    """Exports the model into the folder ``export`` and returns its card.

    Args:
        model: the name that was asked for.
        folder: where its files are; None for a name that sentence-transformers looks up.
        export: the folder to make; replaced as a whole when the check has passed.
        adapter: what is laid over its weights.

    Raises:
        EncoderError: the model can't be loaded, exported or written, or the export differs from torch.
    """
    digest = weights_digest(model, folder) if folder is not None else ""
    transformer = load_sentence_transformer(model, folder, attention="eager")
    if adapter is not None:
        adapter.lay_over(transformer[0].auto_model)
    with work_folder(export) as work:
        card = _export(transformer, model, digest, work, folder)
        there = read_card(export)
        if there is not None and there.weights_sha256 == card.weights_sha256 and is_whole(there, export):
            return there  # another process was quicker, and may be reading its files right now
        put_in_place(work, export, "encoder.json")
        return card


def load_sentence_transformer(model: str, folder: Path | None, attention: str) -> Any:
    """The model as sentence-transformers has it, on the processor.

    Args:
        model: the name that was asked for.
        folder: where its files are; None for a name that sentence-transformers looks up.
        attention: how transformers is to compute it: "eager", plainly, or "sdpa", by torch's fused kernels.

    Raises:
        EncoderError: it can't be found or loaded.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if folder is not None:
        # Nothing on disk needs the hub; without this a missing side file is asked for over the network for a minute.
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import transformers
    from sentence_transformers import SentenceTransformer

    transformers.utils.logging.disable_progress_bar()
    try:
        return SentenceTransformer(
            str(folder or model),
            device="cpu",
            local_files_only=folder is not None,
            model_kwargs={"attn_implementation": attention},
        ).eval()
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderError(f"the embedding model {model!r} can't be loaded: {reason}") from error


def _export(transformer: Any, model: str, digest: str, work: Path, folder: Path | None) -> EncoderCard:
    import torch

    class Pipeline(torch.nn.Module):  # type: ignore[misc]  # torch is not followed
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            vectors = self.inner({"input_ids": input_ids, "attention_mask": attention_mask})["sentence_embedding"]
            return torch.nn.functional.normalize(vectors, dim=-1)

    tokenizer = transformer.tokenizer
    onnx = work / "model.onnx"
    try:
        tokenizer.backend_tokenizer.save(str(work / "tokenizer.json"))
        sample = tokenizer(["a short text", "another text that is a little longer"], padding=True, return_tensors="pt")
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Pipeline(transformer),
                (sample["input_ids"], sample["attention_mask"]),
                str(onnx),
                input_names=["input_ids", "attention_mask"],
                output_names=["vectors"],
                dynamic_axes={
                    "input_ids": {0: "texts", 1: "tokens"},
                    "attention_mask": {0: "texts", 1: "tokens"},
                    "vectors": {0: "texts"},
                },
                opset_version=17,
                dynamo=False,
            )
    except (RuntimeError, ValueError, TypeError, KeyError, AttributeError, NotImplementedError) as error:
        # An operator that ONNX lacks, a model that takes other inputs, or one without a fast tokenizer.
        first = str(error).strip().partition("\n")[0] or type(error).__name__
        raise EncoderError(f"the embedding model {model!r} can't be exported to ONNX: {first}") from error
    prompts: dict[str, str] = transformer.prompts or {}
    card = EncoderCard(
        model=model,
        weights_sha256=digest or file_digest([onnx]),
        dimension=int(transformer.get_embedding_dimension()),
        window=int(transformer.max_seq_length or 512),
        question_prompt=prompts.get("query", ""),
        passage_prompt=prompts.get("document", prompts.get("passage", "")),
        export_sha256=file_digest(work / name for name in EXPORTED_FILES),
    )
    _check(transformer, card, work)
    write_card(card, work, folder)
    return card


def _check(transformer: Any, card: EncoderCard, work: Path) -> None:
    from rag_assistant.index.embed_onnx import OnnxEncoder

    ours = OnnxEncoder(card, work).encode_passages(CHECK_TEXTS)
    theirs = transformer.encode(
        [card.passage_prompt + text for text in CHECK_TEXTS], normalize_embeddings=True, convert_to_numpy=True
    )
    worst = float(np.min(np.sum(ours * theirs, axis=1)))
    if worst < MIN_COSINE:
        raise EncoderError(f"the exported {card.model!r} differs from torch: cosine {worst:.5f}, {MIN_COSINE} asked")
