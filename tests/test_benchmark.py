"""The benchmark's own arithmetic and its parts, over small papers of our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag_assistant.errors import SourceError, UsageError
from rag_assistant.evaluate.benchmark import (
    ALONE,
    ALONE_FAST,
    OURS,
    OURS_FAST,
    PEER,
    Race,
    Report,
    measure,
    report_table,
)
from rag_assistant.evaluate.growth import Growth, draw_growth, growth_json, growth_table, measure_growth, read_growth
from rag_assistant.evaluate.peers import llama_index_build
from rag_assistant.settings import load_settings
from tests.papers import make_papers


def test_ratios_are_rates_over_rates() -> None:
    ours, bare, peer = Race(OURS, 100, 2, 4), Race(ALONE, 100, 4, 6), Race(PEER, 50, 5, 10)
    table = report_table(Report(10, (ours, bare, peer)))
    assert f"{OURS} to {ALONE}: 2.00 (wanted 0.9), by processor time 1.50" in table
    assert f"{OURS} to {PEER}: 5.00 (wanted 1.15), by processor time 5.00" in table
    assert "bfloat16" not in table
    fast, bare_fast = Race(OURS_FAST, 100, 1, 2), Race(ALONE_FAST, 100, 2, 2)
    table = report_table(Report(10, (ours, bare, peer, fast, bare_fast)))
    assert f"{OURS_FAST} to {ALONE_FAST}: 2.00" in table
    assert f"{OURS_FAST} to {PEER}: 10.00 (wanted 3.5 with matrix units)" in table


def test_updates_are_measured_on_an_index_that_they_really_change() -> None:
    told: list[str] = []
    report = measure(make_papers(), 6, 1, load_settings(), told.append, ["updates"])
    assert report.updates["papers"] == 6
    assert 0 < report.updates["unchanged"] < report.updates["changed"]
    assert report.races == ()
    assert told.count("one abstract changed") == 3


def test_llama_indexs_pipeline_makes_passages_of_all_papers(tmp_path: Path) -> None:
    import numpy as np

    class Model:
        seen: list[str] = []  # noqa: RUF012

        def encode(self, texts: list[str], **_: object) -> object:
            self.seen += texts
            return np.eye(8, dtype=np.float32)[: len(texts)] if len(texts) <= 8 else np.ones((len(texts), 8))

    model = Model()
    count = llama_index_build(model, make_papers(), 40, tmp_path / "peer")
    assert count == len(model.seen) > 12
    for paper in make_papers():
        assert any(text.startswith(paper.title[:20]) for text in model.seen)


def test_growth_builds_what_it_says_and_draws_it(tmp_path: Path) -> None:
    papers = make_papers()
    with pytest.raises(UsageError, match="too few"):
        measure_growth(papers, [100], load_settings(), lambda _: None)
    grown = measure_growth(papers * 5, [100], load_settings(), lambda _: None)
    # Short sentences make one passage a paper where long ones make two or three.
    assert grown[0].papers == 45 <= grown[0].passages
    assert grown[0].recall == 1
    assert growth_table(grown).count("\n") == 2
    (tmp_path / "growth.json").write_text(growth_json(grown))
    assert read_growth(tmp_path / "growth.json") == grown
    draw_growth([*grown, Growth(**{**json.loads(growth_json(grown))[0], "passages": 1_000})], tmp_path / "growth.svg")
    assert "<svg" in (tmp_path / "growth.svg").read_text()
    (tmp_path / "growth.json").write_text("[1]")
    with pytest.raises(SourceError, match=r"growth\.json"):
        read_growth(tmp_path / "growth.json")
