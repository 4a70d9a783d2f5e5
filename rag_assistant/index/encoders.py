"""One encoder a process and model: it holds 90 MB and is safe to share between threads."""

from __future__ import annotations

import threading

from rag_assistant.index.embed import Encoder, load_encoder

_ENCODERS: dict[str, Encoder] = {}
_LOCK = threading.Lock()


def shared_encoder(model: str) -> Encoder:
    """The process's encoder of a model, loaded on first use.

    Raises:
        EncoderError: the model can't be loaded, or isn't the one it says it is.
    """
    with _LOCK:
        if model not in _ENCODERS:
            _ENCODERS[model] = load_encoder(model)
        return _ENCODERS[model]
