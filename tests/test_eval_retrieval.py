from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from rag_assistant.cli.eval import eval_app
from rag_assistant.errors import SourceError, SourceNotFoundError, UsageError
from rag_assistant.evaluate.baselines import plain_bm25, reciprocal_ranks
from rag_assistant.evaluate.beir import load_beir
from rag_assistant.evaluate.retrieval import MEASURES, evaluate, interval
from tests.papers import make_papers

QUESTIONS = {
    "q1": ("detecting ships in dense fog", {"p1": 2}),
    "q2": ("how fast do wet ropes lengthen", {"p6": 1}),
    "q3": ("calls of seabirds", {"p5": 1, "p4": 0}),
    "q4": ("currents and tides predicted", {"p2": 1}),
    "q5": ("nobody judged this", {}),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "harbour"
    (root / "qrels").mkdir(parents=True)
    documents = [{"_id": paper.id, "title": paper.title, "text": paper.abstract} for paper in make_papers()]
    documents.append({"_id": "blank", "title": "", "text": " "})
    (root / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in documents))
    (root / "queries.jsonl").write_text(
        "".join(json.dumps({"_id": id_, "text": text}) + "\n" for id_, (text, _) in QUESTIONS.items())
    )
    judged = "".join(
        f"{id_}\t{paper}\t{grade}\n" for id_, (_, some) in QUESTIONS.items() for paper, grade in some.items()
    )
    (root / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + judged)
    return root


def test_a_folder_is_read_with_its_grades(folder: Path) -> None:
    collection = load_beir(folder)
    assert [paper.id for paper in collection.papers] == ["p1", "p2", "p3", "p4", "p5", "p6"]
    assert list(collection.questions) == ["q1", "q2", "q3", "q4"]
    assert collection.judgements["q3"] == {"p5": 1, "p4": 0}
    assert collection.empty == 1


