from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_assistant.verify.figure_matching import derived, same
from rag_assistant.verify.figures import figures_of


def bears_out(said: str, source: str) -> bool:
    """Whether every figure of ``said`` finds its like in ``source``."""
    there = figures_of(source)
    found = figures_of(said)
    assert found, f"no figure found in {said!r}"
    return all(any(same(figure, other) for other in there) or derived(figure, there, source) for figure in found)


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
        ("131,072 tokens", "128K tokens"),
        ("4k context", "4,096 context"),
        ("a rate of 0.0001", "a rate of 1e-4"),
        ("a rate of $10^{-4}$", "a rate of 10⁻⁴"),
        ("1 × 10⁻⁴", "10^-4"),
        ("one million", "10^6"),
        ("1,024 entries", "2^10 entries"),
        ("about 1,900 hours", "1,920 hours"),
        ("roughly 2,000 codes", "2,048 codes"),
        ("33%", "a third"),
        ("two thirds", "67%"),
        ("150 minutes", "two and a half hours"),
        ("one and a half billion", "1.5B"),
        ("two dozen tasks", "24 tasks"),
        ("½ of them", "half of them"),
        ("1¾ hours", "1.75 hours"),
        ("20% of users", "one in five users"),
        ("a quarter", "1 in 4"),
        ("0.03 to 0.045 seconds", "30-45 ms"),
        ("between 30 and 45 ms", "30–45 milliseconds"),
        ("80% of them", "40 of 50 tasks"),
        ("halved, by 50%", "from 0.18 to 0.09, by half"),
        ("560 GB less", "from 640 GB to 80 GB"),
        ("0.05 MHz, that is 50 kHz", "0.05 MHz, 50,000 Hz"),
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
        ("132,072 tokens", "128K tokens"),
        ("1e-5", "1e-4"),
        ("2^9", "2^10"),
        ("34%", "a third"),
        ("50 tasks", "half of the tasks"),
        ("30 to 45 seconds", "30 to 45 ms"),
        ("one in four", "one in five"),
        ("50 kHz", "50 Hz"),
        ("80%", "40 tasks for 50 users"),
    ],
)
def test_another_figure_is_not(said: str, source: str) -> None:
    assert not bears_out(said, source)


def test_digits_of_names_are_no_figures() -> None:
    assert figures_of("GPT-4 and LLaVA-1.5 beat Llama2, E^2-LLM and T5") == []


@pytest.mark.parametrize("text", ["1e-4", "10^{-4}", "10⁻⁴", "3 × 10⁻⁴", "2^10", "two and a half hours", "one in five"])
def test_what_is_made_of_several_numbers_is_one_figure(text: str) -> None:
    assert len(figures_of(text)) == 1


@pytest.mark.parametrize("text", ["1" * 400, "9" * 70 + " tokens", "hundred " * 300])
def test_a_row_of_digits_without_end_is_no_figure(text: str) -> None:
    assert figures_of(text) == []


@pytest.mark.parametrize(
    ("text", "unit"), [("in 2021", "year"), ("the 1990s", "year"), ("1,920 hours", "h"), ("16kHz", "khz")]
)
def test_the_unit_of_a_figure(text: str, unit: str) -> None:
    assert [one.unit for one in figures_of(text)] == [unit]


@given(st.text(), st.text())
def test_no_text_raises(one: str, other: str) -> None:
    for figure in figures_of(one):
        assert one[figure.start : figure.end] == figure.text
        for there in figures_of(other):
            assert 0 <= same(figure, there) <= 1
