"""Cases, metrics and the fitted models."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from rag_assistant.answer.evidence import MODEL_FILE, PAPER_FEATURES, Model, fit
from rag_assistant.answer.rhetoric import SENTENCE_FEATURES
from rag_assistant.errors import SourceError, SourceNotFoundError
from rag_assistant.evaluate.answers import main
from rag_assistant.evaluate.cases import Case, load_cases, title_key
from rag_assistant.evaluate.metrics import has_fact, score, summarise

QUESTIONS = Path(__file__).parent.parent / "evals" / "questions.jsonl"


def case(**fields: object) -> Case:
    given: dict[str, object] = {"id": "a", "type": "factual", "question": "q?", "gold_titles": ("A B",)}
    return Case(**{**given, **fields})  # type: ignore[arg-type]


def test_the_fitted_models_know_exactly_the_features_that_are_computed() -> None:
    fields = json.loads(MODEL_FILE.read_text(encoding="utf-8"))
    assert tuple(fields["paper"]["coefficients"]) == PAPER_FEATURES
    assert tuple(fields["sentence"]["coefficients"]) == SENTENCE_FEATURES
    assert fields["command"].startswith("python -m rag_assistant.evaluate.fit_evidence")
    assert 0 < fit().threshold < 1


def test_a_probability_by_hand() -> None:
    model = Model(-1.0, (2.0, 0.5))
    assert model.score([1.0, 2.0]) == pytest.approx(2.0)
    assert model.probability([1.0, 2.0]) == pytest.approx(1 / (1 + math.exp(-2.0)))
    assert model.probability([-1e9, 0.0]) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("text", "fact", "holds"),
    [
        ("It has 12,317 questions.", "12317", True),
        ("It has 12317 questions.", "12,317", True),
        ("a gain of 2.9$\\times$", "2.9", True),
        ("a gain of 12.9", "2.9", False),
        ("a gain of 2.95", "2.9", False),
        ("16 tasks", "6", False),
        ("self-supervised", "self-supervis", True),
        ("unsupervised", "supervis", False),
        ("a 2.9× gain", "2.9x", True),
        ("82.7\\% of them", "82.7%", True),
    ],
)
def test_a_fact_is_found_from_the_beginning_of_a_word_and_a_figure_to_its_end(
    text: str, fact: str, holds: bool
) -> None:
    assert has_fact(text, [fact]) is holds


def test_a_score_by_hand() -> None:
    two = case(gold_titles=("A B", "C D"), min_cites=2, facts=(("red",), ("blue", "azure")))
    found = score(two, ["A B", "E F"], "Red and azure.", declined=False, seconds=0.1)
    assert (found.precision, found.papers, found.facts, found.right) == (0.5, False, 1.0, False)
    whole = score(two, ["a b", "C-D"], "red blue", declined=False, seconds=0.3)
    assert (whole.precision, whole.papers, whole.facts, whole.right) == (1.0, True, 1.0, True)
    declined = score(two, ["A B"], "", declined=True, seconds=0.2)
    assert (declined.precision, declined.papers, declined.facts, declined.right) == (None, False, 0.0, False)
    total = summarise([found, whole, declined])
    assert total.papers == pytest.approx(1 / 3)
    assert total.precision == pytest.approx(0.75)
    assert total.facts == pytest.approx(2 / 3)
    assert total.declined == pytest.approx(1 / 3)
    assert total.seconds == pytest.approx(0.2)


def test_any_paper_of_many_will_do() -> None:
    some = case(gold_titles=("A", "B", "C"), mode="any", min_cites=2)
    assert score(some, ["A", "C"], "x", declined=False, seconds=0).papers
    assert not score(some, ["A", "D"], "x", declined=False, seconds=0).papers


def test_a_question_without_answer_is_right_only_when_declined() -> None:
    none = case(type="unanswerable", gold_titles=())
    assert score(none, [], "", declined=True, seconds=0).right
    assert not score(none, ["A"], "x", declined=False, seconds=0).right


def test_title_keys_ignore_case_latex_and_punctuation() -> None:
    assert title_key("E$^2$-LLM: Long") == title_key("e2 llm long")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not a case"),
        ("[]", "JSON object"),
        ('{"id": "a", "type": "odd", "question": "q", "gold_titles": ["T"]}', "odd"),
        ('{"id": "a", "type": "factual", "question": "q"}', "gold_titles"),
        ('{"id": "a", "type": "factual", "question": "q", "gold_titles": ["T"], "fact": []}', "unknown field fact"),
        ('{"id": "a", "type": "factual", "question": "q", "gold_titles": ["T"], "split": "test"}', "test"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, why: str) -> None:
    file = tmp_path / "cases.jsonl"
    good = '{"id": "g", "type": "factual", "question": "q", "gold_titles": ["T"]}'
    file.write_text(f"{good}\n{line}\n")
    with pytest.raises(SourceError, match=why) as caught:
        load_cases(file)
    assert ":2:" in str(caught.value)


def test_an_id_twice_and_a_missing_file_are_named(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text('{"id": "g", "type": "factual", "question": "q", "gold_titles": ["T"]}\n' * 2)
    with pytest.raises(SourceError, match="occurs twice"):
        load_cases(file)
    with pytest.raises(SourceNotFoundError):
        load_cases(tmp_path / "none.jsonl")


def test_the_questions_that_come_along_are_enough_and_a_third_is_held_out() -> None:
    cases = load_cases(QUESTIONS)
    held_out = sum(one.split == "held_out" for one in cases)
    assert len(cases) >= 200
    assert 0.28 < held_out / len(cases) < 0.4
    assert all(one.gold_titles for one in cases if one.answerable)
    assert all(one.facts for one in cases if one.answerable and one.type != "multi")


def test_the_command_measures_both_writers(
    small_index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    title = "HarborNet: Detecting Ships in Fog with Paired Radar"
    lines = [
        {"id": "1", "type": "numeric", "question": "How many vessels in fog?",
         "gold_titles": [title], "facts": [["91.4%"]]},
        {"id": "2", "type": "followup", "question": "and how fast does it run?", "history": ["What is HarborNet?"],
         "gold_titles": [title], "facts": [["30"]]},
        {"id": "3", "type": "unanswerable", "question": "What is WhaleNet?"},
        {"id": "4", "type": "factual", "question": "q", "gold_titles": ["No Such Paper"], "split": "held_out"},
    ]  # fmt: skip
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert main([str(file), "--index-dir", small_index, "--split", "dev", "--json"]) == 0
    out = json.loads(capsys.readouterr().out)
    assert out["extractive"]["all"]["cases"] == 3
    assert out["extractive"]["all"]["right"] == 1.0
    assert out["closest sentences"]["not answerable"]["declined"] == 0.0
    assert main([str(file), "--index-dir", small_index]) == 0
    assert "No Such Paper" in capsys.readouterr().err
    assert main([str(tmp_path / "none.jsonl"), "--index-dir", small_index]) != 0
