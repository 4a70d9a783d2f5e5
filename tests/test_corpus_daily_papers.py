"""Saved Daily Papers pages, as text and as HTML."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_assistant.corpus import Collection, collect

WALKING = "Walking Robots Learn to Fall: A Study of Soft Landings"
WALKING_ABSTRACT = (
    "Robots that walk will fall. We drop a small robot 1,200 times from 40 cm and let it learn where to put its arms. "
    "After a day of practice it breaks 11.8\\% fewer joints than one that was told how to fall by its makers."
)
BAKING = "BakeNet"
BAKING_ABSTRACT = (
    "An oven with a camera sees when bread is done. We show that a network of three layers is enough for rye bread and "
    "that wheat needs five. All loaves, and the recipes of those that could be eaten, are given away with the code."
)
HEADERS = {
    "furniture": ["new", "Get trending papers in your email inbox!", "Subscribe", "Daily Papers",
                  "by AK and the research community"],
    "glued": ["Get trending papers in your email inbox once a day!", "Get trending papers in your email inbox!"],
    "date": ["new", "Get trending papers in your email inbox!", "Subscribe", "byAK and the research community",
             "Mar 14"],
    "unknown": ["My reading list", "kept by the reading group"],
    "none": [],
}  # fmt: skip


def page(header: list[str], *, blank: bool, glue: str = "", between: tuple[str, ...] = ()) -> str:
    lines = [*header, glue + WALKING, WALKING_ABSTRACT, *between, BAKING, BAKING_ABSTRACT]
    return ("\n\n" if blank else "\n").join(lines) + "\n"


def read(folder: Path, text: str | bytes, name: str = "page.txt") -> Collection:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return collect(path)


@pytest.mark.parametrize("blank", [True, False])
@pytest.mark.parametrize("header", HEADERS)
def test_forms_of_page(tmp_path: Path, header: str, blank: bool) -> None:
    text = page(HEADERS[header], blank=blank, glue="Subscribe" if header == "glued" else "")
    found = read(tmp_path, text)
    assert [paper.title for paper in found.papers] == [WALKING, BAKING]
    assert [paper.abstract for paper in found.papers] == [WALKING_ABSTRACT.replace("\\%", "%"), BAKING_ABSTRACT]
    assert not found.rejected
    for number, paper in enumerate(found.papers, 1):
        (place,) = paper.source
        assert place.entry == number
        assert place.line is not None
        assert paper.title in text.split("\n")[place.line - 1]


@pytest.mark.parametrize(
    "between",
    [("12",), ("1.2k", "· 5 authors"), ("Submitted by someone", "Mar 12, 2024"), ("Upvote", "7", "-"), ("2024-03-12",)],
)
def test_counts_and_dates_between_entries_are_no_titles(tmp_path: Path, between: tuple[str, ...]) -> None:
    found = read(tmp_path, page(HEADERS["date"], blank=True, between=between))
    assert [paper.title for paper in found.papers] == [WALKING, BAKING]
    assert found.papers[0].abstract.endswith("by its makers.")
    assert not found.rejected


def test_author_line_between_title_and_abstract(tmp_path: Path) -> None:
    found = read(tmp_path, f"{WALKING}\nJane Doe, Jan van Dijk, A. B. Roe\n{WALKING_ABSTRACT}\n")
    assert [paper.title for paper in found.papers] == [WALKING]


def test_windows_and_old_mac_line_ends(tmp_path: Path) -> None:
    text = page(HEADERS["furniture"], blank=True)
    for end in ("\r\n", "\r"):
        assert len(read(tmp_path, text.replace("\n", end)).papers) == 2


def test_abstract_in_two_paragraphs(tmp_path: Path) -> None:
    first, second = (
        WALKING_ABSTRACT,
        "In a second study two robots fall on each other, which is worse than falling alone is.",
    )
    found = read(tmp_path, f"new\n\n{WALKING}\n\n{first}\n\n{second}\n\n{BAKING}\n\n{BAKING_ABSTRACT}\n")
    assert [paper.title for paper in found.papers] == [WALKING, BAKING]
    assert found.papers[0].abstract.endswith(second)


def test_two_pages_in_one_file(tmp_path: Path) -> None:
    one = page(HEADERS["date"], blank=True)
    found = read(tmp_path, one + page(HEADERS["glued"], blank=False, glue="Subscribe"))
    assert (found.entries, len(found.papers), len(found.duplicates)) == (4, 2, 2)
    assert [place.entry for place in found.papers[0].source] == [1, 3]


def test_page_cut_after_a_title(tmp_path: Path) -> None:
    found = read(tmp_path, page(HEADERS["date"], blank=True) + "\nA Title That Lost Its Abst")
    assert len(found.papers) == 2
    (rejection,) = found.rejected
    assert rejection.line == 19
    assert "title without an abstract" in rejection.why
    assert "A Title That Lost Its Abst" in rejection.why


def test_page_cut_at_its_top(tmp_path: Path) -> None:
    found = read(tmp_path, f"{WALKING_ABSTRACT}\n\n{BAKING}\n\n{BAKING_ABSTRACT}\n")
    assert [paper.title for paper in found.papers] == [BAKING]
    assert "abstract without a title" in found.rejected[0].why


@pytest.mark.parametrize(
    "text",
    [
        "milk\neggs\nbread\n",
        "Daily Papers\n\nnew\n\nSubscribe\n",
        "\n".join(["Notes", *[BAKING_ABSTRACT] * 6]),
        f"# A read-me\n\nIt reads Daily Papers pages.\n\n{BAKING_ABSTRACT}\n\n## Use\n\n{WALKING_ABSTRACT}\n",
        f"Licence\n\n{BAKING_ABSTRACT}\n\n| file | what |\n|---|---|\n| a | b |\n",
    ],
)
def test_page_without_papers_is_named(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert not found.papers
    (rejection,) = found.rejected
    assert rejection.file.endswith("page.txt")
    assert "no papers in it" in rejection.why
    assert "\n" not in str(rejection)


_SENTENCE = st.sampled_from(WALKING_ABSTRACT.split(". ") + BAKING_ABSTRACT.split(". ")).map(
    lambda text: text.rstrip(".")
)
_ABSTRACT = st.lists(_SENTENCE, min_size=4, max_size=12).map(lambda all_: ". ".join(all_) + ".")
_TITLE_WORD = st.sampled_from(
    "Robots Bread Ovens Falling Learning of for with 3D Re-Thinking: (LLMs) E^2 $k$-Nearest".split()
)
_TITLE = st.lists(_TITLE_WORD, min_size=4, max_size=14).map(" ".join)


@given(
    papers=st.lists(st.tuples(_TITLE, _ABSTRACT), min_size=1, max_size=8),
    header=st.sampled_from(sorted(HEADERS)),
    blanks=st.lists(st.integers(0, 2), min_size=30, max_size=30),
    noise=st.lists(st.sampled_from(["", "", "12", "· 4 authors", "Mar 3"]), min_size=8, max_size=8),
)
@settings(max_examples=150, deadline=None)
def test_every_paper_is_read_whatever_the_page_looks_like(
    tmp_path_factory: pytest.TempPathFactory,
    papers: list[tuple[str, str]],
    header: str,
    blanks: list[int],
    noise: list[str],
) -> None:
    lines = list(HEADERS[header])
    for (title, abstract), between in zip(papers, noise, strict=False):
        lines += [title, abstract, *([between] if between else [])]
    text = "".join(line + "\n" * (1 + blank) for line, blank in zip(lines, blanks * 2, strict=False))
    path = tmp_path_factory.mktemp("pages") / "page.txt"
    path.write_text(text)
    found = collect(path)
    assert found.entries == len(papers)
    assert not found.rejected
    read_titles = [paper.title for paper in found.papers] + [one.title for one in found.duplicates]
    assert {re.sub(r"\W", "", title) for title in read_titles} == {re.sub(r"\W", "", title) for title, _ in papers}


HTML = f"""<!DOCTYPE html>
<html><head><title>Daily Papers</title><script>var h3 = "<h3>no</h3>";</script></head><body>
<nav><h3>Menu</h3></nav>
<article><a href="/papers/2401.00001v2"><img src="x.png"></a><div>12</div>
<h3><a href="/papers/2401.00001">Walking Robots Learn to Fall: A Study of <i>Soft</i>
 Landings</a></h3><ul><li>5 authors</li></ul>
