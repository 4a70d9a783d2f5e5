"""A cross-encoder that reads a question and a passage together: slower than vectors, and finer. Off by default."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from rag_assistant.errors import EncoderError
from rag_assistant.index.embed import Vectors

_BATCH = 16
# Word pieces of question and passage together: no passage is longer, and a question of pages must not push it out.
_WINDOW = 512


class Reranker:
    """Scores passages for a question with a sentence-transformers CrossEncoder."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def scores(self, question: str, passages: Sequence[str]) -> Vectors:
        """(passages,) how well each answers the question, from 0 to 1, comparable within one call."""
        import torch

        raw = self._model.predict(
            [(question, passage) for passage in passages],
            batch_size=_BATCH,
            activation_fn=torch.nn.Identity(),
            show_progress_bar=False,
        )
        logits = np.asarray(raw, dtype=np.float64)
        if logits.ndim == 2:
            # More than one label: the last is the one that means "relevant" (as in entailment and in two-class models).
            logits = logits[:, -1] - logits[:, :-1].max(axis=1) if logits.shape[1] > 1 else logits[:, 0]
        result: Vectors = (1 / (1 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32)
        return result


@lru_cache(maxsize=2)
def load_reranker(name: str) -> Reranker:
    """The reranker of a name on the hub or of a folder, kept once it is loaded.

    Raises:
        EncoderError: it can't be found or loaded.
    """
    from sentence_transformers import CrossEncoder

    try:
        model = CrossEncoder(name, device="cpu")
    except (OSError, ValueError, RuntimeError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderError(f"reranker {name!r} can't be loaded ({first}): name a CrossEncoder, or unset it") from error
    positions = getattr(model.model.config, "max_position_embeddings", _WINDOW)
    # The name before sentence-transformers 5.
    window = "max_seq_length" if hasattr(model, "max_seq_length") else "max_length"
    setattr(model, window, min(_WINDOW, int(positions), getattr(model, window) or _WINDOW))
    return Reranker(model)
