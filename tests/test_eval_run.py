"""Runs: what they write, that they go on, what goes wrong in them, and their report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag_assistant.assistant import Assistant
from rag_assistant.cli.eval import eval_app
from rag_assistant.errors import EncoderError, LLMTimeoutError, LLMUnavailableError, SourceError, UsageError
from rag_assistant.evaluate.cases import Case, parse_case, read_cases
from rag_assistant.evaluate.compare import compare
from rag_assistant.evaluate.curves import abstention_errors, coverage_accuracy, recall_curve
from rag_assistant.evaluate.harness import Plan, carry_out, choose, parse_settings
from rag_assistant.evaluate.judges import VerifierJudge
from rag_assistant.evaluate.report import report_page
from rag_assistant.evaluate.report.answers import marked
from rag_assistant.evaluate.report.figures import round_ticks
from rag_assistant.evaluate.results import Result, parse_result, result_line
from rag_assistant.evaluate.runs import Run, read_run
from rag_assistant.evaluate.sweep import combinations
from rag_assistant.records import Event
from tests.papers import make_papers

HARBOUR, TIDE, *_, ROPE = (paper.title for paper in make_papers())
LINES: list[dict[str, Any]] = [
    {"id": "n1", "type": "numeric", "question": "How many vessels does HarborNet find in dense fog?",
     "gold_titles": [HARBOUR], "facts": [["91.4%"]]},
    {"id": "n2", "type": "numeric", "question": "How far ahead does TideGPT predict currents?",
     "gold_titles": [TIDE], "facts": [["48 hours"]]},
    {"id": "f1", "type": "followup", "question": "and how fast does it run?", "history": ["What is HarborNet?"],
     "gold_titles": [HARBOUR], "facts": [["30"]]},
    {"id": "w1", "type": "factual", "question": "How fast do wet ropes creep?", "gold_titles": [ROPE],
     "facts": [["<b>never</b>"]], "split": "held_out"},
    {"id": "u1", "type": "unanswerable", "question": "What is WhaleNet?", "note": "nobody has it"},
]  # fmt: skip


@pytest.fixture
def cases_file(tmp_path: Path) -> Path:
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return path


@pytest.fixture
def assistant(small_index: str) -> Assistant:
    return Assistant.open(small_index)


def plan(folder: Path, **changed: Any) -> Plan:
    cases = tuple(parse_case(line) for line in LINES)
    return Plan(**{"cases": cases, "mode": "extractive", "judge": VerifierJudge(), "folder": folder, **changed})


def invoke(*arguments: str | Path) -> Any:
    return CliRunner().invoke(eval_app, [str(one) for one in arguments])


def test_a_run_writes_results_summary_manifest_and_report(cases_file: Path, small_index: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    arguments: list[str | Path] = [
        "run",
        cases_file,
        "--index-dir",
        small_index,
        "--mode",
        "extractive",
        "--run",
        folder,
    ]
    done = invoke(*arguments, "--json")
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    assert printed["whole"]["right"]["mean"] == pytest.approx(4 / 5)
    assert printed["whole"]["declined"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "count": 1}
    assert printed["by_type"]["followup"]["right"]["mean"] == 1
    assert printed["by_split"]["held_out"]["facts"]["mean"] == 0
    assert json.loads((folder / "summary.json").read_text())["whole"] == printed["whole"]
    results = [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]
    assert [result["id"] for result in results] == [line["id"] for line in LINES]
    quote = results[0]["answer"]["citations"][0]["quotes"][0]
    abstract = results[0]["answer"]["citations"][0]["paper"]["abstract"]
    assert abstract[quote["start"] : quote["end"]] == quote["text"]
    assert results[2]["answer"]["standalone_question"] != LINES[2]["question"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["mode"], manifest["judge"], manifest["papers"]) == ("extractive", "verifier", 6)
    assert small_index not in (folder / "manifest.json").read_text()
    table = invoke(*arguments)
    assert "Wholly right" in table.stdout
    assert "copy the top passage" in table.stdout


def test_no_shortcut_wins_and_each_wins_what_it_should(assistant: Assistant, tmp_path: Path) -> None:
    _, summary = carry_out(assistant, plan(tmp_path / "run"))
    controls = summary.controls
    assert all(found["right"].mean < summary.whole["right"].mean for found in controls.values())
    assert controls["always abstain"]["declined"].mean == 1
    assert controls["always abstain"]["answered"].mean == 0
    assert controls["copy the top passage"]["citation_recall"].mean == 1
    assert controls["cite everything"]["needed_papers"].mean == 1
    assert controls["cite everything"]["paper_precision"].mean < 0.5
    assert controls["cite everything"]["citation_precision"].mean < 1
    assert controls["answer at random"]["needed_papers"].mean < 1


def test_a_stopped_run_goes_on_and_asks_nothing_twice(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = carry_out(assistant, plan(tmp_path / "whole"))
    folder, asked = tmp_path / "run", []
    original = Assistant.stream

    def stream(self: Assistant, question: str, *given: Any, **named: Any) -> Iterator[Event]:
        asked.append(question)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return original(self, question, *given, **named)

    monkeypatch.setattr(Assistant, "stream", stream)
    with pytest.raises(KeyboardInterrupt):
        carry_out(assistant, plan(folder))
    assert [result.case.id for result in read_run(folder).results] == ["n1", "n2"]
    # A kill in the middle of a line.
    with (folder / "results.jsonl").open("a") as file:
        file.write('{"id": "f1", "case": {"id"')
    del asked[:]
    monkeypatch.setattr(Assistant, "stream", original)
    run, _ = carry_out(assistant, plan(folder))
    assert [result.case.id for result in run.results] == [line["id"] for line in LINES]
    for before, after in zip(whole.results, run.results, strict=True):
        assert before.answer is not None
        assert after.answer is not None
        assert before.answer["text"] == after.answer["text"]
    stamp = (folder / "results.jsonl").read_bytes()
    carry_out(assistant, plan(folder))
    assert (folder / "results.jsonl").read_bytes() == stamp


def test_several_at_once_give_the_same(assistant: Assistant, tmp_path: Path) -> None:
    one, _ = carry_out(assistant, plan(tmp_path / "one", controls=False))
    three, _ = carry_out(assistant, plan(tmp_path / "three", controls=False, workers=3))
    assert [result.values["right"] for result in one.results] == [result.values["right"] for result in three.results]
    assert [result.case.id for result in three.results] == [line["id"] for line in LINES]


def test_a_folder_of_another_run_is_refused_by_what_differs_and_fresh_begins_anew(
    small_index: str, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    carry_out(Assistant.open(small_index), plan(folder, controls=False))
    other = Assistant.open(small_index, retrieve={"k": 2})
    with pytest.raises(UsageError, match="other settings: choose another --run, or begin anew with --fresh"):
        carry_out(other, plan(folder))
    run, _ = carry_out(other, plan(folder, fresh=True, controls=False))
    assert run.manifest["settings"]["retrieve"]["k"] == 2
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("x")
    with pytest.raises(UsageError, match="no run"):
        carry_out(other, plan(tmp_path / "letters", fresh=True))


def test_a_damaged_line_is_named(assistant: Assistant, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    carry_out(assistant, plan(folder, controls=False))
    lines = (folder / "results.jsonl").read_text().splitlines(keepends=True)
    (folder / "results.jsonl").write_text(lines[0] + '{"id": 3}\n' + lines[1])
    with pytest.raises(SourceError, match=r"results\.jsonl:2: not a result"):
        read_run(folder)
    (folder / "manifest.json").write_text("{")
    with pytest.raises(SourceError, match=r"manifest\.json is damaged"):
        read_run(folder)


class FailsAfter:
    """A judge that gives up after some verdicts."""

    name = "verifier"

    def __init__(self, verdicts: int) -> None:
        self.left = verdicts

    def supports(self, claim: str, premises: Sequence[str]) -> bool:
        self.left -= 1
        if self.left < 0:
            raise EncoderError("the judge's model is gone")
        return VerifierJudge().supports(claim, premises)


def test_a_judge_that_fails_half_way_loses_no_answer_and_is_asked_again(assistant: Assistant, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    run, summary = carry_out(assistant, plan(folder, judge=FailsAfter(4), controls=False))
    assert len(run.results) == 5
    assert 0 < summary.unjudged < 5
    unjudged = next(result for result in run.results if result.unjudged)
    assert unjudged.unjudged == "the judge's model is gone"
    assert unjudged.values["citation_recall"] is None
    assert unjudged.values["facts"] is not None
    assert "answers were not judged" in report_page(run)
    again, summary = carry_out(assistant, plan(folder, judge=VerifierJudge(), controls=False))
    assert summary.unjudged == 0
    assert again.complete


def test_a_question_that_fails_is_named_and_the_rest_goes_on(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Assistant.stream
    fault: list[Exception] = [LLMTimeoutError("the server took too long")]

    def stream(self: Assistant, question: str, *given: Any, **named: Any) -> Iterator[Event]:
        if "TideGPT" in question:
            raise fault[0]
        return original(self, question, *given, **named)

    monkeypatch.setattr(Assistant, "stream", stream)
    run, summary = carry_out(assistant, plan(tmp_path / "run", controls=False))
    assert (summary.failed, summary.whole["right"].count) == (1, 4)
    page = report_page(run)
    assert "the server took too long" in page
    assert "1 questions failed" in page
    fault[0] = LLMUnavailableError("nothing answers")
    with pytest.raises(LLMUnavailableError):
        carry_out(assistant, plan(tmp_path / "run", controls=False))
    assert len(read_run(tmp_path / "run").results) == 4


def test_bad_lines_are_said_and_the_rest_is_asked(cases_file: Path, small_index: str, tmp_path: Path) -> None:
    stranger = {**LINES[0], "id": "s1", "gold_titles": ["No Such Paper"]}
    cases_file.write_text(cases_file.read_text() + "{\n" + json.dumps(LINES[0]) + "\n" + json.dumps(stranger) + "\n")
    arguments: list[str | Path] = [
        "--index-dir",
        small_index,
        "--mode",
        "extractive",
        "--run",
        tmp_path / "run",
        "--json",
    ]
    done = invoke("run", cases_file, *arguments)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["cases"] == 5
    assert "cases.jsonl:6: not a case" in done.stderr.replace("\n", "")
    assert "'n1' occurs twice" in done.stderr.replace("\n", "")
    assert "cases.jsonl:8: s1: no paper is titled 'No Such Paper'" in done.stderr.replace("\n", "")


def test_cases_are_drawn_by_seed_and_drafts_are_left_out(cases_file: Path) -> None:
    cases_file.write_text(cases_file.read_text() + json.dumps({**LINES[0], "id": "d", "draft": True}) + "\n")
    read = read_cases([cases_file])
    assert [case.id for case in choose(read, None, None, 0)] == [line["id"] for line in LINES]
    assert [case.id for case in choose(read, "held_out", None, 0)] == ["w1"]
    draws = {tuple(case.id for case in choose(read, None, 2, seed)) for seed in range(20)}
    assert len(draws) > 3
    assert choose(read, None, 2, 7) == choose(read, None, 2, 7)
    cases_file.write_text("{\n")
    with pytest.raises(SourceError, match="no case to ask"):
        choose(read_cases([cases_file]), None, None, 0)


class Attributes(HTMLParser):
    """Collects the names of all attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.update(name for name, _ in attrs)


