"""What a question is wrapped in is taken off, and nothing else."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_assistant.retrieve.framing import unframed


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("Tell me about HarborNet", "HarborNet"),
        ("Could you please tell me more about HarborNet?", "HarborNet?"),
        ("hi, can you explain how HarborNet finds ships in fog, please?", "how HarborNet finds ships in fog?"),
        ("Explain HarborNet to me", "HarborNet to me"),
        ("explain to me what kelp mapping is", "what kelp mapping is"),
        ("Summarize TideGPT in one sentence.", "TideGPT."),
        ("give me a short overview of tide models", "tide models"),
        ("I'd like to know how ropes age", "how ropes age"),
        ("I am wondering, does salt matter?", "does salt matter?"),
        ("What do you know about lamp icing?", "lamp icing?"),
        ("According to the papers, why do ropes creep?", "why do ropes creep?"),
        ("Do you know if TideGPT was trained on buoys? Thanks!", "TideGPT was trained on buoys?!"),
        ("why do wet ropes age, briefly", "why do wet ropes age"),
    ],
)
def test_a_frame_is_taken_off(asked: str, meant: str) -> None:
    assert unframed(asked) == meant


@pytest.mark.parametrize(
    "question",
    [
        "Which methods explain predictions?",
        "Show, Attend and Tell",
        "Explain",
        "tell me",
        "please",
        "Describe-Then-Detect: boats in fog",
        "So many ropes",
        "Does kelp grow in the dark?",
        "What can be told from gull calls?",
        "Thanksgiving traffic at sea",
        "",
        "???",
    ],
)
def test_what_is_no_frame_stays(question: str) -> None:
    assert unframed(question) == question


@pytest.mark.parametrize(
    "question", [" " * 100_000 + "x", "x" + "." * 100_000 + "y", "please " * 20_000, "a, " * 50_000]
)
def test_a_pasted_text_takes_no_time(question: str) -> None:
    began = process_time()
    unframed(question)
    assert process_time() - began < 0.1


@given(st.text(max_size=200))
def test_what_is_left_is_never_nothing_and_is_stable(question: str) -> None:
    once = unframed(question)
    assert bool(once.strip()) == bool(question.strip())
    assert len(once) <= len(question)
