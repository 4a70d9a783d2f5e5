from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import pytest

from rag_assistant.errors import SourceError, SourceNotFoundError
from rag_assistant.evaluate.cases import title_key
from rag_assistant.evaluate.verifier import (
    SupportedKind,
    UnsupportedKind,
    VerifierCase,
    evaluate_verifier,
    load_verifier_cases,
    word_overlap,
)
from rag_assistant.evaluate.verifier_examples import is_kept_out
from rag_assistant.verify import Verdict

PASSAGES = {"TideNet: small models": "TideNet: small models\nTideNet has 12M parameters. It reads gauges."}
CASES = [
    VerifierCase("a", "TideNet has 12 million parameters.", "TideNet: Small Models", True, "reformatted"),
    VerifierCase("b", "It reads gauges.", "TideNet: small models", True, "paraphrase"),
    VerifierCase("c", "TideNet has 13M parameters.", "TideNet: small models", False, "altered_figure"),
    VerifierCase("d", "Owls hunt at night.", "TideNet: small models", False, "unrelated"),
]


def says_no(sentence: str, passages: Sequence[str]) -> Verdict:
    return Verdict(sentence == "It reads gauges.", 0.25, (), ())


def test_rates_count_what_was_judged_right_by_kind() -> None:
    report = evaluate_verifier(CASES, PASSAGES, checker=says_no)
    assert report.balanced_accuracy.value == 0.75
    assert report.false_alarms.value == 0.5
    assert {kind: rate.value for kind, rate in report.by_kind.items()} == {
        "paraphrase": 1.0,
        "reformatted": 0.0,
        "altered_figure": 1.0,
        "unrelated": 1.0,
    }
    assert [case.id for case, _ in report.wrong] == ["a"]
    assert report.balanced_accuracy.low <= 0.75 <= report.balanced_accuracy.high
    assert [(one.count, one.supported) for one in report.reliability] == [(4, 0.5)]
    assert "altered_figure" in report.table()


def test_the_verifier_itself_is_audited() -> None:
    assert evaluate_verifier(CASES, PASSAGES).balanced_accuracy.value == 1


def test_word_overlap_does_not_see_a_changed_figure() -> None:
    report = evaluate_verifier(CASES, PASSAGES, checker=word_overlap)
    assert report.by_kind["altered_figure"].value == 0


def test_a_paper_that_is_not_there_is_named() -> None:
    with pytest.raises(SourceError, match="case z: the collection has no paper “Nowhere”"):
        evaluate_verifier([VerifierCase("z", "A.", "Nowhere", True, "paraphrase")], PASSAGES)


def test_cases_of_one_label_are_refused() -> None:
    with pytest.raises(SourceError, match="both labels"):
        evaluate_verifier(CASES[:2], PASSAGES)


def test_bad_lines_are_named(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"id": "a"}\n')
    with pytest.raises(SourceError, match=r"cases\.jsonl:1: not a verifier case: no sentence"):
        load_verifier_cases(path)
    with pytest.raises(SourceNotFoundError):
        load_verifier_cases(tmp_path / "none.jsonl")


def test_the_cases_of_the_repository_can_be_read_and_a_third_is_held_out() -> None:
    path = Path(__file__).parents[1] / "evals" / "verifier.jsonl"
    cases = load_verifier_cases(path)
    assert len(cases) >= 600
    assert set(Counter(case.kind for case in cases)) == {*get_args(SupportedKind), *get_args(UnsupportedKind)}
    assert len({case.id for case in cases}) == len({json.dumps([case.sentence]) for case in cases}) == len(cases)
    held_out = [case for case in cases if case.split == "held_out"]
    assert len(held_out) >= len(cases) / 3
    papers = {title_key(case.passage_title) for case in held_out}
    assert all(is_kept_out(title) for title in papers), "training must never see them"
    assert not papers & {title_key(case.passage_title) for case in cases if case.split == "dev"}


def test_nothing_is_learned_from_what_is_held_out() -> None:
    evals = Path(__file__).parents[1] / "evals"
    held_out = [case for case in load_verifier_cases(evals / "verifier.jsonl") if case.split == "held_out"]
    unseen = load_verifier_cases(evals / "verifier_unseen.jsonl")
    learned = load_verifier_cases(evals / "training" / "sentences.jsonl")
    assert all(is_kept_out(case.passage_title) for case in unseen)
    assert {case.split for case in unseen} == {"held_out"}
    assert not any(is_kept_out(case.passage_title) for case in learned)
    assert not {case.sentence for case in learned} & {case.sentence for case in (*held_out, *unseen)}


def test_the_sentences_to_learn_from_are_of_every_kind_and_each_is_there_once() -> None:
    folder = Path(__file__).parents[1] / "evals" / "training"
    for path in sorted(folder.glob("sentences*.jsonl")):
        cases = load_verifier_cases(path)
        assert len({case.id for case in cases}) == len({case.sentence for case in cases}) == len(cases)
        assert {case.kind for case in cases} >= {"paraphrase", "negated", "swapped_entity", "overclaim"}
    invented = {title_key(json.loads(line)["title"]) for line in (folder / "papers_invented.jsonl").open()}
    about = {title_key(case.passage_title) for case in load_verifier_cases(folder / "sentences_invented.jsonl")}
    assert about <= invented
