"""The index on disk, through the real model and a real Chroma."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag_assistant.errors import (
    EncoderError,
    IndexDamagedError,
    IndexLockedError,
    IndexMismatchError,
    IndexNotFoundError,
    IndexWriteError,
)
from rag_assistant.index.build import ingest, rebuild
from rag_assistant.index.embed import Encoder, load_encoder, weights_digest
from rag_assistant.index.generation import current, writing
from rag_assistant.index.open import Index
from rag_assistant.index.passages import passage_text
from rag_assistant.records import IngestReport, Paper
from rag_assistant.settings import DEFAULT_MODEL, Settings, load_settings
from tests.papers import make_papers

MakeSettings = Callable[..., Settings]


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return load_encoder(DEFAULT_MODEL)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(index_dir=tmp_path / "index")


def take(settings: Settings, encoder: Encoder, papers: list[Paper], **more: object) -> IngestReport:
    return ingest(settings.index_dir, settings, lambda: encoder, papers, {}, **more)  # type: ignore[arg-type]


def test_a_second_ingest_of_the_same_papers_embeds_nothing_and_makes_no_new_generation(
    settings: Settings, encoder: Encoder
) -> None:
    first = take(settings, encoder, make_papers())
    assert len(first.added) == 6
    assert first.embedded >= 6
    folder = current(settings.index_dir)

    def never() -> Encoder:
        raise AssertionError("nothing has to be embedded")

    again = ingest(settings.index_dir, settings, never, make_papers(), {})
    assert (len(again.unchanged), again.embedded) == (6, 0)
    assert current(settings.index_dir) == folder


def test_an_edited_abstract_replaces_its_passages_and_embeds_nothing_else(settings: Settings, encoder: Encoder) -> None:
    papers = make_papers()
    take(settings, encoder, papers)
    edited = replace(papers[0], abstract="HarborNet now finds 93% of vessels.")
    report = take(settings, encoder, [edited])
    assert report.updated == (edited.id,)
    assert report.embedded == 1
    index = Index(settings.index_dir, settings, lambda: encoder)
    assert index.catalog.paper(edited.id).abstract == edited.abstract
    assert index.manifest.papers == 6


def test_every_passage_lies_in_the_index_at_its_offsets_and_is_found_by_chroma_and_exactly_alike(
    settings: Settings, encoder: Encoder
) -> None:
    papers = make_papers()
    take(settings, encoder, papers)
    index = Index(settings.index_dir, settings, lambda: encoder)
    for ordinal, owner in enumerate(index.passage_papers.tolist()):
        paper = index.catalog.papers([owner])[owner]
        passage = index.catalog.passage(ordinal, paper)
        assert paper.abstract[passage.start : passage.end] == passage.text
        vector = encoder.encode_question(passage_text(paper, passage))
        for found in (index.vectors.nearest, index.vectors.nearest_by_chroma):
            ordinals, similarities = found(vector, 3)
            assert ordinals[0] == ordinal
            assert similarities[0] == pytest.approx(1, abs=1e-3)
            assert (np.diff(similarities) <= 1e-6).all()


def test_a_reader_keeps_the_generation_that_it_opened(settings: Settings, encoder: Encoder) -> None:
    papers = make_papers()
    take(settings, encoder, papers[:3])
    reader = Index(settings.index_dir, settings, lambda: encoder)
    take(settings, encoder, papers[3:])
    assert [paper.id for paper in reader.catalog.all_papers()] == ["p1", "p2", "p3"]
    assert reader.lexical.scores("fog").shape == (3,)
    assert Index(settings.index_dir, settings, lambda: encoder).manifest.papers == 6


def test_papers_can_be_taken_out(settings: Settings, encoder: Encoder) -> None:
    take(settings, encoder, make_papers())
    report = take(settings, encoder, [], removed=["p2", "nobody"])
    assert report.removed == ("p2",)
    index = Index(settings.index_dir, settings, lambda: encoder)
    assert "p2" not in {paper.id for paper in index.catalog.all_papers()}


def test_no_index_yet_names_the_command_that_makes_one(settings: Settings, encoder: Encoder) -> None:
    with pytest.raises(IndexNotFoundError, match="rag-assistant ingest"):
        Index(settings.index_dir, settings, lambda: encoder)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"embedding": {"model": "another/model"}}, "another/model"),
        ({"chunk": {"max_tokens": 90}}, "chunk.max_tokens = 200, now 90"),
    ],
)
def test_an_index_made_otherwise_is_refused_with_both_values_and_the_command(
    settings: Settings, encoder: Encoder, change: dict[str, object], named: str
) -> None:
    take(settings, encoder, make_papers()[:1])
    other = load_settings(index_dir=settings.index_dir, **change)
    for attempt in (
        lambda: Index(other.index_dir, other, lambda: encoder),
        lambda: ingest(other.index_dir, other, lambda: encoder, make_papers(), {}),
    ):
        with pytest.raises(IndexMismatchError) as caught:
            attempt()
        assert named in str(caught.value)
        assert "rag-assistant index rebuild" in str(caught.value)


def test_rebuild_takes_other_settings_and_a_rechunk_keeps_the_vectors_of_texts_that_stay(
    settings: Settings, encoder: Encoder
) -> None:
    take(settings, encoder, make_papers())
    smaller = load_settings(index_dir=settings.index_dir, chunk={"max_tokens": 32})
    assert rebuild(smaller.index_dir, smaller, lambda: encoder) > 0
    assert Index(smaller.index_dir, smaller, lambda: encoder).manifest.chunk_max_tokens == 32
    assert rebuild(settings.index_dir, settings, lambda: encoder) == 0


@pytest.mark.parametrize("victim", ["vectors.npy", "catalog.sqlite", "manifest.json", "bm25"])
def test_a_damaged_generation_is_named_with_the_command_and_rebuilt_from_the_store(
    settings: Settings, encoder: Encoder, victim: str
) -> None:
    take(settings, encoder, make_papers())
    folder = current(settings.index_dir)
    assert folder is not None
    target = folder / victim
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.write_bytes(target.read_bytes()[: target.stat().st_size // 3])
    with pytest.raises(IndexDamagedError, match="rag-assistant index rebuild"):
        Index(settings.index_dir, settings, lambda: encoder)
    assert rebuild(settings.index_dir, settings, lambda: encoder) == 0
    assert Index(settings.index_dir, settings, lambda: encoder).manifest.papers == 6


def test_a_deleted_chroma_folder_is_an_error_and_not_an_empty_answer(settings: Settings, encoder: Encoder) -> None:
    take(settings, encoder, make_papers())
    folder = current(settings.index_dir)
    assert folder is not None
    shutil.rmtree(folder / "chroma")
    index = Index(settings.index_dir, settings, lambda: encoder)
    with pytest.raises(IndexDamagedError, match="rag-assistant index rebuild"):
        index.vectors.nearest_by_chroma(encoder.encode_question("fog"), 3)


def test_a_second_writer_is_told_who_holds_the_index(settings: Settings, encoder: Encoder) -> None:
    with writing(settings.index_dir), pytest.raises(IndexLockedError, match=r"process \d+"):
        take(settings, encoder, make_papers())


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, encoder: Encoder) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = load_settings(index_dir=tmp_path / "file" / "index")
    with pytest.raises(IndexWriteError, match="file"):
        take(settings, encoder, make_papers())


def test_the_exported_model_gives_the_vectors_of_sentence_transformers(encoder: Encoder) -> None:
    from sentence_transformers import SentenceTransformer

    from rag_assistant.index.embed import model_folder

    texts = [paper.text for paper in make_papers()] + ["short", "word " * 600, "naïve café 模型 🙂", " "]
    theirs = SentenceTransformer(str(model_folder(DEFAULT_MODEL)), device="cpu").encode(
        texts, normalize_embeddings=True
    )
    ours = encoder.encode_passages(texts)
    assert np.sum(ours * theirs, axis=1).min() >= 0.9999
    one_by_one = np.stack([encoder.encode_question(text) for text in texts])
    assert np.sum(ours * one_by_one, axis=1).min() >= 0.9999


def test_weights_that_were_replaced_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the model")
    with pytest.raises(EncoderError, match="SHA-256"):
        weights_digest(DEFAULT_MODEL, tmp_path)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EncoderError, match="holds no model weights"):
        load_encoder(str(tmp_path))
