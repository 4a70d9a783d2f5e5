"""An answer kept as JSON: what it looks like, and asking it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from rag_assistant import Assistant
from rag_assistant.cli.commands import app
from rag_assistant.errors import SourceError, SourceNotFoundError
from rag_assistant.present import answer_dict
from rag_assistant.replay import load_answer, replay
from tests.conftest import ROOT
from tests.papers import make_papers

SCHEMA = json.loads((ROOT / "rag_assistant/present/answer.schema.json").read_text())
COUNTED = "How many labelled frames does the FogPort data set hold?"
QUESTIONS = [
    "How many vessels are found when it is foggy?",
    "Compare HarborNet with KelpBank",
    "Which papers introduce a benchmark or a data set of images?",
    "What is WhaleNet?",
]


def kept(folder: Path, index: str, question: str, **more: Any) -> Path:
    answer = Assistant.open(index).ask(question, mode="extractive", **more)
    path = folder / "answer.json"
    path.write_text(json.dumps(answer_dict(answer)))
    return path


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_answer_is_as_the_schema_says_and_comes_out_the_same_again(
    tmp_path: Path, small_index: str, question: str
) -> None:
    path = kept(tmp_path, small_index, question, k=5)
    Draft202012Validator.check_schema(SCHEMA)
    recorded = load_answer(path)
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(recorded)] == []
    again = replay(recorded, Path(small_index))
    assert again.differences == ()
    assert answer_dict(again.answer)["text"] == recorded["text"]
    assert len(again.answer.hits) == len(recorded["hits"]) <= 5


def test_filters_and_settings_of_the_answer_are_asked_under_again(tmp_path: Path, small_index: str) -> None:
    settings: dict[str, Any] = {"retrieve": {"feedback": 0.0}, "answer": {"max_sentences": 1}}
    assistant = Assistant.open(small_index, **settings)
    filters = {"title": ["HarborNet", "TideGPT"]}
    answer = assistant.ask(COUNTED, mode="extractive", filters=filters)
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(answer_dict(answer)))
    assert replay(load_answer(path), Path(small_index)).differences == ()
    assert len(answer.sentences) == 1


def test_what_has_changed_is_named_and_the_exit_code_says_so(tmp_path: Path, small_index: str) -> None:
    path = kept(tmp_path, small_index, QUESTIONS[0])
    runner = CliRunner()
    same = runner.invoke(app, ["replay", str(path), "--index-dir", small_index])
    assert same.exit_code == 0
    assert "91.4%" in same.stdout
    # The paper that answered is gone from the other collection.
    other = tmp_path / "other"
    pages = tmp_path / "papers.jsonl"
    rest = [paper for paper in make_papers() if not paper.title.startswith("HarborNet")]
    pages.write_text("".join(json.dumps({"title": p.title, "abstract": p.abstract}) + "\n" for p in rest))
    Assistant.open(other).ingest(pages)
    changed = runner.invoke(app, ["replay", str(path), "--index-dir", str(other), "--json"])
    assert changed.exit_code == 1
    told = json.loads(changed.stdout)
    assert not told["same"]
    assert any(line.startswith("the papers: ") for line in told["differences"])
    assert "the words of the answer" in told["differences"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("nonsense", "not an answer's JSON"),
        ("[]", "no question, standalone_question, text, mode, manifest"),
        ('{"question": "a", "standalone_question": "a", "text": "b", "mode": "llm", "manifest": {}}', "manifest.index"),
    ],
)
def test_a_file_that_is_no_answer_is_named(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "some.json"
    path.write_text(content)
    with pytest.raises(SourceError, match=why) as caught:
        load_answer(path)
    assert str(path) in str(caught.value)
    with pytest.raises(SourceNotFoundError, match=r"no such file"):
        load_answer(tmp_path / "absent.json")
