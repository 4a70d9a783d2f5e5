from __future__ import annotations

import pytest

from rag_assistant.retrieve.parts import parts_of


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("Compare HarborNet with TideGPT", "HarborNet", "TideGPT"),
        ("compare harbornet and tidegpt", "harbornet", "tidegpt"),
        ("HarborNet vs. TideGPT: which needs fewer GPUs?", "HarborNet", "TideGPT"),
        ("How does HarborNet differ from TideGPT?", "HarborNet", "TideGPT"),
        ("What do HarborNet and TideGPT say about fog?", "HarborNet", "TideGPT"),
        ("difference between rope creep and lamp icing", "rope creep", "lamp icing"),
        ("methods that map kelp versus methods that hear gulls", "map kelp", "hear gulls"),
        ("How is kelp mapped and how are gull calls told apart?", "kelp mapped", "gull calls"),
    ],
)
def test_a_question_about_two_things_becomes_one_about_each(question: str, one: str, other: str) -> None:
    first, second = parts_of(question)
    assert one in first
    assert other not in first
    assert other in second
    assert one not in second


def test_what_both_parts_are_asked_for_stays_with_each() -> None:
    assert all("in dense fog" in part for part in parts_of("How do HarborNet and TideGPT differ in dense fog?"))


@pytest.mark.parametrize(
    "question",
    [
        "",
        "HarborNet",
        "Which papers are about ships and fog?",
        "What is HarborNet and what does it detect?",
        "Wet ropes creep faster than dry ropes and age sooner.",
        "A survey of wind and weather at sea",
        "compare and contrast",
        "vs",
        "harbour " * 10_000 + " versus " + "lighthouse " * 10_000,
    ],
)
def test_a_question_about_one_thing_is_left_whole(question: str) -> None:
    assert parts_of(question) == ()
