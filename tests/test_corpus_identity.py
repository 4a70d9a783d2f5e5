"""Which entries are one paper, and what its id is."""

from __future__ import annotations

import json
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_assistant.corpus import Collection, collect, paper_id
from rag_assistant.corpus.known import KnownPapers
from rag_assistant.corpus.likeness import likeness, same_subject, shared_runs
from rag_assistant.errors import CorpusError
from rag_assistant.records import Duplicate, Paper, Source

FALLING = (
    "We drop walking robots from several heights and let them learn how to land. After a day of practice their joints "
    "survive four falls of five, which no hand-written controller in the comparison comes near."
)
BAKING = (
    "An oven that watches its bread through a camera decides when baking ends. Three layers suffice for rye; wheat "
    "asks for five, and sourdough remains an open problem for future bakers."
)


def collected(folder: Path, *records: dict[str, Any]) -> Collection:
    path = folder / "records.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    found = collect(path)
    assert not found.rejected
    return found


def entry(title: str, abstract: str = FALLING, **more: Any) -> dict[str, Any]:
    return {"title": title, "abstract": abstract, **more}


def test_id_is_readable_and_stable() -> None:
    assert paper_id("The Art of Falling: Robots in LaTeX") == "art-falling-robots-43b4b148"
    assert paper_id("größte Öfen") == paper_id("Größte  ÖFEN!")
    assert paper_id("日本語の論文").startswith("paper-")
    assert paper_id("A") != paper_id("B")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (entry("Falling Robots"), entry("FALLING robots.")),
        (entry("MF^2: $k$-Nearest Robots"), entry("MF$^2$: k-nearest robots")),
        (entry("Falling Robots", doi="10.1234/A"), entry("How Robots Fall", doi="https://doi.org/10.1234/a")),
        (entry("Falling Robots", arxiv_id="2401.00001v1"), entry("How Robots Fall", arxiv="arXiv:2401.00001v3")),
        (entry("Falling Robots", arxiv_id="2401.00001"), entry("Falling Robots", doi="10.1234/a")),
        (entry("Falling Robots"), entry("Falling Robots", FALLING.replace("several", "three") + " Code is given.")),
    ],
)
def test_one_paper(tmp_path: Path, one: dict[str, Any], other: dict[str, Any]) -> None:
    found = collected(tmp_path, one, other)
    (paper,) = found.papers
    assert [place.entry for place in paper.source] == [1, 2]
    (duplicate,) = found.duplicates
    assert isinstance(duplicate, Duplicate)
    assert (duplicate.paper_id, duplicate.source.entry) == (paper.id, 2)
    assert found.entries == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (entry("Editorial"), entry("Editorial", BAKING)),
        (entry("Falling Robots", doi="10.1234/a"), entry("Falling Robots", doi="10.1234/b")),
        (entry("Falling Robots", arxiv_id="2401.00001"), entry("Falling Robots", arxiv_id="2401.00002")),
        (entry("Proceedings", doi="10.1234/all"), entry("A Chapter of It", BAKING, doi="10.1234/all")),
        (entry("Falling Robots I"), entry("Falling Robots II")),
    ],
)
def test_two_papers(tmp_path: Path, one: dict[str, Any], other: dict[str, Any]) -> None:
    found = collected(tmp_path, one, other)
    assert len({paper.id for paper in found.papers}) == 2
    assert not found.duplicates
    assert [found.originals[paper.id].abstract for paper in found.papers] == [one["abstract"], other["abstract"]]


LONG = (
    "We drop walking robots from several heights and let them learn how to land, with nothing but the pressure under "
    "their feet to go by. After a day of practice their joints survive four falls of five, which no hand-written "
    "controller in the comparison comes near. Robots that practised on sand do as well on gravel and ice."
)
OTHER_HALF = LONG[: LONG.index("After")] + (
    "Most of them break a knee within the hour, and those that do not learn to fall sideways, where the battery takes "
    "the blow. We therefore ask for softer batteries and for knees that give way before they break."
)
A_SLIP, A_COPY = "a title a slip apart over nearly the same abstract", "the same abstract under another title"


