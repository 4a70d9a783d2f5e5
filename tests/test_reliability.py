"""The arithmetic of calibration, on questions whose outcome is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag_assistant.evaluate.reliability import (
    Judged,
    bins,
    calibration_error,
    coverage_accuracy,
    draw,
    reliability_table,
)

QUESTIONS = [Judged(0.1, False)] * 9 + [Judged(0.1, True)] + [Judged(0.9, True)] * 5 + [Judged(0.9, False)] * 5


def test_questions_are_counted_where_their_probability_lies() -> None:
    low, high = bins(QUESTIONS)
    assert (low.count, low.right, high.count, high.right) == (10, 0.1, 10, 0.5)
    assert [one.count for one in bins([Judged(1.0, True), Judged(0.95, True), Judged(0.2, False)])] == [1, 2]


def test_the_calibration_error_is_how_far_belief_and_outcome_lie_apart() -> None:
    assert calibration_error(QUESTIONS) == pytest.approx(0.5 * 0 + 0.5 * 0.4)
    assert calibration_error([Judged(1.0, True)] * 3) == 0


def test_coverage_begins_with_the_surest_and_ends_with_all() -> None:
    points = coverage_accuracy([Judged(0.2, False), Judged(0.9, True), Judged(0.5, True), Judged(0.1, False)])
    assert points == [(0.25, 1.0), (0.5, 1.0), (0.75, pytest.approx(2 / 3)), (1.0, 0.5)]


def test_the_table_and_the_drawing_show_every_source(tmp_path: Path) -> None:
    sources = [("own", QUESTIONS), ("others", QUESTIONS[:3])]
    table = reliability_table(sources)
    assert "| 0.8 to 0.95 | 10, 0.90, 0.50 | 0 |" in table
    assert "| expected calibration error | 0.200 | 0.100 |" in table
    draw(sources, tmp_path / "curves.svg")
    assert "<svg" in (tmp_path / "curves.svg").read_text()
