"""Finding the exported model again."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from rag_assistant.errors import EncoderError
from rag_assistant.index import embed, embed_export
from rag_assistant.index.embed_torch import FEWEST_TEXTS, TorchEncoder
from rag_assistant.settings import DEFAULT_MODEL
from tests.papers import make_papers


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


@pytest.mark.parametrize(("name", "damage"), [("model.onnx", "changed"), ("tokenizer.json", "gone")])
def test_a_damaged_export_is_made_again_by_itself(name: str, damage: str, export: Path) -> None:
    if damage == "gone":
        (export / name).unlink()
    else:
        with (export / name).open("r+b") as stream:
            stream.seek(100_000)
            stream.write(b"\0" * 64)
    vector = embed.load_encoder(DEFAULT_MODEL).encode_question("ships in fog")
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    card = embed.read_card(export)
    assert card is not None
    assert embed.is_whole(card, export)


def test_a_model_that_onnx_cannot_express_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from sentence_transformers import SentenceTransformer

    class Fourier(torch.nn.Module):  # type: ignore[misc]  # torch is not followed
        def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            return features | {"sentence_embedding": torch.fft.fft(features["sentence_embedding"]).real}

    folder = embed.model_folder(DEFAULT_MODEL)
    whole = SentenceTransformer(str(folder), device="cpu", model_kwargs={"attn_implementation": "eager"})
    pipeline = SentenceTransformer(modules=[*whole, Fourier()], device="cpu")
    monkeypatch.setattr(embed_export, "load_sentence_transformer", lambda *_, **__: pipeline)
    with pytest.raises(EncoderError, match=r"can't be exported to ONNX: .*fft") as caught:
        embed_export.export_model("fourier", folder, tmp_path / "export")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == [], "nothing half made stays"


def test_the_export_gives_the_vectors_of_torch_at_every_length() -> None:
    """``EXPORT_TEXTS=1000 pytest tests/test_embed.py`` compares a thousand texts; a run of all tests compares 40."""
    from rag_assistant.evaluate.peers import bare_model

    count = int(os.environ.get("EXPORT_TEXTS", "40"))
    random.seed(11)
    words = sorted({word for paper in make_papers() for word in paper.text.split()})
    # From one word to past the window of 256 word pieces, so that some are cut.
    texts = [" ".join(random.choices(words, k=1 + number * 250 // count)) for number in range(count)]
    random.shuffle(texts)
    encoder = embed.load_encoder(DEFAULT_MODEL)
    theirs = bare_model(DEFAULT_MODEL).encode(texts, normalize_embeddings=True, show_progress_bar=False)
    padded = encoder.encode_passages(texts)
    assert float(np.sum(padded * theirs, axis=1).min()) >= 0.9999
    alone = np.stack([encoder.encode_question(text) for text in texts])
    assert float(np.sum(alone * theirs, axis=1).min()) >= 0.9999


def many_texts(count: int) -> list[str]:
    random.seed(5)
    words = sorted({word for paper in make_papers() for word in paper.text.split()})
    return [" ".join(random.choices(words, k=random.randint(2, 12))) for _ in range(count)]


def in_bfloat16(export: Path) -> TorchEncoder:
    """Torch on this processor, whether it multiplies bfloat16 in hardware or takes its time."""
    plain = embed.load_float32_encoder(DEFAULT_MODEL)
    return TorchEncoder(plain, embed.model_folder(DEFAULT_MODEL), export, lambda: "cpu")


def test_many_passages_are_embedded_by_torch_in_bfloat16_and_agree_with_float32(export: Path) -> None:
    encoder, plain = in_bfloat16(export), embed.load_float32_encoder(DEFAULT_MODEL)
    texts = many_texts(FEWEST_TEXTS)
    told: list[int] = []
    fast = encoder.encode_passages(texts, told.append)
    exact = plain.encode_passages(texts)
    assert told == sorted(told)
    assert told[-1] == len(texts)
    assert float(np.sum(fast * exact, axis=1).min()) >= 0.999
    assert not np.array_equal(fast, exact), "float32 again"
    kept = json.loads((export / "bfloat16-cpu.json").read_text())
    assert kept["cosine"] >= 0.999
    assert in_bfloat16(export).measured("cpu") == kept["cosine"]
    assert in_bfloat16(export).measured("cuda") is None
    # Loaded once, torch embeds the few that are left as well; a question never needs it.
    assert np.array_equal(encoder.encode_passages(texts[:3]), in_order(encoder, texts[:3]))
    assert np.array_equal(encoder.encode_question("ships in fog"), plain.encode_question("ships in fog"))


def in_order(encoder: TorchEncoder, texts: list[str]) -> np.ndarray:
    return encoder.encode_passages(texts[::-1])[::-1]


def test_bfloat16_is_not_used_where_it_does_not_agree_and_that_is_remembered(
    export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_bfloat16(export).device()
    tried = export / "bfloat16-cpu.json"
    tried.write_text(json.dumps({**json.loads(tried.read_text()), "cosine": 0.99}))
    encoder = in_bfloat16(export)
    monkeypatch.setattr(
        "rag_assistant.index.embed_torch.load_sentence_transformer", lambda *_, **__: pytest.fail("loaded torch")
    )
    assert encoder.device() is None
    texts = many_texts(FEWEST_TEXTS)
    plain = embed.load_float32_encoder(DEFAULT_MODEL)
    assert np.array_equal(encoder.encode_passages(texts), plain.encode_passages(texts))


def test_few_passages_do_not_load_torch(export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "rag_assistant.index.embed_torch.load_sentence_transformer", lambda *_, **__: pytest.fail("loaded torch")
    )
    assert in_bfloat16(export).encode_passages(many_texts(3)).shape == (3, 384)
