"""Several visitors at once, over the page's own protocol: each has his own answers, and what is measured is said."""

from __future__ import annotations

import asyncio
import socket

import pytest

from rag_assistant.errors import WebError
from rag_assistant.evaluate.load import LoadReport, measure_load, questions_for
from tests.e2e.visiting import Site
from tests.papers import TEXTS


def test_ten_visitors_at_once_lose_nothing_and_see_only_their_own(site: Site) -> None:
    questions = questions_for(list(TEXTS), users=10, each=3)
    assert len({question for asked in questions for question in asked}) == 30
    report = asyncio.run(measure_load(site.url, questions, rounds=1))
    assert (report.lost, report.crossed, report.busy) == ([], [], 0)
    assert report.asked == len(report.seconds) == 30
    assert report.percentile(95) < 20


def test_one_visitor_is_not_taken_for_another(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two browsers under one name: the server then holds one conversation for both, and it is noticed.
    monkeypatch.setattr("rag_assistant.evaluate.load.secrets.token_hex", lambda _: "one-for-both")
    report = asyncio.run(measure_load(site.url, questions_for(list(TEXTS), users=2, each=3), rounds=1))
    assert report.crossed or report.lost


def test_where_no_page_is_it_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(WebError, match="rag-assistant serve"):
        asyncio.run(measure_load(f"http://127.0.0.1:{port}", [["q"]], rounds=1))


def test_the_report_counts_what_came() -> None:
    report = LoadReport(2, asked=4, seconds=[1.0, 2.0], busy=1, lost=["q: gone"], memory=[1_000_000, 2_000_000])
    table = report.table()
    assert "answered 2, busy 1, lost 1, crossed 0" in table
    assert "median 1.50" in table
    assert "1 2" in table
    assert "q: gone" in table
