"""The vector of a question, brought nearer to those of passages that answer it.

The bundled model reads questions and passages in the same way. An adapter, learned by ``python -m
rag_assistant.evaluate.train_question_encoder`` from questions whose answering paper is known, has it read questions in
another: an index stays as it is, and a search takes no longer. Any other model's vectors are left as they are.
"""

from __future__ import annotations

from rag_assistant.index.adapter import Packaged
from rag_assistant.index.embed import DEFAULT_WEIGHTS_SHA256, Vectors
from rag_assistant.index.open import Index
from rag_assistant.index.question_encoder import is_exported, load_question_encoder

ENCODER = Packaged("rag_assistant.retrieve", "questions.npz", load_question_encoder, is_exported)


def question_vector(index: Index, question: str) -> Vectors:
    """(dimension,) unit vector of a question, for the passages of an index.

    Where the adapted model can't be had, which ``doctor`` tells, it is the one that the index's own model gives.

    Raises:
        EncoderError: the index's own model is needed and can't be loaded.
        IndexMismatchError: it is, and its weights are others than those that made the index.
    """
    if index.manifest.weights_sha256 != DEFAULT_WEIGHTS_SHA256 or ENCODER.missing():
        return index.embed_question(question)
    return ENCODER.loaded().encode_question(question)
