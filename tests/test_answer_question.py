"""Taking a question apart."""

from __future__ import annotations

import pytest

from rag_assistant.answer.details import details_asked, details_lacking
from rag_assistant.answer.question import is_small_talk, understand
from rag_assistant.answer.rhetoric import counts
from rag_assistant.answer.spelling import nearest_spelling
from rag_assistant.answer.subject import name_of, needs_subject
from rag_assistant.records import Paper


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Which papers extend the context window?", "list"),
        ("What work is there on recommender systems?", "list"),
        ("Which method prunes tokens?", "plain"),
        ("What is HarborNet?", "definition"),
        ("How many tokens does it reach?", "number"),
        ("What accuracy do people reach?", "number"),
        ("HarborNet vs KelpBank", "compare"),
        ("How does A differ from B?", "compare"),
        ("Why do models forget?", "reason"),
        ("How can a model be pruned?", "method"),
        ("Does repetition hurt?", "whether"),
    ],
)
def test_the_kind_of_a_question(question: str, kind: str) -> None:
    assert understand(question).kind == kind


def test_what_is_counted_is_neither_a_name_nor_an_auxiliary() -> None:
    assert understand("How many labelled frames does FogPort hold?").counted == ("label", "frame")
    assert understand("How much does HarborNet lower the error?").counted == ()


def test_names_as_typed_and_none_in_a_shouted_question() -> None:
    assert understand("Is E^2-LLM better than LongRoPE on MM-Vet?").names == ("E^2-LLM", "LongRoPE", "MM-Vet")
    assert understand("WHAT IS THE SPEED OF LONGROPE").names == ()


@pytest.mark.parametrize(
    "text", ["hi", "Hello there!", "thanks, that was great", "who are you?", "ok.", "tell me a joke"]
)
def test_small_talk(text: str) -> None:
    assert is_small_talk(text)


@pytest.mark.parametrize("text", ["hi, what is HarborNet?", "test-time adaptation", "help with pruning tokens", "x"])
def test_a_question_is_no_small_talk(text: str) -> None:
    assert not is_small_talk(text)


@pytest.mark.parametrize(
    ("question", "lacking"),
    [
        ("How many GPUs was it trained on?", ("the hardware used",)),
        ("Under which licence is it published?", ("a licence",)),
        ("On what date was it released?", ("a date",)),
        ("How many parameters does it have?", ()),
    ],
)
def test_details_that_an_abstract_does_not_give(question: str, lacking: tuple[str, ...]) -> None:
    abstract = "We train a model of 7B parameters that reads 2048k tokens and release it."
    assert details_lacking(details_asked(question), abstract) == lacking


def test_a_detail_that_an_abstract_gives_is_not_lacking() -> None:
    asked = details_asked("How many GPUs was it trained on, and when was it released?")
    assert details_lacking(asked, "Trained on 8 A100 cards in 2023.") == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("contxt", "context"), ("middel", "middle"), ("degredation", "degradation"), ("lokm", "lookm"), ("cat", None)],
)
def test_slips_are_mended(typed: str, meant: str | None) -> None:
    known = ["context", "content", "middle", "degradation", "lookm", "cats", "harbour"]
    assert nearest_spelling(typed, known) == meant


def test_no_name_with_a_digit_is_mended_to_another() -> None:
    assert nearest_spelling("gpt5", ["gpt4"]) is None


@pytest.mark.parametrize(
    ("title", "abstract", "name"),
    [
        ("LongRoPE: Far Windows", "", "LongRoPE"),
        ("A Very Long Head of a Title: With More", "We introduce TideGPT, a model.", "TideGPT"),
        ("Clustered Generation of Answers (CGA)", "", "CGA"),
        ("Why Mooring Lines Creep", "We measured nine ropes.", "Why Mooring Lines Creep"),
    ],
)
def test_what_a_paper_is_called(title: str, abstract: str, name: str) -> None:
    assert name_of(Paper("p", title, abstract)) == name


def test_sentences_that_leave_their_subject_open() -> None:
    assert needs_subject("It runs at 30 frames per second.")
    assert needs_subject("However, our method does not.")
    assert needs_subject("The proposed model is small.")
    assert not needs_subject("HarborNet runs on a laptop.")
    assert not needs_subject("Items are sorted by weight.")


def test_what_how_many_stands_before_is_what_is_counted() -> None:
    asked = understand("How many tokens of context does it reach?")
    assert (
        counts("It reaches 2048k tokens.", asked.counted)
        > counts("It is readjusted at 8k for short context.", asked.counted)
        > 0
    )
