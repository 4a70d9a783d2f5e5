from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_assistant.verify.figures import derived, figures_of, same


def bears_out(said: str, source: str) -> bool:
    """Whether every figure of ``said`` finds its like in ``source``."""
    there = figures_of(source)
    found = figures_of(said)
    assert found, f"no figure found in {said!r}"
    return all(any(same(figure, other) for other in there) or derived(figure, there) for figure in found)


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("one million tokens", "1M tokens"),
        ("1,000,000 rows", "1M rows"),
        ("four times faster", "a 4x speedup"),
        ("a fourfold speedup", r"$4\times$ faster"),
        ("23 percent", r"23\%"),
        ("half of them", "50% of them"),
        ("two thirds of users", "66.7% of users"),
        ("about 2M tokens", "2048k tokens"),
        ("20,000 judgments", "20k judgments"),
        ("nearly doubles the speed", "1.9x faster"),
        ("between 3 and 5 percent", "3-5%"),
        ("101 billion parameters", "101B parameters"),
        ("a dozen tasks", "12 tasks"),
        ("a ten-fold gain", "an order of magnitude"),
        ("gains 20 points", "rose from 40 to 60"),
        ("16x16 patches", r"16\times16 patches"),
        ("2 hours", "120 minutes"),
    ],
)
def test_a_figure_said_in_another_way_is_the_same(said: str, source: str) -> None:
    assert bears_out(said, source)


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("13.6%", "13.7%"),
        ("5x", "4x"),
        ("2M tokens", "1M tokens"),
        ("7B parameters", "7M parameters"),
        ("25%", "25 tokens"),
        ("in 2021", "in 2022"),
        ("three hours", "3 minutes"),
        ("half", "60%"),
        ("tripled", "doubled"),
        ("93%", "92.4%"),
    ],
)
def test_another_figure_is_not(said: str, source: str) -> None:
    assert not bears_out(said, source)


def test_digits_of_names_are_no_figures() -> None:
    assert figures_of("GPT-4 and LLaVA-1.5 beat Llama2, E^2-LLM and T5") == []


@given(st.text(), st.text())
def test_no_text_raises(one: str, other: str) -> None:
    for figure in figures_of(one):
        assert one[figure.start : figure.end] == figure.text
        for there in figures_of(other):
            assert 0 <= same(figure, there) <= 1
