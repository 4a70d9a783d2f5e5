"""What the package lays over the bundled model: low-rank updates of its weights that make it read something else.

An adapter lies in the package as a small file. What it makes of the model is exported to ONNX once on a machine, into
the user's cache, and loaded when it is first needed.
"""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
from platformdirs import user_cache_path

from rag_assistant.errors import EncoderError

HIDDEN, RANK, SCALE = 384, 16, 2.0
Model = TypeVar("Model")


@dataclass(frozen=True, slots=True)
class Adapter:
    """What is laid over the model's weights.

    ``parts`` are, for each linear layer, ``<layer>.A`` (RANK, inputs) and ``<layer>.B`` (outputs, RANK), whose product
    times ``SCALE`` is added to its weights, and ``weight`` and ``bias`` of the heads ``sentence`` and ``word``.
    """

    parts: Mapping[str, npt.NDArray[Any]]
    made_by: str

    def save(self, path: Path) -> None:
        """Writes it as a compressed .npz."""
        told = np.frombuffer(self.made_by.encode(), dtype=np.uint8)
        arrays: dict[str, Any] = {**self.parts, "made_by": told}
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, packed: bytes) -> Adapter:
        """Reads what ``save`` wrote.

        Raises:
            EncoderError: it is no adapter.
        """
        try:
            with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
                parts = {name: stored[name] for name in stored.files}
            return cls(parts, bytes(parts.pop("made_by")).decode())
        except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
            raise EncoderError(f"the adapter is damaged ({error}): install the package again") from error

    def lay_over(self, encoder: Any) -> None:
        """Adds the updates to the weights of a transformer of torch.

        Raises:
            EncoderError: they don't fit.
        """
        import torch

        layers = dict(encoder.named_modules())
        try:
            for name in sorted({part[:-2] for part in self.parts if part.endswith(".A")}):
                outward, inward = (self.parts[f"{name}.{kind}"].astype(np.float32) for kind in "BA")
                with torch.no_grad():
                    layers[name].weight += torch.from_numpy(SCALE * outward @ inward)
        except (KeyError, RuntimeError) as error:
            raise EncoderError(f"the adapter does not fit the bundled model: {error}") from error


def export_folder_of(packed: bytes) -> Path:
    """Where what an adapter makes of the model is kept between runs."""
    return user_cache_path("rag_assistant") / "adapted" / hashlib.sha256(packed).hexdigest()[:16]


class Packaged(Generic[Model]):
    """What an adapter that lies in the package makes of the bundled model; loaded when first needed, by one thread."""

    def __init__(
        self, package: str, name: str, load: Callable[[bytes], Model], is_exported: Callable[[bytes], bool]
    ) -> None:
        """Loads nothing yet.

        Args:
            package: that the adapter's file lies in.
            name: of the file.
            load: exports the model where that wasn't done yet, and loads it; raises EncoderError where it can't.
            is_exported: whether it was exported before.
        """
        self._package, self._name = package, name
        self._load, self._is_exported = load, is_exported
        # Two threads must not export the same model side by side.
        self._loading = threading.Lock()
        self._found: Model | None = None
        self._why = ""

    def missing(self) -> str:
        """Why the model can't be had, empty where it can; exports it where that wasn't done yet."""
        with self._loading:
            if self._found is None and not self._why:
                try:
                    self._found = self._load(self.packed())
                except (EncoderError, ImportError) as error:
                    self._why = str(error)
            return self._why

    def loaded(self) -> Model:
        """The model.

        Raises:
            EncoderError: it can't be had.
        """
        if why := self.missing():
            raise EncoderError(why)
        assert self._found is not None  # noqa: S101 - nothing is missing
        return self._found

    def is_exported(self) -> bool:
        """Whether it was exported before; exporting takes some ten seconds."""
        return self._is_exported(self.packed())

    def packed(self) -> bytes:
        """The adapter's file."""
        return resources.files(self._package).joinpath(self._name).read_bytes()
