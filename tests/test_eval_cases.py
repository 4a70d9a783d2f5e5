"""The format of cases, its schema, and the check of a file against its papers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from rag_assistant import corpus
from rag_assistant.cli.eval import eval_app
from rag_assistant.errors import SourceError, SourceNotFoundError, UsageError
from rag_assistant.evaluate.cases import CaseType, case_dict, load_cases, parse_case, read_cases, title_key
from rag_assistant.evaluate.validate import validate
from rag_assistant.settings import CorpusSettings
from tests.conftest import ROOT
from tests.papers import make_papers

QUESTIONS = ROOT / "evals" / "questions.jsonl"
SCHEMA = Draft202012Validator(json.loads((ROOT / "evals" / "case.schema.json").read_text(encoding="utf-8")))
GOOD: dict[str, Any] = {"id": "a", "type": "factual", "question": "q?", "gold_titles": ["T", "U"]}


def write(path: Path, *lines: dict[str, Any] | str) -> Path:
    text = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text("".join(f"{one}\n" for one in text), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"type": "odd"}, "odd"),
        ({"gold_titles": []}, "no gold_titles"),
        ({"gold_titles": "T"}, "gold_titles must be a list"),
        ({"gold_titles": [""]}, "none of them empty"),
        ({"fact": []}, "unknown field fact"),
        ({"facts": ["x"]}, "lists of alternatives"),
        ({"facts": [[]]}, "lists of alternatives"),
        ({"facts": [[3]]}, "alternative"),
        ({"split": "test"}, "test"),
        ({"mode": "some"}, "some"),
        ({"id": " "}, "no id"),
        ({"question": 3}, "no question"),
        ({"min_cites": -1}, "-1"),
        ({"min_cites": "2"}, "'2'"),
        ({"note": 3}, "note"),
        ({"draft": "yes"}, "draft"),
        ({"type": "followup"}, "history"),
        ({"type": "unanswerable"}, "unanswerable"),
        ({"evidence": "words"}, "evidence"),
    ],
)
def test_reader_and_schema_refuse_the_same(changed: dict[str, Any], why: str) -> None:
    fields = {**GOOD, **changed}
    assert list(SCHEMA.iter_errors(fields))
    with pytest.raises(ValueError, match=why):
        parse_case(fields)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"mode": "any", "min_cites": 1, "facts": [["x", "y"]], "evidence": ["z"], "note": "n", "split": "held_out"},
        {"type": "followup", "history": ["before?"]},
        {"type": "unanswerable", "gold_titles": []},
        {"draft": True, "gold_titles": []},
    ],
)
def test_reader_and_schema_take_the_same_and_a_case_is_written_as_it_was_read(changed: dict[str, Any]) -> None:
    fields = {**GOOD, **changed}
    assert not list(SCHEMA.iter_errors(fields))
    case = parse_case(fields)
    assert parse_case(case_dict(case)) == case
    assert not list(SCHEMA.iter_errors(case_dict(case)))


def test_more_citations_than_titles_are_refused() -> None:
    with pytest.raises(ValueError, match="min_cites 3 is more than the 2 gold_titles"):
        parse_case({**GOOD, "min_cites": 3})


def test_bad_lines_are_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", GOOD, "{", "", "[]", {**GOOD, "id": "b"}, GOOD)
    more = write(tmp_path / "b.jsonl", {**GOOD, "id": "b"}, {**GOOD, "id": "c", "draft": True})
    read = read_cases([file, more])
    assert [case.id for case in read.cases] == ["a", "b", "c"]
    assert read.places["c"] == f"{more}:2"
    rejected = [str(one) for one in read.rejected]
    assert rejected[0].startswith(f"{file}:2: not a case: ")
    assert rejected[1] == f"{file}:4: not a case: not a JSON object"
    assert rejected[2] == f"{file}:6: the id 'a' occurs twice, first at {file}:1"
    assert rejected[3] == f"{more}:1: the id 'b' occurs twice, first at {file}:5"


def test_loading_names_the_first_bad_line_and_leaves_drafts_out(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.jsonl:2: not a case"):
        load_cases(write(tmp_path / "a.jsonl", GOOD, "{"))
    assert load_cases(write(tmp_path / "b.jsonl", {**GOOD, "draft": True})) == []
    with pytest.raises(SourceNotFoundError, match="none"):
        load_cases(tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "\xe9"}\n')
    with pytest.raises(SourceError, match="not UTF-8"):
        read_cases([tmp_path / "latin.jsonl"])


def test_title_keys_ignore_case_latex_and_punctuation() -> None:
    assert title_key("E$^2$-LLM: Long") == title_key("e2 llm long")


def test_the_questions_that_come_along_are_of_every_type_and_a_third_is_held_out() -> None:
    for line in QUESTIONS.read_text(encoding="utf-8").splitlines():
        assert not list(SCHEMA.iter_errors(json.loads(line))), line
    cases = load_cases(QUESTIONS)
    assert len(cases) >= 200
    held_out = sum(one.split == "held_out" for one in cases)
    assert 1 / 3 < held_out / len(cases) < 0.4
    counts = {name: sum(one.type == name for one in cases) for name in CaseType.__args__}  # type: ignore[attr-defined]
    assert min(counts.values()) >= 15
    assert all(one.facts and one.evidence for one in cases if one.answerable and one.type != "multi")
    assert all(one.note for one in cases if not one.answerable)


def test_the_questions_stand_up_to_the_bundled_papers() -> None:
    papers = corpus.collect([corpus.bundled_path()], CorpusSettings()).papers
    assert validate(read_cases([QUESTIONS]), papers) == []


@pytest.mark.shared
def test_the_questions_stand_up_to_the_saved_abstracts(shared: Path) -> None:
    papers = corpus.collect([shared / "corpus"], CorpusSettings()).papers
    assert validate(read_cases([QUESTIONS]), papers, skip=["evidence"]) == []


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    harbour = make_papers()[0].title
    return write(
        tmp_path / "cases.jsonl",
        {"id": "good", "type": "numeric", "question": "q", "gold_titles": [harbour], "facts": [["91.4%"]],
         "evidence": ["It runs at 30 frames per second on one laptop GPU."]},
        {"id": "title", "type": "factual", "question": "q", "gold_titles": ["No Such Paper"], "facts": [["x"]]},
        "not json",
        {"id": "fact", "type": "numeric", "question": "q", "gold_titles": [harbour], "facts": [["91.5%", "92%"]]},
        {"id": "evidence", "type": "named", "question": "q", "gold_titles": [harbour], "evidence": ["at 31 frames"]},
        {"id": "answerable", "type": "unanswerable", "question": "What are the errors of turbid water?"},
        {"id": "fine", "type": "unanswerable", "question": "What dose of aspirin prevents a heart attack?"},
        {"id": "good", "type": "unanswerable", "question": "q"},
    )  # fmt: skip


def test_every_fault_of_a_file_is_named_by_line(faulty: Path, small_index: str) -> None:
    result = CliRunner().invoke(eval_app, ["validate", str(faulty), "--index-dir", small_index, "--json"])
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["cases"] == 6
    checks = [(one["place"].rpartition(":")[2], one["check"]) for one in found["findings"]]
    assert checks == [
        ("2", "title"), ("3", "line"), ("4", "fact"), ("5", "evidence"), ("6", "answerable"), ("8", "line")
    ]  # fmt: skip
    said = {one["check"]: one["what"] for one in found["findings"]}
    assert "'No Such Paper'" in said["title"]
    assert "'91.5%' or '92%'" in said["fact"]
    assert "Turbid water accounts for two thirds of all errors." in said["answerable"]


def test_checks_can_be_left_out_and_a_good_file_passes(faulty: Path, small_index: str, tmp_path: Path) -> None:
    arguments = ["validate", str(faulty), "--index-dir", small_index, "--skip", "fact", "--skip", "evidence"]
    printed = CliRunner().invoke(eval_app, arguments)
    assert "91.5%" not in printed.stdout
    assert "6 cases, 2 lines rejected, 2 cases with something wrong" in printed.stdout
    good = write(tmp_path / "good.jsonl", *faulty.read_text().splitlines()[:1])
    assert CliRunner().invoke(eval_app, ["validate", str(good), "--index-dir", small_index]).exit_code == 0
    wrong = CliRunner().invoke(eval_app, ["validate", str(good), "--skip", "spelling"])
    assert isinstance(wrong.exception, UsageError)
