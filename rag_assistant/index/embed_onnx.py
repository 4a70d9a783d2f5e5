"""The exported model run by onnxruntime."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from rag_assistant.index.embed import EXPORTED_FILES, EncoderCard, Vectors

# Word pieces a batch, padding included: a batch should stay in the cores' caches (docs/experiments.md).
BATCH_TOKENS = 512


class OnnxEncoder:
    """Unit vectors from an exported sentence-transformers model; safe to use from several threads."""

    def __init__(self, card: EncoderCard, folder: Path) -> None:
        """Loads the exported files of a folder, which have been found whole (``embed.is_whole``)."""
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import onnxruntime
        from tokenizers import Tokenizer

        files = [folder / name for name in EXPORTED_FILES]
        self._card = card
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
        options.log_severity_level = 3
        # By default its threads spin for a while after each run, on the very cores that the comparing of vectors needs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(files[0]), options, providers=["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(files[1]))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(card.window)
        self._counter = Tokenizer.from_file(str(files[1]))
        self._counter.no_padding()
        self._counter.no_truncation()
        self._pad = self._tokenizer.token_to_id("[PAD]") or 0

    @property
    def card(self) -> EncoderCard:
        """What the model is."""
        return self._card

    def encode_passages(self, texts: Sequence[str], done: Callable[[int], None] | None = None) -> Vectors:
        """(len(texts), dimension) unit vectors; ``done`` is told how many texts are through."""
        rows = [
            encoding.ids
            for encoding in self._tokenizer.encode_batch_fast([self._card.passage_prompt + text for text in texts])
        ]
        vectors: Vectors = np.empty((len(rows), self._card.dimension), dtype=np.float32)
        # Texts of like length share a batch, so that little of it is padding.
        order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
        begin = 0
        while begin < len(order):
            end = begin + 1
            while end < len(order) and len(rows[order[end]]) * (end + 1 - begin) <= BATCH_TOKENS:
                end += 1
            batch = order[begin:end]
            vectors[batch] = self._run([rows[row] for row in batch])
            begin = end
            if done is not None:
                done(end)
        return vectors

    def encode_question(self, text: str) -> Vectors:
        """(dimension,) unit vector."""
        vector: Vectors = self._run([self._tokenizer.encode(self._card.question_prompt + text).ids])[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, special ones left out, however long."""
        return [
            len(encoding.ids) for encoding in self._counter.encode_batch_fast(list(texts), add_special_tokens=False)
        ]

    def _run(self, rows: list[list[int]]) -> Vectors:
        longest = max(len(row) for row in rows)
        ids = np.full((len(rows), longest), self._pad, dtype=np.int64)
        mask = np.zeros((len(rows), longest), dtype=np.int64)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row
            mask[number, : len(row)] = 1
        vectors: Vectors = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return vectors
