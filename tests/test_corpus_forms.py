"""JSON lines, JSON, tables and BibTeX: what is kept of a record, and what is said of a broken one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from rag_assistant.corpus import READERS, Collection, collect
from rag_assistant.records import Paper, Source
from rag_assistant.settings import CorpusSettings

TITLE, ABSTRACT = "Falling Robots", "We drop robots. They learn to land."


def read(folder: Path, text: str, name: str = "records", settings: CorpusSettings | None = None) -> Collection:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return collect(path, settings)


def only(found: Collection) -> Paper:
    assert not found.rejected
    (paper,) = found.papers
    return paper


SNAPSHOT = {
    "id": "0704.0001", "submitter": "J. Doe", "authors": "J. Doe and J. Roe", "title": "Falling\n  Robots",
    "journal-ref": "J. Fall. 12 (2008) 3", "doi": "10.1234/FALL.3", "categories": "cs.RO",
    "abstract": "  We drop robots.\nThey learn to land.\n", "update_date": "2015-05-13",
    "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
    "authors_parsed": [["Doe", "Jane", ""], ["Roe", "John", "Jr."]],
}  # fmt: skip
OPENALEX = {
    "id": "https://openalex.org/W1", "doi": "https://doi.org/10.1234/fall.3", "display_name": TITLE,
    "publication_year": 2008, "publication_date": "2008-02-01",
    "abstract_inverted_index": {"They": [3], "We": [0], "drop": [1], "robots.": [2], "to": [5], "learn": [4],
                                "land.": [6]},
    "authorships": [{"author": {"display_name": "Jane Doe"}}],
}  # fmt: skip
SEMANTIC_SCHOLAR = {
    "paperId": "ab12", "externalIds": {"ArXiv": "0704.0001", "DOI": "10.1234/fall.3"}, "title": TITLE,
    "abstract": ABSTRACT, "year": 2008, "venue": "", "authors": [{"authorId": "1", "name": "Jane Doe"}],
    "url": "https://www.semanticscholar.org/paper/ab12",
}  # fmt: skip


def test_beir(tmp_path: Path) -> None:
    found = read(tmp_path, json.dumps({"_id": "7", "title": TITLE, "text": ABSTRACT, "metadata": {}}) + "\n")
    paper = only(found)
    assert (paper.title, paper.abstract) == (TITLE, ABSTRACT)
    assert found.originals[paper.id].key == "7"
    assert (paper.authors, paper.year, paper.url, paper.doi, paper.arxiv_id, paper.venue) == ((), *[None] * 5)
    assert paper.source == (Source((tmp_path / "records").as_posix(), 1, 1),)


def test_beir_document_without_a_title_is_labelled_by_its_first_words(tmp_path: Path) -> None:
    text = "one two three four five six seven eight nine ten eleven twelve thirteen"
    paper = only(read(tmp_path, json.dumps({"_id": "1", "title": "", "text": text})))
    assert paper.title == "one two three four five six seven eight nine ten eleven twelve…"
    assert paper.abstract == text


def test_arxiv_snapshot(tmp_path: Path) -> None:
    found = read(tmp_path, json.dumps(SNAPSHOT) + "\n")
    paper = only(found)
    assert (paper.title, paper.abstract) == (TITLE, ABSTRACT)
    assert paper.authors == ("Jane Doe", "John Roe Jr.")
    assert (paper.published, paper.year) == ("2007-04-02", 2007)  # the first version's date, not the last one's
    assert (paper.doi, paper.arxiv_id) == ("10.1234/fall.3", "0704.0001")
    assert paper.url == "https://arxiv.org/abs/0704.0001"
    assert paper.venue == "J. Fall. 12 (2008) 3"
    assert found.originals[paper.id].abstract == SNAPSHOT["abstract"]


def test_openalex(tmp_path: Path) -> None:
    paper = only(read(tmp_path, json.dumps({"meta": {"count": 1}, "results": [OPENALEX]})))
    assert paper.abstract == ABSTRACT
    assert (paper.authors, paper.year, paper.published) == (("Jane Doe",), 2008, "2008-02-01")
    assert paper.doi == "10.1234/fall.3"


def test_semantic_scholar(tmp_path: Path) -> None:
    paper = only(read(tmp_path, json.dumps([SEMANTIC_SCHOLAR], indent=2)))
    assert (paper.arxiv_id, paper.doi, paper.venue) == ("0704.0001", "10.1234/fall.3", None)
    assert paper.url == "https://www.semanticscholar.org/paper/ab12"


def test_one_paper_in_three_forms_is_one_paper(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(SNAPSHOT))
    (tmp_path / "b.json").write_text(json.dumps({"results": [OPENALEX]}))
    (tmp_path / "c.json").write_text(json.dumps([SEMANTIC_SCHOLAR]))
    found = collect(tmp_path)
    assert (found.entries, len(found.papers), len(found.duplicates)) == (3, 1, 2)
    assert len(found.papers[0].source) == 3


@pytest.mark.parametrize("layout", ["lines", "array", "indented", "object", "one"])
def test_layouts_of_json(tmp_path: Path, layout: str) -> None:
    records: list[dict[str, Any]] = [{"title": f"Paper {n}", "abstract": f"{ABSTRACT} Number {n}."} for n in range(3)]
    text = {
        "lines": "\n".join(json.dumps(record) for record in records),
        "array": json.dumps(records),
        "indented": json.dumps(records, indent=1),
        "object": json.dumps({"papers": records}, indent=2),
        "one": json.dumps(records[0], indent=2),
    }[layout]
    found = read(tmp_path, text)
    assert not found.rejected
    assert [paper.title for paper in found.papers] == [record["title"] for record in records][: len(found.papers)]
    assert len(found.papers) == (1 if layout == "one" else 3)
    if layout in ("lines", "indented"):
        for paper in found.papers:
            (place,) = paper.source
            assert place.line is not None
            assert "{" in text.split("\n")[place.line - 1]


def test_long_array_is_read_piece_by_piece(tmp_path: Path) -> None:
    records = [{"title": f"Paper {n}", "abstract": f"{n} " + "word, [brackets] and {braces} " * 400} for n in range(60)]
    found = read(tmp_path, json.dumps(records))
    assert [paper.title for paper in found.papers] == [record["title"] for record in records]


def test_broken_lines_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    good = json.dumps({"title": TITLE, "abstract": ABSTRACT})
    text = "\n".join([good, '{"title": "Cut o', "[1]", '{"title": "No abstract here"}', '{"abstract": "No title"}', ""])
    found = read(tmp_path, text + '{"title": " ", "abstract": "Blank title"}\n{"title": "Blank", "abstract": null}')
    assert [paper.title for paper in found.papers] == [TITLE]
    assert [(rejection.line, rejection.why.split(":")[0].split(" (")[0]) for rejection in found.rejected] == [
        (2, "not valid JSON"),
        (3, "a JSON object was expected, this is a list"),
        (4, "a record without an abstract"),
        (5, "a record without a title"),
        (6, "a record without a title; its abstract begins"),
        (7, "a record without an abstract"),
    ]


def test_array_that_is_cut_off_keeps_what_came_before(tmp_path: Path) -> None:
    whole = json.dumps([{"title": f"Paper {n}", "abstract": f"{ABSTRACT} {n}"} for n in range(4)], indent=1)
    for cut in (whole[: whole.index("Paper 3")], whole[: whole.rindex("}") + 1], whole[: whole.rindex("}") + 2] + ","):
        found = read(tmp_path, cut)
        assert len(found.papers) >= 3
        assert len(found.rejected) == 1
        assert found.rejected[0].line is not None


def test_over_long_record(tmp_path: Path) -> None:
    records = [{"title": TITLE, "abstract": "word " * 300}, {"title": "Short", "abstract": ABSTRACT}]
    found = read(tmp_path, "\n".join(map(json.dumps, records)), settings=CorpusSettings(max_record_chars=1_000))
    assert [paper.title for paper in found.papers] == ["Short"]
    assert str(found.rejected[0]).endswith(
        "records:1: the abstract has 1,500 characters, more than the 1,000 allowed (setting corpus.max_record_chars)"
    )


def test_one_line_of_many_megabytes(tmp_path: Path) -> None:
    settings = CorpusSettings(max_record_chars=1_000)
    good = json.dumps({"title": TITLE, "abstract": ABSTRACT})
    found = read(
        tmp_path, f'{good}\n{{"title": "{"x" * 5_000_000}"}}\n{good.replace(TITLE, "After")}', settings=settings
    )
    assert [paper.title for paper in found.papers] == [TITLE, "After"]
    assert found.papers[1].source[0].line == 3
    assert found.rejected[0].line == 2
    assert "a line of more than" in found.rejected[0].why


def test_json_nested_without_end(tmp_path: Path) -> None:
    good = json.dumps({"title": TITLE, "abstract": ABSTRACT})
    found = read(tmp_path, f'{good}\n{{"title": {"[" * 100_000}')
    assert len(found.papers) == 1
    assert found.rejected[0].line == 2


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_tables(tmp_path: Path, delimiter: str) -> None:
    header = delimiter.join(["Year", "Paper Title", "Abstract", "Authors", "DOI"])
    row = delimiter.join(
        ["2008", f'"{TITLE}"', '"We drop ""robots"".\nThey learn; to | land, softly."', "Jane Doe", ""]
    )
    found = read(tmp_path, f"{header}\n{row}\n\n{row.replace(TITLE, 'Other Robots')}\n")
    assert not found.rejected
    first, second = found.papers
    assert (first.title, first.year, first.authors, first.doi) == (TITLE, 2008, ("Jane Doe",), None)
    assert first.abstract == 'We drop "robots". They learn; to | land, softly.'
    assert [(paper.source[0].entry, paper.source[0].line) for paper in (first, second)] == [(1, 2), (2, 5)]


def test_broken_rows_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    text = f"title,abstract,year\n{TITLE},{ABSTRACT},2008\nLost,Its abstract, has a comma,2009,x\nNo Abstract\n"
    found = read(tmp_path, text + f'Last,{ABSTRACT},2010\n"Never,closed {"x" * 300_000}')
    assert [paper.title for paper in found.papers] == [TITLE, "Last"]
    assert [rejection.line for rejection in found.rejected] == [3, 4, 6]
    assert "5 cells for 3 columns" in found.rejected[0].why


BIBTEX = r"""
@string{jf = "Journal of Falling"}
% a comment, then a comment block
@comment{nothing}
@article{doe2008,
  title = {{Falling {R}obots} in {\"O}sterreich: 50\% Softer},
  author = {Doe, Jane and Garc{\'\i}a, Jos{\'e} and {Institute of Falls, Vienna} and others},
  journal = jf, year = 2008, month = apr,
  abstract = {We drop robots, at 11.8\% of the cost. It takes $O(n\log n)$ falls.},
  doi = {https://doi.org/10.1234/FALL.3}, url = {https://example.org/a\_b},
}
@inproceedings{broken,
  title = "No end
@misc{preprint, title="A Preprint", abstract="One half" # " and the other.", eprint={0704.0001v3},
  archivePrefix={arXiv}}
@book{silent, title={A Book Without One}, year=1999}
@misc{preprint, title="The Same Key Again", abstract="It is another paper."}
"""


def test_bibtex(tmp_path: Path) -> None:
    found = read(tmp_path, BIBTEX, "refs.txt")
    article, preprint, again = found.papers
    assert article.title == "Falling Robots in Österreich: 50% Softer"
    assert article.abstract == "We drop robots, at 11.8% of the cost. It takes O(n log n) falls."
    assert article.authors == ("Jane Doe", "José García", "Institute of Falls, Vienna")
    assert (article.year, article.published, article.venue) == (2008, "2008-04", "Journal of Falling")
    assert (article.doi, article.url) == ("10.1234/fall.3", "https://example.org/a_b")
    assert article.source[0].line == 5
    assert found.originals[article.id].key == "doe2008"
    assert (preprint.abstract, preprint.arxiv_id) == ("One half and the other.", "0704.0001")
    assert again.title == "The Same Key Again"
    assert [(rejection.line, rejection.why.split(":")[0]) for rejection in found.rejected] == [
        (12, "not valid BibTeX"),
        (16, "a record without an abstract"),
    ]


def test_every_form_s_own_example_is_recognised_by_that_form(tmp_path: Path) -> None:
    from rag_assistant.corpus.source_file import SourceFile

    for reader in READERS:
        path = tmp_path / "example"
        if reader.form == "Parquet":  # its example is the line of Python that writes one
            exec(reader.example, {"pyarrow": pyarrow, "path": path})
        else:
            path.write_text(reader.example)
        file = SourceFile("example", lambda path=path: path.open("rb"))  # type: ignore[misc]
        found = [one for one in READERS if one.recognises(file, CorpusSettings())]
        if reader.form.startswith("Daily Papers"):
            continue  # a page is known by its whole, an example shows only how it goes on
        assert found[0] is reader, reader.form
        assert len(collect(path).papers) == 1, reader.form


def test_every_form_is_documented() -> None:
    table = (Path(__file__).parent.parent / "docs" / "corpus.md").read_text()
    assert [reader.form for reader in READERS if f"\n| {reader.form} " not in table] == []


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "entries", "papers"),
    [("scifact/corpus", 5_183, 5_183), ("scifact/claims/corpus", 5_183, 5_183), ("npl/corpus", 11_426, 11_394)],
)
def test_public_collections(shared: Path, name: str, entries: int, papers: int) -> None:
    found = collect(shared / "data" / f"{name}.jsonl")
    assert (found.entries, len(found.papers), len(found.rejected)) == (entries, papers, 0)
    # Only what says the same is a duplicate, but for one balloon that is also spelled "baloon".
    assert len({paper.abstract for paper in found.papers}) == papers
    near = [one.title for one in found.duplicates if one.reason != "the same title"]
    assert [title.split()[6:8] for title in near] == ([["echo", "baloon"]] if name.startswith("npl") else [])