@pytest.mark.parametrize(
    ("title", "abstract", "reason"),
    [
        ("How Walking Robots Learn to Lnad Softly", LONG, A_SLIP),
        ("How walking robotts learn to land softly", LONG.replace("walking robots", "robots"), A_SLIP),
        ("How Walking Robots Learn to Land Softly (v2)", LONG, A_SLIP),
        ("How Walking Robots Learn to Land Softly [extended version]", LONG, A_SLIP),
        ("How Walking Robots Learn to Land Softly, v3", LONG.replace("gravel", "small gravel"), A_SLIP),
        ("A Day of Falling", LONG.upper(), A_COPY),
        ("A Day of Falling", LONG, A_COPY),
    ],
)
def test_near_copies_are_one_paper(tmp_path: Path, title: str, abstract: str, reason: str) -> None:
    found = collected(tmp_path, entry("How Walking Robots Learn to Land Softly", LONG), entry(title, abstract))
    (duplicate,) = found.duplicates
    assert duplicate.reason == reason
    assert found.papers[0].title == "How Walking Robots Learn to Land Softly"
    assert len(found.papers[0].source) == 2


@pytest.mark.parametrize(
    ("title", "abstract", "more"),
    [
        ("How Walking Robots Learn to Land Softly II", LONG, {}),
        ("How Walking Robots Learn to Land Softly: Part 2", LONG, {}),
        ("Correction to: How Walking Robots Learn to Land Softly", LONG, {}),
        ("Reply to How Walking Robots Learn to Land Softly", LONG, {}),
        ("How Walking Robots Learn to Lend Softly", OTHER_HALF, {}),
        ("How Flying Robots Learn to Land Softly", OTHER_HALF, {}),
        ("How Flying Robots Learn to Land Softly", LONG + " It took 3 days.", {}),
        ("How Walking Robots Learn to Lnad Softly", LONG, {"doi": "10.1234/b"}),
    ],
)
def test_close_titles_stay_two_papers(tmp_path: Path, title: str, abstract: str, more: dict[str, Any]) -> None:
    first = entry("How Walking Robots Learn to Land Softly", LONG, doi="10.1234/a")
    assert len(collected(tmp_path, first, entry(title, abstract, **more)).papers) == 2


def test_a_short_abstract_is_no_evidence(tmp_path: Path) -> None:
    short = "To assess what softer landings do for the knees of robots."
    assert len(collected(tmp_path, entry("Knees", short), entry("Other Knees", short)).papers) == 2


def test_a_near_copy_of_a_paper_known_from_before_keeps_that_paper_s_words(tmp_path: Path) -> None:
    first = collected(tmp_path, entry("How Walking Robots Learn to Land Softly", LONG))
    (tmp_path / "more.jsonl").write_text(json.dumps(entry("A Day of Falling", LONG, year=2008)))
    again = collect(tmp_path / "more.jsonl", known=first.papers)
    (paper,) = again.papers
    assert (paper.id, paper.title, paper.year) == (first.papers[0].id, first.papers[0].title, 2008)
    assert [place.file.rpartition("/")[2] for place in paper.source] == ["more.jsonl"]
    assert paper.id not in again.originals
    (duplicate,) = again.duplicates
    assert duplicate.reason == A_COPY
    # Met as itself in the same reading, it is read anew.
    edited = entry("How Walking Robots Learn to Land Softly", LONG.replace("ice", "snow"))
    (tmp_path / "records.jsonl").write_text(json.dumps(edited))
    both = collect([tmp_path / "more.jsonl", tmp_path / "records.jsonl"], known=first.papers)
    assert [paper.id for paper in both.papers] == [first.papers[0].id]
    assert both.papers[0].abstract.endswith("snow.")
    assert len(both.papers[0].source) == 2


@pytest.mark.timeout(60)
def test_boilerplate_that_all_share_takes_no_quadratic_time(tmp_path: Path) -> None:
    frame = "The aim of this study was to assess the effect of {} on {} in adults who were followed up for years. "
    papers = [entry(f"On {n} and {n * n}", frame.format(f"word{n}", f"thing{n}") * 2) for n in range(5_000)]
    assert len(collected(tmp_path, *papers).papers) == 5_000


def test_two_papers_of_one_title_and_one_doi_have_two_ids(tmp_path: Path) -> None:
    abstracts = [FALLING, BAKING, "Nothing in it is shared with the others, whatever chapter comes before or after it."]
    found = collected(tmp_path, *(entry("Introduction", abstract, doi="10.1234/all") for abstract in abstracts))
    assert len({paper.id for paper in found.papers}) == 3