def result(id_: str, right: bool, confidence: float, *, found: Sequence[str] = (), abstained: bool = False) -> Result:
    case = Case(id_, "factual" if id_[0] != "u" else "unanswerable", f"{id_}?", ("A", "B") if id_[0] != "u" else ())
    answer = {"abstained": abstained, "text": "", "reason": None, "sentences": [], "citations": [], "model": None}
    return Result(case, {"right": float(right)}, answer, tuple(found), confidence)


def test_curves_by_hand() -> None:
    results = [
        result("a", True, 0.9, found=["A", "x", "B"]),
        result("b", False, 0.8, found=["x", "B"]),
        result("c", False, 0.3, abstained=True, found=["y"]),
        result("u1", True, 0.2, abstained=True),
        result("u2", False, 0.6),
    ]
    assert recall_curve(results, 3) == ((1, 0.5 / 3), (2, 1 / 3), (3, 0.5))
    assert coverage_accuracy(results) == ((1 / 5, 1), (2 / 5, 1 / 2), (3 / 5, 1 / 3))
    errors = abstention_errors(results)
    assert errors is not None
    assert errors.run == (1 / 3, 1 / 2)
    assert errors.by_bar[0] == (0.0, 1.0)
    assert errors.by_bar[-1] == (1.0, 0.0)
    assert (1 / 3, 1 / 2) in errors.by_bar
    assert abstention_errors(results[:3]) is None


