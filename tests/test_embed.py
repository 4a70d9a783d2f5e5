"""Finding the exported model again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from rag_assistant.errors import EncoderError
from rag_assistant.index import embed, embed_export
from rag_assistant.settings import DEFAULT_MODEL


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an exported default model that this test may change."""
    embed.load_encoder(DEFAULT_MODEL)
    there = embed.export_folder(DEFAULT_MODEL)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    mine = embed.export_folder(DEFAULT_MODEL)
    shutil.copytree(there, mine)
    return mine


def made_by_an_older_environment(export: Path) -> None:
    card = json.loads((export / "encoder.json").read_text())
    card["weights_stat"] = [[size, changed - 60_000_000_000] for size, changed in card["weights_stat"]]
    (export / "encoder.json").write_text(json.dumps(card))


def test_a_second_environment_with_the_same_weights_exports_nothing(
    export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_by_an_older_environment(export)
    monkeypatch.setattr(embed_export, "export_model", lambda *_: pytest.fail("exported again"))
    embed.load_encoder(DEFAULT_MODEL)
    # And the next start need not even read the weights.
    monkeypatch.setattr(embed, "weights_digest", lambda *_: pytest.fail("read the weights again"))
    vector = embed.load_encoder(DEFAULT_MODEL).encode_question("ships in fog")
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_other_weights_are_exported_anew(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = json.loads((export / "encoder.json").read_text())
    card.update(weights_sha256="0" * 64, weights_stat=[[1, 1]])
    (export / "encoder.json").write_text(json.dumps(card))

    def exported(*_: object) -> None:
        raise EncoderError("asked to export")

    monkeypatch.setattr(embed_export, "export_model", exported)
    with pytest.raises(EncoderError, match="asked to export"):
        embed.load_encoder(DEFAULT_MODEL)


def test_a_damaged_export_is_named(export: Path) -> None:
    with (export / "model.onnx").open("r+b") as stream:
        stream.seek(1_000_000)
        stream.write(b"\0" * 64)
    with pytest.raises(EncoderError, match=r"damaged: remove that folder"):
        embed.load_encoder(DEFAULT_MODEL)
