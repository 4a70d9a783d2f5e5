"""The gate: it holds for the same answers, and fails, naming what was lost, for worse ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag_assistant.assistant import Assistant
from rag_assistant.cli.eval import eval_app
from rag_assistant.errors import SourceError, SourceNotFoundError, UsageError
from rag_assistant.evaluate.cases import parse_case
from rag_assistant.evaluate.gate import accept, hold, load_baseline
from rag_assistant.evaluate.harness import Plan, carry_out
from rag_assistant.evaluate.judges import VerifierJudge
from rag_assistant.evaluate.runs import Run, read_run
from tests.conftest import ROOT
from tests.papers import make_papers

# What each paper is asked for, so that half of a comparison is lost where only one paper is read.
ASKED = {
    "HarborNet": ("How many vessels does HarborNet find in dense fog?", "91.4%"),
    "TideGPT": ("How far ahead does TideGPT predict currents?", "48 hours"),
    "KelpBank": ("How many photographs does KelpBank collect?", "8,500"),
    "GullSpeak": ("How long is the context of GullSpeak?", "three hours"),
}
TITLES = {name: next(paper.title for paper in make_papers() if paper.title.startswith(name)) for name in ASKED}


def lines() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"id": name, "type": "numeric", "question": question, "gold_titles": [TITLES[name]], "facts": [[fact]]}
        for name, (question, fact) in ASKED.items()
    ]
    names = list(ASKED)
    for one, other in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)):
        pair = [names[one], names[other]]
        question = f"Compare {pair[0]} with {pair[1]}"
        titles = [TITLES[name] for name in pair]
        found.append({"id": "-".join(pair), "type": "compare", "question": question, "gold_titles": titles})
    return found


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines()))
    return path


@pytest.fixture
def run(small_index: str, tmp_path: Path) -> Run:
    cases = tuple(parse_case(line) for line in lines())
    plan = Plan(cases, "extractive", VerifierJudge(), folder=tmp_path / "runs" / "good", controls=False)
    return carry_out(Assistant.open(small_index), plan)[0]


@pytest.fixture
def baseline(run: Run, tmp_path: Path) -> Path:
    path = tmp_path / "baseline.json"
    accept(run, "the first", path, tmp_path / "experiments.md")
    return path


def gate(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str | Path) -> Any:
    monkeypatch.chdir(folder)
    return CliRunner().invoke(eval_app, ["gate", *map(str, arguments)])


def test_it_holds_for_the_same_answers(
    run: Run, baseline: Path, questions: Path, small_index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = hold(run, load_baseline(baseline))
    assert report.holds
    assert report.lost == ()
    asked: list[str | Path] = ["--baseline", baseline, "--questions", questions, "--index-dir", small_index]
    done = gate(monkeypatch, tmp_path, *asked)
    assert done.exit_code == 0, done.output
    assert "The gate holds." in done.stdout


def test_it_fails_on_a_deliberately_worse_setting_and_names_the_questions_lost(
    baseline: Path, questions: Path, small_index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | Path] = [
        "--baseline",
        baseline,
        "--questions",
        questions,
        "--index-dir",
        small_index,
        "--set",
        "retrieve.k=1",
    ]
    done = gate(monkeypatch, tmp_path, *asked)
    assert done.exit_code == 1
    assert "The gate fails." in done.stdout
    assert "Compare HarborNet with TideGPT" in done.stdout
    assert "How many vessels does HarborNet find" not in done.stdout
    told = json.loads(gate(monkeypatch, tmp_path, *asked, "--json").stdout)
    assert not told["holds"]
    assert {"right", "needed_papers"} <= set(told["fallen"])
    assert set(told["lost"]) == {line["id"] for line in lines() if line["type"] == "compare"}


def test_a_question_that_was_not_answered_fails_it(run: Run, baseline: Path) -> None:
    fewer = Run(run.folder, run.manifest, run.results[1:])
    report = hold(fewer, load_baseline(baseline))
    assert report.missing == ("HarborNet",)
    assert not report.holds


def test_a_small_loss_within_the_interval_passes(run: Run, baseline: Path) -> None:
    worse = replace(run.results[4], values={**run.results[4].values, "right": 0.0, "needed_papers": 0.0})
    kept = (*run.results[:4], worse, *run.results[5:])
    fields = json.loads(baseline.read_text())
    # One of ten, where the baseline itself was not at its ceiling.
    fields["means"]["right"]["low"] = fields["means"]["needed_papers"]["low"] = 0.8
    baseline.write_text(json.dumps(fields))
    report = hold(Run(run.folder, run.manifest, kept), load_baseline(baseline))
    assert [result.case.id for result in report.lost] == [worse.case.id]
    assert report.holds


def test_what_was_asked_otherwise_is_not_held_against_it(run: Run, baseline: Path) -> None:
    for name, value in (("mode", "llm"), ("papers", 7)):
        with pytest.raises(UsageError, match=name):
            hold(Run(run.folder, {**run.manifest, name: value}, run.results), load_baseline(baseline))


def test_accepting_writes_the_baseline_and_the_reason_below_those_before(run: Run, tmp_path: Path) -> None:
    page, path = tmp_path / "experiments.md", tmp_path / "baseline.json"
    page.write_text("# Experiments\n\nBefore.\n")
    accept(run, "the first", path, page)
    accept(run, "a second | with\na bar", path, page)
    page.write_text(page.read_text() + "\n## After\n\nMore.\n")
    accept(run, "a third", path, page)
    text = page.read_text()
    rows = [line for line in text.splitlines() if line.startswith("| 20")]
    assert [row.split("|")[-2].strip() for row in rows] == ["the first", "a second / with a bar", "a third"]
    assert text.count("## Accepted baselines") == 1
    assert text.index("a third") < text.index("## After")
    assert text.endswith("## After\n\nMore.\n")
    assert len({row.count("|") for row in text.splitlines() if row.startswith("|")}) == 1
    assert load_baseline(path).means["right"]["mean"] == 1


def test_no_reason_or_an_unfinished_run_is_refused_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    for given, reason, said in ((run, " ", "--reason"), (Run(run.folder, run.manifest, ()), "x", "not complete")):
        with pytest.raises(UsageError, match=said):
            accept(given, reason, tmp_path / "b.json", tmp_path / "e.md")
    assert not (tmp_path / "b.json").exists()


def test_a_missing_or_broken_baseline_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match="eval accept"):
        load_baseline(tmp_path / "none.json")
    (tmp_path / "b.json").write_text("{}")
    with pytest.raises(SourceError, match="eval accept"):
        load_baseline(tmp_path / "b.json")


def test_the_command_accepts_a_run(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_index: str, questions: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    paths = ["--baseline", str(tmp_path / "b.json"), "--experiments", str(tmp_path / "e.md")]
    done = CliRunner().invoke(eval_app, ["accept", str(run.folder), "--reason", "why not", *paths])
    assert done.exit_code == 0, done.output
    assert "why not" in (tmp_path / "e.md").read_text()
    held = CliRunner().invoke(eval_app, ["gate", str(run.folder), "--baseline", str(tmp_path / "b.json")])
    assert held.exit_code == 0
    asked = ["--questions", str(questions), "--index-dir", small_index]
    assert CliRunner().invoke(eval_app, ["accept", "--reason", "asked now", *paths, *asked]).exit_code == 0
    assert read_run(next((tmp_path / "runs").glob("gate-*"))).complete


def test_the_baseline_that_comes_along_is_of_the_questions_that_come_along() -> None:
    accepted = load_baseline(ROOT / "evals" / "baseline.json")
    ids = [json.loads(line)["id"] for line in (ROOT / "evals" / "questions.jsonl").read_text().splitlines()]
    assert list(accepted.values) == ids
    assert accepted.mode == "extractive"