def test_two_runs_are_compared_question_by_question(tmp_path: Path) -> None:
    manifest = {"cases": ["a", "b", "c", "d"], "mode": "extractive"}
    before = Run(tmp_path / "old", manifest, (result("a", True, 1), result("b", False, 1), result("c", True, 1)))
    after = Run(tmp_path / "new", manifest, (result("a", False, 1), result("b", True, 1), result("d", True, 1)))
    found = compare(before, after)
    assert [pair[1].case.id for pair in found.won] == ["b"]
    assert [pair[1].case.id for pair in found.lost] == ["a"]
    assert (found.questions, found.alone) == (2, 2)
    assert found.changes["right"].difference.change.mean == 0
    with pytest.raises(UsageError, match="no question in common"):
        compare(before, Run(tmp_path / "x", manifest, (result("z", True, 1),)))


def test_the_report_escapes_what_it_shows_loads_nothing_and_shows_both_runs(
    small_index: str, assistant: Assistant, tmp_path: Path
) -> None:
    evil = '<script>alert("x")</script><img src=http://evil.example/x>'
    cases = (
        parse_case({**LINES[1], "question": f"How far ahead does TideGPT predict currents? {evil}"}),
        *(parse_case(line) for line in LINES if line["id"] != "n2"),
    )
    before, _ = carry_out(assistant, plan(tmp_path / "before", cases=cases))
    worse = Assistant.open(small_index, answer={"max_sentences": 1}, retrieve={"k": 1})
    after, _ = carry_out(worse, plan(tmp_path / "after", cases=cases))
    page = report_page(after, before)
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(&quot;x&quot;)" in page
    attributes = Attributes()
    attributes.feed(page)
    assert not {"src", "href", "srcset", "action", "data"} & attributes.names
    assert not re.search(r"url\(|@import", page.partition("</style>")[0])
    assert "&lt;b&gt;never&lt;/b&gt;" in page
    assert "<mark>" in page
    for part in ("Against before", "By type of question", "What a shortcut would get", "Curves", "The slowest"):
        assert part in page
    assert page.count("<svg") == page.count("</svg>")