@pytest.mark.shared
def test_close_titles_of_the_saved_pages_stay_apart(shared: Path) -> None:
    from rapidfuzz import fuzz, process

    found = collect(shared / "corpus")
    assert (len(found.papers), found.entries, len(found.duplicates)) == (426, 479, 53)
    assert {duplicate.reason for duplicate in found.duplicates} == {"the same title"}
    titles = [paper.title for paper in found.papers]
    scores = process.cdist(titles, titles, scorer=fuzz.ratio)
    assert sum(80 <= scores[one][two] < 100 for one in range(426) for two in range(one)) >= 4  # there are close ones


@pytest.mark.shared
def test_made_variants_merge_and_siblings_do_not(shared: Path) -> None:
    from rag_assistant.evaluate.duplicates import measure_duplicates

    report = measure_duplicates(collect(shared / "corpus").papers[:80])
    assert report.precision == 1
    assert report.recall > 0.98
    assert all(one.made > 50 for one in report.outcomes)


def test_what_one_source_lacks_another_gives(tmp_path: Path) -> None:
    found = collected(
        tmp_path,
        entry("Falling Robots"),
        entry("Falling Robots", BAKING + FALLING, doi="10.1234/a", year=2008, authors=["Jane Doe"]),
        entry("Renamed Robots", doi="10.1234/A", venue="J. Fall."),
    )
    (paper,) = found.papers
    assert paper.abstract == FALLING  # the first one's: its offsets must not change
    assert (paper.doi, paper.year, paper.authors, paper.venue) == ("10.1234/a", 2008, ("Jane Doe",), "J. Fall.")
    assert paper.url == "https://doi.org/10.1234/a"


def test_ten_thousand_copies_of_one_paper(tmp_path: Path) -> None:
    found = collected(tmp_path, *[entry("Falling Robots")] * 10_000)
    assert (len(found.papers), len(found.duplicates)) == (1, 9_999)
    assert len(found.papers[0].source) == 10_000


@pytest.mark.timeout(60)
def test_thousands_of_papers_under_one_title(tmp_path: Path) -> None:
    papers = [entry("Editorial", " ".join(f"word{n * 40 + m}" for m in range(40))) for n in range(4_000)]
    found = collected(tmp_path, *papers, *papers[-10:], *papers[:10])
    assert len({paper.id for paper in found.papers}) == 4_000
    assert len(found.duplicates) == 20


def test_known_papers_keep_their_ids(tmp_path: Path) -> None:
    first = collected(tmp_path, entry("Falling Robots", arxiv_id="2401.00001"), entry("Editorial", BAKING))
    (tmp_path / "new.jsonl").write_text(
        json.dumps(entry("How Robots Fall", arxiv_id="2401.00001")) + "\n" + json.dumps(entry("Editorial"))
    )
    again = collect(tmp_path / "new.jsonl", known=first.papers)
    assert not again.duplicates
    renamed, editorial = again.papers
    assert renamed.id == first.papers[0].id
    assert renamed.title == "How Robots Fall"
    assert editorial.id not in {paper.id for paper in first.papers}  # another paper of that title is no edit of it


def test_known_paper_rewritten_in_its_file_keeps_its_id(tmp_path: Path) -> None:
    first = collected(tmp_path, entry("Editorial", FALLING), entry("Other", FALLING))
    (tmp_path / "records.jsonl").write_text(json.dumps(entry("Editorial", BAKING)))
    again = collect(tmp_path / "records.jsonl", known=first.papers)
    assert again.papers[0].id == first.papers[0].id
    assert again.papers[0].abstract == BAKING


@pytest.mark.shared
def test_reading_again_with_what_is_known_changes_no_paper(shared: Path) -> None:
    first = collect(shared / "corpus")
    again = collect(shared / "corpus", known=first.papers)
    assert again.papers == first.papers
    assert again.duplicates == first.duplicates


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    first, second = likeness(one), likeness(other)
    assert shared_runs(first, first) == 1
    assert 0 <= shared_runs(first, second) == shared_runs(second, first) <= 1
    assert same_subject(first, first)


def test_a_full_temporary_folder_is_named() -> None:
    known = KnownPapers()
    known._db.execute("pragma max_page_count = 12")  # what SQLite says then is what it says of a full disk
    papers = (Paper(f"p{n}", f"Kites {n}", f"{LONG} {n}", source=(Source("kites", n),)) for n in range(1_000))
    with pytest.raises(CorpusError, match=r"temporary folder .*SQLITE_TMPDIR"):
        deque(map(known.take, papers))
    known.close()