<p>{WALKING_ABSTRACT}</p><a href="/papers/2401.00001#community">3</a></article>
<article><h3><a href="https://huggingface.co/papers/2402.00002">R&amp;D in Ovens</a></h3></article>
<article><h3>{BAKING}</h3><p>{BAKING_ABSTRACT}</p></article>
<h3><a href="/papers/2403.00003">The Last One</a></h3>
</body></html>"""


def test_page_saved_as_html(tmp_path: Path) -> None:
    found = read(tmp_path, HTML, "page.html")
    walking, baking = found.papers
    assert walking.title == WALKING
    assert (walking.arxiv_id, walking.url) == ("2401.00001", "https://huggingface.co/papers/2401.00001")
    assert walking.abstract == WALKING_ABSTRACT.replace("\\%", "%")
    assert (baking.title, baking.arxiv_id, baking.url) == (BAKING, None, None)
    assert [rejection.why.split(": ")[1] for rejection in found.rejected] == ["R&D in Ovens", "The Last One"]


def test_page_of_one_paper_saved_as_html(tmp_path: Path) -> None:
    text = (
        '<html><head><link rel="canonical" href="https://huggingface.co/papers/2401.00001"></head>'
        f"<body><h1>{WALKING}</h1><div>Published on Mar 1</div><h2>Abstract</h2><p>{WALKING_ABSTRACT}</p></body></html>"
    )
    (paper,) = read(tmp_path, text, "saved").papers
    assert (paper.title, paper.arxiv_id) == (WALKING, "2401.00001")


def test_the_same_paper_as_text_and_as_html_is_one_paper_with_both_places(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(page(HEADERS["date"], blank=True))
    (tmp_path / "b.html").write_text(HTML)
    found = collect(tmp_path)
    assert len(found.papers) == 2
    walking = found.papers[0]
    assert [Path(place.file).name for place in walking.source] == ["a.txt", "b.html"]
    assert walking.arxiv_id == "2401.00001"  # what the first file didn't know


@pytest.mark.shared
def test_the_saved_pages(shared: Path) -> None:
    found = collect([shared / "corpus"])
    assert (found.entries, len(found.papers), len(found.duplicates)) == (479, 426, 53)
    assert not found.rejected
    assert sum(len(paper.source) for paper in found.papers) == 479
    sys.path.insert(0, str(shared / "tools"))
    try:
        import check_digests  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    wanted = check_digests.pages(shared / "corpus")
    assert {check_digests.key(paper.title) for paper in found.papers} == set(wanted)
    for paper in found.papers:
        original = found.originals[paper.id]
        title, abstract = wanted[check_digests.key(paper.title)]
        assert original.title == re.sub("^Subscribe", "", title)
        assert original.abstract == abstract


@pytest.mark.shared
def test_ids_do_not_depend_on_the_order_of_files(shared: Path) -> None:
    files = sorted((shared / "corpus").glob("*.txt"))
    forward, backward = collect(files), collect(reversed(files))
    assert {paper.id for paper in forward.papers} == {paper.id for paper in backward.papers}
