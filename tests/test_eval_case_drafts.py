"""From an answer to the draft of a case, and assertions on answers for tests of one's own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag_assistant.assistant import Assistant
from rag_assistant.cli.eval import eval_app
from rag_assistant.errors import SourceError, SourceNotFoundError
from rag_assistant.evaluate.case_drafts import add_draft, draft_case
from rag_assistant.evaluate.cases import load_cases, read_cases
from rag_assistant.evaluate.testing import (
    assert_abstains,
    assert_answers,
    assert_cites,
    assert_says,
    assert_supported,
)
from rag_assistant.evaluate.validate import validate
from rag_assistant.present import answer_dict
from rag_assistant.records import Answer
from tests.papers import make_papers

QUESTION = "How many vessels does HarborNet find in dense fog?"


@pytest.fixture(scope="module")
def answer(small_index: str) -> Answer:
    return Assistant.open(small_index).ask(QUESTION, "extractive")


@pytest.fixture(scope="module")
def declined(small_index: str) -> Answer:
    return Assistant.open(small_index).ask("What is WhaleNet?", "extractive")


def test_a_good_answer_becomes_a_case_that_stands_up_to_its_papers(answer: Answer, tmp_path: Path) -> None:
    case = draft_case(answer, note="just what I was after")
    assert case.question == QUESTION
    assert make_papers()[0].title in case.gold_titles
    assert ("91.4%",) in case.facts
    assert case.draft
    assert case.note == "liked in use: just what I was after"
    file = tmp_path / "deep" / "drafts.jsonl"
    assert add_draft(file, case)
    assert not add_draft(file, case)
    read = read_cases([file])
    assert read.cases == (case,)
    assert validate(read, make_papers()) == []
    assert load_cases(file) == []


def test_a_good_abstention_is_unanswerable_and_of_a_bad_answer_only_the_question_is_taken(
    answer: Answer, declined: Answer
) -> None:
    assert draft_case(declined).type == "unanswerable"
    bad = draft_case(answer, "bad", "wrong ship")
    assert (bad.question, bad.gold_titles, bad.facts, bad.evidence) == (QUESTION, (), (), ())
    assert bad.note == "disliked in use: wrong ship"
    assert draft_case(declined, "bad").type == "factual"


def test_the_command_adds_what_ask_printed(answer: Answer, tmp_path: Path) -> None:
    (tmp_path / "answer.json").write_text(json.dumps(answer_dict(answer)))
    arguments = ["add", str(tmp_path / "answer.json"), "--to", str(tmp_path / "mine.jsonl")]
    assert "added" in CliRunner().invoke(eval_app, arguments).stdout
    assert "already" in CliRunner().invoke(eval_app, arguments).stdout
    assert len(read_cases([tmp_path / "mine.jsonl"]).cases) == 1


@pytest.mark.parametrize(
    ("text", "error"),
    [(None, SourceNotFoundError), ("{", SourceError), ("[]", SourceError), ('{"question": "q"}', SourceError)],
)
def test_what_is_no_answer_is_refused(text: str | None, error: type[Exception], tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "answer.json").write_text(text)
    done = CliRunner().invoke(eval_app, ["add", str(tmp_path / "answer.json"), "--to", str(tmp_path / "mine.jsonl")])
    assert isinstance(done.exception, error)
    assert not (tmp_path / "mine.jsonl").exists()


def test_what_is_asserted_holds(answer: Answer, declined: Answer) -> None:
    assert_answers(answer)
    assert_cites(answer, "HarborNet")
    assert_cites(answer, make_papers()[0].title.lower())
    assert_says(answer, "91.4%", ("a fifth", "58%"))
    assert_supported(answer)
    assert_abstains(declined)


Check = Callable[[Answer, Answer], None]


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (lambda answer, declined: assert_cites(answer, "TideGPT"), "doesn't cite 'TideGPT'.*HarborNet"),
        (lambda answer, declined: assert_cites(answer, "Harbor"), "doesn't cite 'Harbor'"),
        (lambda answer, declined: assert_cites(answer, only=True), "also cites 'HarborNet"),
        (lambda answer, declined: assert_cites(declined, "HarborNet"), "it abstained: no indexed paper"),
        (lambda answer, declined: assert_says(answer, "91.5%"), "doesn't say '91.5%'"),
        (lambda answer, declined: assert_says(answer, "1.4%"), "doesn't say '1.4%'"),
        (lambda answer, declined: assert_abstains(answer), "it answered"),
        (lambda answer, declined: assert_supported(_doubted(answer)), "partly: "),
        (lambda answer, declined: assert_supported(_uncited(answer)), "no citation: "),
        (lambda answer, declined: assert_cites(_misquoted(answer), "HarborNet"), "not exact"),
    ],
)
def test_what_is_asserted_and_does_not_hold_says_why(check: Check, said: str, answer: Answer, declined: Answer) -> None:
    with pytest.raises(AssertionError) as caught:
        check(answer, declined)
    assert re.search(said, str(caught.value), re.DOTALL)


def _doubted(answer: Answer) -> Answer:
    return replace(answer, sentences=(replace(answer.sentences[0], verdict="partly"),))


def _uncited(answer: Answer) -> Answer:
    return replace(answer, sentences=(replace(answer.sentences[0], citations=()),))


def _misquoted(answer: Answer) -> Answer:
    citation = answer.citations[0]
    quote = replace(citation.quotes[0], text="HarborNet finds 99% of vessels")
    return replace(answer, citations=(replace(citation, quotes=(quote,)), *answer.citations[1:]))
