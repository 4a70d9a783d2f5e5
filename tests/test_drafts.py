"""Drafts with known faults, over the bundled digests, through the check that every answer goes through."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from rag_assistant.corpus import collect
from rag_assistant.corpus.bundled import bundled_path
from rag_assistant.errors import SourceError
from rag_assistant.evaluate.drafts import DraftsReport, Outcome, check_drafts, main
from rag_assistant.evaluate.faulty_drafts import FAULTS, FaultyDraft, Written, make_drafts
from rag_assistant.records import Citation, Paper, Sentence
from tests.papers import make_papers

COUNT = 72


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{4,}", text.lower()))


@pytest.fixture(scope="module")
def drafts() -> list[FaultyDraft]:
    papers = sorted(collect(bundled_path()).papers, key=lambda paper: paper.id)
    held = {paper.id: words(paper.text) for paper in papers}

    def find(title: str) -> Sequence[Paper]:
        """The papers that share most words with a title: near enough to a search, and no index needs to be built."""
        return sorted(papers, key=lambda paper: len(words(title) & held[paper.id]), reverse=True)[:6]

    return make_drafts(papers, find, COUNT)


@pytest.fixture(scope="module")
def report(drafts: list[FaultyDraft]) -> DraftsReport:
    return check_drafts(drafts)


def test_each_draft_has_one_fault_and_each_fault_its_share(drafts: list[FaultyDraft]) -> None:
    kinds = [[one.fault for one in draft.written if one.fault] for draft in drafts]
    assert all(len(found) == 1 for found in kinds)
    assert {fault: sum(found == [fault] for found in kinds) for fault in FAULTS} == dict.fromkeys(FAULTS, 12)
    for draft in drafts:
        own = {paper.id for paper in draft.evidence}
        assert len(own) == 6
        assert all(one.bearers <= own for one in draft.written)


def test_a_fault_is_really_there(drafts: list[FaultyDraft]) -> None:
    for draft in drafts:
        (faulty,) = [one for one in draft.written if one.fault]
        cited = draft.evidence[faulty.marker - 1] if faulty.marker and faulty.marker <= 6 else None
        if faulty.fault == "missing marker":
            assert "[" not in faulty.shown.rpartition(" ")[2]
        elif faulty.fault == "no such marker":
            assert cited is None
        elif faulty.fault == "wrong marker":
            assert cited is not None
            assert cited.id not in faulty.bearers
        else:
            assert cited is not None
            assert faulty.text not in cited.abstract
            assert not faulty.bearers


def test_no_citation_names_a_paper_that_was_not_sent(report: DraftsReport) -> None:
    assert report.unsent == 0


def test_what_nothing_bears_out_is_marked(report: DraftsReport) -> None:
    assert report.unmarked("wrong number", "invented sentence") <= 0.05, report.table()


def test_what_is_right_is_kept(report: DraftsReport) -> None:
    assert report.lost <= 0.05, report.table()


def test_a_fault_of_the_marker_alone_is_mended(report: DraftsReport) -> None:
    mended = [
        one for one in report.outcomes if one.written.fault in ("missing marker", "wrong marker", "no such marker")
    ]
    assert len(mended) == 36
    assert sum(one.marked or one.miscited for one in mended) <= 2, report.table()


def test_the_table_counts_what_became_of_each_sentence() -> None:
    paper, other = make_papers()[:2]
    right = Written("It runs.", 1, frozenset({paper.id}))
    false = Written("It sings.", 1, frozenset(), "wrong number")

    def found(cited: Paper | None, verdict: str) -> tuple[Sentence, ...]:
        citations = () if cited is None else (Citation(1, cited, ()),)
        return (Sentence("It", citations, verdict, 0.5),)  # type: ignore[arg-type]

    kept, doubted, gone = (Outcome(right, one) for one in (found(paper, "supported"), found(paper, "partly"), ()))
    moved, let_through, caught = (
        Outcome(right, found(other, "supported")),
        Outcome(false, found(paper, "supported")),
        Outcome(false, found(None, "unsupported")),
    )
    assert [one.marked for one in (kept, doubted, gone, moved, let_through, caught)] == [
        False, True, True, False, False, True,
    ]  # fmt: skip
    assert [one.lost for one in (kept, doubted, gone, moved)] == [False, False, True, False]
    assert [one.miscited for one in (kept, doubted, moved, let_through, caught)] == [False, False, True, True, False]
    report = DraftsReport(2, (kept, doubted, gone, moved, let_through, caught), 0)
    assert report.unmarked("wrong number") == 0.5
    assert report.lost == 0.25
    assert re.search(r"^right +4 +2 +1 +1$", report.table(), re.MULTILINE)
    assert re.search(r"^wrong number +2 +1 +1 +1$", report.table(), re.MULTILINE)


def test_too_few_papers_are_said_so(small_index: str, capsys: pytest.CaptureFixture[str]) -> None:
    papers = make_papers()
    with pytest.raises(SourceError, match="of 3 drafts can be made from 6 papers"):
        make_drafts(papers, lambda _: papers, 3)
    assert main(["--index-dir", small_index, "--drafts", "2"]) == 1
    assert capsys.readouterr().err.startswith("error: only 0 of 2 drafts can be made from 6 papers")