def test_judgements_without_a_header_and_in_trec_form_are_read_too(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").write_text("q1 0 p1 1\nq2 0 p6 1\n")
    assert load_beir(folder).judgements == {"q1": {"p1": 1}, "q2": {"p6": 1}}


@pytest.mark.parametrize(
    ("file", "text", "error", "named"),
    [
        ("qrels/test.tsv", None, SourceNotFoundError, "test.tsv"),
        ("queries.jsonl", None, SourceNotFoundError, "queries.jsonl"),
        ("corpus.jsonl", "{\n", SourceError, "corpus.jsonl:1"),
        ("corpus.jsonl", '{"_id": "a", "text": "x"}\n{"_id": "a", "text": "y"}\n', SourceError, "corpus.jsonl:2"),
        ("corpus.jsonl", '{"text": "x"}\n', SourceError, "no _id"),
        ("queries.jsonl", "[]\n", SourceError, "queries.jsonl:1"),
        ("qrels/test.tsv", "q1\tp1\t1\nq2\tp6\tyes\n", SourceError, "test.tsv:2"),
        ("qrels/test.tsv", "q9\tp1\t1\n", SourceError, "no question"),
    ],
)
def test_a_folder_that_is_not_right_is_refused_by_file_and_line(
    folder: Path, file: str, text: str | None, error: type[Exception], named: str
) -> None:
    path = folder / file
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(error, match=named.replace(".", r"\.")):
        load_beir(folder)


def test_a_split_that_is_not_there_is_refused_and_those_that_are_there_named(folder: Path) -> None:
    with pytest.raises(SourceNotFoundError, match="splits there: test"):
        load_beir(folder, "dev")


def test_the_measures_are_what_their_definitions_say() -> None:
    judgements = {"a": {"x": 2, "y": 1}, "b": {"z": 1}, "c": {"w": 1}}
    values = evaluate(judgements, {"a": ["n", "x", "m", "y"], "b": [*(f"n{i}" for i in range(10)), "z"]})
    ideal = 2 + 1 / math.log2(3)
    assert values["nDCG@10"] == pytest.approx([(2 / math.log2(3) + 1 / math.log2(5)) / ideal, 0, 0])
    assert values["recall@5"] == pytest.approx([1, 0, 0])
    assert values["recall@100"] == pytest.approx([1, 1, 0])
    # The eleventh place counts nothing for MRR@10, but for MAP.
    assert values["MRR@10"] == pytest.approx([1 / 2, 0, 0])
    assert values["MAP@100"] == pytest.approx([(1 / 2 + 2 / 4) / 2, 1 / 11, 0])


def test_the_order_that_was_shown_is_measured_whatever_the_papers_are_called() -> None:
    for names in (["a", "b"], ["b", "a"]):
        assert evaluate({"q": {names[1]: 1}}, {"q": names})["MRR@10"].tolist() == [0.5]


def test_an_interval_holds_the_mean_and_narrows_with_more_questions() -> None:
    few, many = interval(np.tile([0.0, 1.0], 10)), interval(np.tile([0.0, 1.0], 1_000))
    assert few.low < few.mean == 0.5 < few.high
    assert many.high - many.low < (few.high - few.low) / 5
    assert interval(np.ones(7)).low == interval(np.ones(7)).high == 1


def test_reciprocal_ranks_are_summed() -> None:
    fused = reciprocal_ranks([np.array([3, 2, 1], dtype=np.float32), np.array([0, 5, 9], dtype=np.float32)])
    assert fused == pytest.approx([1 / 61 + 1 / 63, 2 / 62, 1 / 63 + 1 / 61])


def test_the_plain_baseline_finds_words_and_nothing_for_unknown_ones() -> None:
    papers = make_papers()
    scores = plain_bm25(papers)
    assert papers[int(np.argmax(scores("wet mooring ropes")))].id == "p6"
    assert scores("zzyzx").tolist() == [0] * len(papers)


def test_a_run_reports_every_way_of_searching_and_the_second_embeds_nothing(folder: Path, tmp_path: Path) -> None:
    arguments = ["retrieval", "--beir", str(folder), "--index-dir", str(tmp_path / "index"), "--json"]
    result = CliRunner().invoke(eval_app, arguments)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["papers"], report["questions"], report["split"]) == (6, 4, "test")
    systems = {system["name"]: system for system in report["systems"]}
    assert list(systems) == ["rag-assistant", "BM25 alone", "dense alone", "plain RRF"]
    for system in systems.values():
        assert list(system["values"]) == list(MEASURES)
        assert all(0 <= one["low"] <= one["mean"] <= one["high"] <= 1 for one in system["values"].values())
        assert 0 < system["p50_ms"] <= system["p95_ms"]
    assert systems["rag-assistant"]["values"]["MRR@10"]["mean"] == 1
    made = {path.name for path in (tmp_path / "index" / "generations").iterdir()}
    again = CliRunner().invoke(eval_app, [*arguments, "--limit", "2"])
    assert json.loads(again.stdout)["questions"] == 2
    assert {path.name for path in (tmp_path / "index" / "generations").iterdir()} == made


def test_questions_of_ones_own_are_measured_over_ones_own_index(small_index: str, tmp_path: Path) -> None:
    papers = make_papers()
    cases = [
        {"id": "f1", "type": "factual", "question": "ships lost in fog", "gold_titles": [papers[0].title]},
        {"id": "f2", "type": "factual", "question": "elsewhere", "gold_titles": ["Not In Here"]},
        {"id": "u1", "type": "unanswerable", "question": "tax on dividends"},
    ]
    (tmp_path / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))
    arguments = ["retrieval", "--questions", str(tmp_path / "cases.jsonl"), "--index-dir", small_index]
    result = CliRunner().invoke(eval_app, arguments)
    assert result.exit_code == 0, result.output
    assert "1 questions over 6 papers" in result.stdout
    assert "rag-assistant" in result.stdout


@pytest.mark.parametrize("arguments", [[], ["--beir", "a", "--questions", "b"]])
def test_one_collection_must_be_named(arguments: list[str]) -> None:
    result = CliRunner().invoke(eval_app, ["retrieval", *arguments])
    assert isinstance(result.exception, UsageError)
    assert "--beir" in str(result.exception)