def test_marks_hold_exactly_the_quoted_words_whatever_they_overlap() -> None:
    assert marked("a <b> c", [(2, 5), (0, 3)]) == "<mark>a </mark><mark>&lt;</mark><mark>b&gt;</mark> c"
    assert marked("abc", [(2, 9), (1, 1)]) == "abc"


def test_ticks_are_round_and_reach_far_enough() -> None:
    assert round_ticks(200) == (0, 50, 100, 150, 200)
    for most in (0.3, 1, 7.3, 48, 99.9, 1234):
        ticks = round_ticks(most)
        assert ticks[0] == 0
        assert ticks[-1] >= most > ticks[-2]
        assert 4 <= len(ticks) <= 6


def test_a_result_is_read_as_it_was_written(assistant: Assistant, tmp_path: Path) -> None:
    run, _ = carry_out(assistant, plan(tmp_path / "run"))
    for one in run.results:
        assert parse_result(result_line(one)) == one


def test_settings_are_parsed_and_combined() -> None:
    assert parse_settings(["retrieve.k=4", "answer.mode=llm"]) == {"retrieve": {"k": "4"}, "answer": {"mode": "llm"}}
    assert parse_settings(["prompts_dir=mine"]) == {"prompts_dir": "mine"}
    for wrong in ("retrieve.k", "k=4", "retrieve.k= ", "retrieve.=4"):
        with pytest.raises(UsageError, match=re.escape(repr(wrong))):
            parse_settings([wrong])
    pairs = combinations(["retrieve.k=4,8", "answer.max_sentences=3"])
    assert pairs == [("retrieve.k=4", "answer.max_sentences=3"), ("retrieve.k=8", "answer.max_sentences=3")]
    with pytest.raises(UsageError, match=r"retrieve\.k=4,6,8"):
        combinations([])
    with pytest.raises(UsageError, match="more than 64"):
        combinations(["retrieve.k=" + ",".join(map(str, range(1, 80)))])


def test_a_sweep_tells_settings_apart(cases_file: Path, small_index: str, tmp_path: Path) -> None:
    arguments: list[str | Path] = [
        "sweep",
        cases_file,
        "--index-dir",
        small_index,
        "--mode",
        "extractive",
        "--out",
        tmp_path / "sweep",
    ]
    done = invoke(*arguments, "--set", "retrieve.k=1,4", "--json")
    assert done.exit_code == 0, done.output
    first, second = json.loads(done.stdout)
    assert (first["settings"], second["settings"]) == ("retrieve.k=1", "retrieve.k=4")
    run = read_run(Path(first["run"]))
    assert run.manifest["settings"]["retrieve"]["k"] == 1
    assert first["median_seconds"] > 0
    page = (tmp_path / "sweep" / "sweep.html").read_text()
    assert "retrieve.k=4" in page
    assert "<circle" in page
    unknown = invoke(*arguments, "--set", "retrieve.k=1", "--measure", "beauty")
    assert isinstance(unknown.exception, UsageError)


def test_comparing_and_reporting_from_the_command_line(
    cases_file: Path, small_index: str, tmp_path: Path, assistant: Assistant
) -> None:
    carry_out(assistant, plan(tmp_path / "a"))
    arguments: list[str | Path] = [
        "--index-dir",
        small_index,
        "--mode",
        "extractive",
        "--run",
        tmp_path / "b",
        "--set",
        "retrieve.k=2",
    ]
    done = invoke("run", cases_file, *arguments, "--baseline", tmp_path / "a")
    assert done.exit_code == 0, done.output
    assert "lost: 0" in done.stdout
    compared = json.loads(invoke("compare", tmp_path / "a", tmp_path / "b", "--json").stdout)
    assert compared["questions"] == 5
    assert compared["changes"]["right"]["difference"]["p"] == 1
    (tmp_path / "b" / "report.html").unlink()
    assert invoke("report", tmp_path / "b").exit_code == 0
    assert (tmp_path / "b" / "report.html").is_file()
    nothing = invoke("report", tmp_path / "none")
    assert "holds no run" in str(nothing.exception)
