"""Follow-ups turned into questions that stand alone."""

from __future__ import annotations

import pytest

from rag_assistant.answer import standalone_question
from rag_assistant.answer.followup import read_rewritten
from rag_assistant.records import Answer, Citation, Paper

ROPE = Paper("1", "LongRoPE: Far Windows", "LongRoPE stretches windows.")
LORA = Paper("2", "LongLoRA: Cheap Tuning", "LongLoRA tunes cheaply.")
HOLISTIC = Paper("3", "A Whole Evaluation of Models", "We present WHEM, which scores models.")


def answer(question: str, *papers: Paper) -> Answer:
    citations = tuple(Citation(number, paper, ()) for number, paper in enumerate(papers, 1))
    return Answer(question, question, "", (), citations, (), not papers, None, "extractive", None)


ONE = [answer("What is LongRoPE?", ROPE)]
TWO = [answer("Compare LongRoPE with LongLoRA", ROPE, LORA)]
TYPED = [answer("What is WHEM?", HOLISTIC)]


@pytest.mark.parametrize(
    ("said", "question", "standalone"),
    [
        (ONE, "how many steps does it need?", "How many steps does LongRoPE need?"),
        (ONE, "and how large was its dataset?", "How large was LongRoPE's dataset?"),
        (ONE, "compare that with LongLoRA", "Compare LongRoPE with LongLoRA"),
        (ONE, "and on Mistral?", "LongRoPE: on Mistral?"),
        (ONE, "what about LongLoRA?", "What is LongLoRA?"),
        (ONE, "why?", "Why (LongRoPE)?"),
        (ONE, "how accurate is GPT-4o on it?", "How accurate is GPT-4o on LongRoPE?"),
        (TWO, "which machine did the second one train on?", "Which machine did LongLoRA train on?"),
        (TWO, "and the latter?", "What is LongLoRA?"),
        (TWO, "how do they differ in cost?", "How do LongRoPE and LongLoRA differ in cost?"),
        (TWO, "what does [2] say about GPUs?", "What does LongLoRA say about GPUs?"),
        (TYPED, "how many models did they test?", "How many models did WHEM test?"),
    ],
)
def test_what_a_follow_up_leans_on_is_put_in(said: list[Answer], question: str, standalone: str) -> None:
    assert standalone_question(question, said) == standalone


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of Australia?",
        "Which papers prune visual tokens?",
        "Is it possible to prune tokens?",
        "What is KelpBank and what does it measure?",
        "thanks!",
        "",
        "   ",
    ],
)
def test_a_question_that_stands_alone_is_left_as_typed(question: str) -> None:
    assert standalone_question(question, ONE) == question


def test_nothing_cited_means_nothing_to_lean_on() -> None:
    assert standalone_question("and how large was it?", []) == "and how large was it?"
    assert standalone_question("and how large was it?", [answer("hi")]) == "and how large was it?"


def test_an_answer_that_cited_nothing_is_passed_over() -> None:
    assert standalone_question("how large is it?", [*ONE, answer("hi")]) == "How large is LongRoPE?"


def test_an_ordinal_beyond_the_cited_papers_is_left_alone() -> None:
    assert "fourth" in standalone_question("what about the fourth one?", TWO)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("How fast does HarborNet run?", "and how fast does it run?"),
        ('Rewritten question: "How fast does HarborNet run?"', "and how fast does it run?"),
        ("What is the F1 of GullSpeak?\nIt is 0.88.", "and what is its F1?"),
        ("How does TideGPT compare?", "and the second one?"),
    ],
)
def test_a_models_rewriting_is_believed_where_it_keeps_the_question(text: str, question: str) -> None:
    assert read_rewritten(text, question) is not None


@pytest.mark.parametrize(
    "text", ["", "HarborNet detects ships in fog.", "It was awarded a prize by glaciologists.", "how fast run " * 100]
)
def test_a_models_rewriting_is_not_believed_where_it_says_something_else(text: str) -> None:
    assert read_rewritten(text, "and how fast does it run?") is None
