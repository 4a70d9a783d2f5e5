"""Search over a frozen collection of our own: 40 small papers of 15 fields, 36 questions with judgements."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

import pytest

from rag_assistant.evaluate.beir import Collection, load_beir
from rag_assistant.evaluate.known_items import known_items, main, unique_names, with_slip
from rag_assistant.evaluate.retrieval import collection_index, measure_retrieval
from rag_assistant.index.embed import load_encoder
from rag_assistant.index.open import Index
from rag_assistant.index.spelling import slips_between
from rag_assistant.records import Paper
from rag_assistant.retrieve import search
from rag_assistant.settings import DEFAULT_MODEL, load_settings

FOLDER = Path(__file__).parent / "data" / "fields"
# What `rag-assistant eval retrieval --beir tests/data/fields` gave when the ranking was last changed.
NDCG, PLAIN_RRF = 0.888, 0.835


@pytest.fixture(scope="module")
def collection() -> Collection:
    return load_beir(FOLDER)


@pytest.fixture(scope="module")
def index(collection: Collection, tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("fields") / "index"
    return collection_index(collection, load_settings(), lambda: load_encoder(DEFAULT_MODEL), folder)


def test_ranking_is_as_good_as_it_was_and_better_than_plain_fusion(collection: Collection, index: Index) -> None:
    report = measure_retrieval(collection, "test", index, load_settings())
    reached = {system.name: system.values["nDCG@10"].mean for system in report.systems}
    assert reached["plain RRF"] == pytest.approx(PLAIN_RRF, abs=0.005)
    assert reached["rag-assistant"] >= NDCG - 0.005
    assert reached["rag-assistant"] >= 1.03 * reached["plain RRF"]
    (ours, *_) = report.systems
    assert ours.values["recall@10"].mean >= 0.98


def test_every_title_and_name_finds_its_paper_first(
    collection: Collection, index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    items = list(known_items(collection.papers))
    assert Counter(item.form for item in items)["title"] == 40
    assert {item.question for item in items} > {"HiveEar", "PETase-7", "PETase7", "PETase 7", "What is TinyFuzz?"}
    assert main(["--index-dir", str(index.index_dir)]) == 0
    printed = capsys.readouterr()
    counts = re.findall(r"(\d+) of (\d+) first", printed.out)
    assert len(counts) == len({item.form for item in items})
    assert all(right == asked for right, asked in counts), printed.err


def test_names_are_those_of_one_paper_only() -> None:
    papers = [
        Paper("a", "QuokkaNet: a Net", "QuokkaNet beats BERT and GPT-4 on 3D scans."),
        Paper("b", "On bert", "A BERT that knows gpt4."),
        Paper("c", "Plover: no capital inside", "Nothing else."),
    ]
    assert [(name, paper.id) for name, paper in unique_names(papers)] == [("QuokkaNet", "a"), ("Plover", "c")]


def test_a_slip_is_one_slip_and_leaves_the_first_letter_alone() -> None:
    chance = random.Random(1)
    for _ in range(200):
        slipped = with_slip("Harbour seals", chance)
        assert slips_between(slipped, "Harbour seals", 2) == 1
        assert (slipped[0], slipped.split()[1][0]) == ("H", "s")
    assert with_slip("A map of fog", chance) == ""


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("TinyFuz", "code2"),
        ("petsae-7", "enz1"),
        ("Short Naps Keep Night Nurses Alret", "nap1"),
        ("hive ear", "bees2"),
        ("what is spindlescope", "nap3"),
    ],
)
def test_names_and_titles_with_slips(index: Index, typed: str, first: str) -> None:
    assert search(index, typed, load_settings().retrieve, 3)[0].paper.id == first
