"""Updates of an index: what is unchanged is handed on, and nothing of it is lost or goes stale."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag_assistant.evaluate.stand_in import StandInEncoder
from rag_assistant.index import chroma
from rag_assistant.index.build import ingest, rebuild
from rag_assistant.index.digests import write_digests
from rag_assistant.index.embed import Encoder, load_encoder
from rag_assistant.index.generation import current, remove_others
from rag_assistant.index.graph import write_graph
from rag_assistant.index.manifest import read_manifest
from rag_assistant.index.open import Index
from rag_assistant.index.passages import PassageArrays
from rag_assistant.index.previous import Previous
from rag_assistant.records import Paper
from rag_assistant.settings import DEFAULT_MODEL, Settings, load_settings
from tests.papers import make_papers

ARRAYS = ("passages.npy", "keys.npy", *(f"bm25/{name}.npy" for name in ("terms", "indices", "data")))


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder(DEFAULT_MODEL)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(index_dir=tmp_path / "index")


def in_use(settings: Settings) -> Path:
    folder = current(settings.index_dir)
    assert folder is not None
    return folder


def take(settings: Settings, encoder: Encoder, papers: list[Paper], removed: tuple[str, ...] = ()) -> None:
    ingest(settings.index_dir, settings, lambda: encoder, papers, {}, removed=removed)


def many_papers(count: int) -> list[Paper]:
    random.seed(7)
    words = " ".join(paper.abstract for paper in make_papers()).replace(".", "").split()
    return [
        Paper(f"m{n}", f"Report {n} on {random.choice(words)}", " ".join(random.choices(words, k=24)) + f" {n}.")
        for n in range(count)
    ]


def test_an_index_made_in_steps_is_the_index_made_at_once(tmp_path: Path, settings: Settings, encoder: Encoder) -> None:
    papers = make_papers()
    longer = replace(papers[1], abstract=papers[1].abstract + " " + papers[0].abstract * 5)
    take(settings, encoder, papers[:5])
    take(settings, encoder, [longer])  # other passages of one paper move those of all that follow
    take(settings, encoder, [papers[5]], removed=("p3",))
    at_once = load_settings(index_dir=tmp_path / "other")
    take(at_once, encoder, [papers[0], longer, papers[3], papers[4], papers[5]])
    assert read_manifest(in_use(settings)).fingerprint == read_manifest(in_use(at_once)).fingerprint
    for name in ARRAYS:
        assert np.array_equal(np.load(in_use(settings) / name), np.load(in_use(at_once) / name)), name
    # A vector's last digit depends on what it was embedded together with.
    ours, theirs = (np.load(in_use(one) / "vectors.npy") for one in (settings, at_once))
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_a_small_change_amends_the_graph_and_a_large_one_builds_it_anew(settings: Settings, encoder: Encoder) -> None:
    papers = many_papers(40)
    take(settings, encoder, papers)
    assert read_manifest(in_use(settings)).amended == 0
    edited = replace(papers[20], abstract="Nobody has ever counted the puffins of Rockall at night.")
    take(settings, encoder, [edited], removed=("m3",))
    assert read_manifest(in_use(settings)).amended == 2
    index = Index(settings.index_dir, settings, lambda: encoder)
    for paper in [*papers[:3], *papers[4:20], edited, *papers[21:]]:
        ordinals, _ = index.vectors.nearest_by_chroma(encoder.encode_question(paper.text), 1)
        assert index.catalog.papers([int(index.passage_papers[ordinals[0]])]).popitem()[1] == paper
    assert len(index.vectors.nearest_by_chroma(encoder.encode_question("puffins"), 100)[0]) == 39
    index.close()
    take(settings, encoder, many_papers(60)[40:])
    assert read_manifest(in_use(settings)).amended == 0


def test_a_damaged_file_is_not_handed_on(settings: Settings, encoder: Encoder) -> None:
    papers = make_papers()
    take(settings, encoder, papers[:5])
    vectors = in_use(settings) / "vectors.npy"
    right = np.load(vectors)
    with vectors.open("r+b") as stream:
        stream.seek(200)
        stream.write(b"\x7f" * 16)
    take(settings, encoder, [papers[5]])
    assert np.array_equal(np.load(in_use(settings) / "vectors.npy")[: len(right)], right)


def test_a_graph_that_is_damaged_is_not_handed_on(settings: Settings, encoder: Encoder) -> None:
    papers = many_papers(40)
    take(settings, encoder, papers)
    for path in (in_use(settings) / "chroma").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:100])
    edited = replace(papers[0], abstract="The puffins were counted by day.")
    take(settings, encoder, [edited])
    index = Index(settings.index_dir, settings, lambda: encoder)
    assert len(index.vectors.nearest_by_chroma(encoder.encode_question("puffins"), 100)[0]) == 40
    index.close()


def test_an_ingest_mends_an_index_whose_generation_is_damaged(settings: Settings, encoder: Encoder) -> None:
    take(settings, encoder, make_papers())
    (in_use(settings) / "catalog.sqlite").write_bytes(b"")
    take(settings, encoder, make_papers())
    assert len(list(Index(settings.index_dir, settings, lambda: encoder).catalog.all_papers())) == 6


def test_a_generation_that_is_read_stays_and_goes_when_its_reader_does(settings: Settings, encoder: Encoder) -> None:
    papers = make_papers()
    take(settings, encoder, papers[:1])
    first = in_use(settings)
    reader = Index(settings.index_dir, settings, lambda: encoder)
    for paper in papers[1:4]:
        take(settings, encoder, [paper])
    assert first.is_dir()
    # What it had not opened yet is still there to be opened.
    assert len(reader.vectors.nearest_by_chroma(encoder.encode_question("fog"), 1)[0]) == 1
    reader.close()
    remove_others(settings.index_dir)
    assert list((settings.index_dir / "generations").iterdir()) == [in_use(settings)]


def test_a_generation_that_a_killed_writer_finished_and_never_pointed_at_is_removed(
    settings: Settings, encoder: Encoder
) -> None:
    papers = make_papers()
    take(settings, encoder, papers[:1])
    left = in_use(settings).parent / "99991231T235959-left"
    shutil.copytree(in_use(settings), left)
    before = in_use(settings)
    take(settings, encoder, papers[1:2])
    # A reader that has just read the pointer may still be opening the one before.
    assert {*left.parent.iterdir()} == {before, in_use(settings)}


def test_recall_of_the_graph_is_measured_and_too_little_of_it_turns_the_graph_off(
    tmp_path: Path, settings: Settings, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(1)
    vectors = random.standard_normal((3_000, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    keys = [f"{number:032x}".encode() for number in range(len(vectors))]
    arrays = PassageArrays.of([(number, 0, 1) for number in range(len(vectors))], keys, vectors)
    report = write_graph(tmp_path, arrays, None)
    assert report.recall is not None
    assert report.recall >= 0.99
    # A graph with few links misses much, however wide the search.
    monkeypatch.setattr(chroma, "_HNSW", {"space": "cosine", "ef_construction": 20, "max_neighbors": 3})
    poor = tmp_path / "poor"
    poor.mkdir()
    report = write_graph(poor, arrays, None)
    assert report.recall is not None
    assert report.recall < 0.99
    assert report.ef_search == 1_600
    take(settings, encoder, make_papers())
    folder = in_use(settings)
    replace(read_manifest(folder), recall=report.recall).write(folder)
    (folder / "files.json").write_text("{}")
    never = load_settings(index_dir=settings.index_dir, retrieve={"exact_below": 0})
    assert Index(never.index_dir, never, lambda: encoder).vectors.exact
    rebuild(settings.index_dir, settings, lambda: encoder)
    assert not Index(never.index_dir, never, lambda: encoder).vectors.exact


def test_an_amended_graph_of_vectors_that_no_graph_serves_well_is_kept(
    settings: Settings, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Built anew it would find no more, and at 100,000 passages that takes minutes."""
    # Random vectors and few links stand for a hundred thousand of them and many.
    monkeypatch.setattr(chroma, "_HNSW", {"space": "cosine", "ef_construction": 20, "max_neighbors": 3})
    stand_in = StandInEncoder(encoder)
    papers = many_papers(2_000)
    ingest(settings.index_dir, settings, lambda: stand_in, papers, {})
    recall = read_manifest(in_use(settings)).recall
    assert recall is not None
    assert recall < 0.97
    edited = replace(papers[20], abstract="Nobody has ever counted the puffins of Rockall at night.")
    ingest(settings.index_dir, settings, lambda: stand_in, [edited], {})
    assert read_manifest(in_use(settings)).amended == 1
    # Where the one before found nearly all, this one has lost too much.
    folder = in_use(settings)
    replace(read_manifest(folder), recall=1.0).write(folder)
    write_digests(folder)
    ingest(settings.index_dir, settings, lambda: stand_in, [papers[20]], {})
    assert read_manifest(in_use(settings)).amended == 0


def test_papers_are_known_again_by_their_words(settings: Settings, encoder: Encoder) -> None:
    papers = make_papers()
    take(settings, encoder, papers)
    previous = Previous(in_use(settings), settings, encoder.card)
    retitled = replace(papers[2], title="Another title")
    moved = replace(papers[4], venue="ACL")
    assert previous.ordinals([moved, retitled, Paper("p9", "New", "New.")]) == [4, None, None]
