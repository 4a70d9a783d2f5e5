"""A mapping of one's own, and Parquet."""

from __future__ import annotations

import datetime
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from rag_assistant.corpus import Collection, collect, parse_columns, with_columns
from rag_assistant.errors import SettingsError, UsageError
from rag_assistant.settings import CorpusSettings, load_settings

RECORDS = [
    {
        "Name": f"Kites {n}",
        "Text": f"We fly {n} kites at sea.",
        "Jahr": 2000 + n,
        "Who": "Jane Doe; John Roe",
        "title": "x",
    }
    for n in range(1, 4)
]
MAPPING = {"title": "Name", "abstract": "Text", "year": "Jahr", "authors": "Who"}
FORMS = ("lines", "array", "object", "table", "parquet")


def saved(folder: Path, form: str, records: list[dict[str, Any]]) -> Path:
    path = folder / "records"
    if form == "parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records), path)
        return path
    if form == "table":
        rows = [list(records[0]), *(list(map(str, record.values())) for record in records)]
        text = "".join("\t".join(row) + "\n" for row in rows)
    else:
        text = {
            "lines": "\n".join(map(json.dumps, records)),
            "array": json.dumps(records),
            "object": json.dumps({"papers": records}),
        }[form]
    path.write_text(text)
    return path


def read(path: Path, columns: dict[str, str]) -> Collection:
    return collect(path, with_columns(CorpusSettings(), columns))


@pytest.mark.parametrize("form", FORMS)
def test_columns_are_found_by_the_mapping(tmp_path: Path, form: str) -> None:
    found = read(saved(tmp_path, form, RECORDS), MAPPING)
    assert not found.rejected
    assert [paper.title for paper in found.papers] == ["Kites 1", "Kites 2", "Kites 3"]  # not the column "title"
    assert found.papers[1].abstract == "We fly 2 kites at sea."
    assert (found.papers[1].year, found.papers[1].authors) == (2002, ("Jane Doe", "John Roe"))


@pytest.mark.parametrize("form", FORMS)
def test_a_column_that_is_not_there_is_named_beside_those_that_are(tmp_path: Path, form: str) -> None:
    found = read(saved(tmp_path, form, RECORDS), {**MAPPING, "venue": "Journal"})
    (rejection,) = found.rejected
    assert "'Journal' for venue" in rejection.why
    assert "Name, Text, Jahr, Who, title" in rejection.why
    assert len(found.papers) == (0 if form in ("table", "parquet") else 3)


@pytest.mark.parametrize("form", FORMS)
def test_a_mapped_title_that_is_not_there_is_not_replaced_by_another_column(tmp_path: Path, form: str) -> None:
    found = read(saved(tmp_path, form, RECORDS), {"title": "Nmae", "abstract": "Text"})
    assert not found.papers
    assert all(word in " ".join(one.why for one in found.rejected) for word in ("Name, Text, Jahr", "title"))


def test_a_table_with_none_of_the_columns_is_named_with_its_first_row(tmp_path: Path) -> None:
    (rejection,) = read(saved(tmp_path, "table", RECORDS), {"title": "A", "abstract": "B"}).rejected
    assert "none of the columns A, B" in rejection.why
    assert "Name Text Jahr" in rejection.why


def test_a_mapping_as_it_is_typed() -> None:
    assert parse_columns(["title=Name,abstract=Text, in English,year=Jahr", "url=a=b"]) == {
        "title": "Name",
        "abstract": "Text, in English",
        "year": "Jahr",
        "url": "a=b",
    }


@pytest.mark.parametrize("typed", ["title", "title=", "=Name", "title=A,title=B", "", "colour=red"])
def test_a_mapping_that_is_none(typed: str) -> None:
    with pytest.raises(UsageError):
        with_columns(CorpusSettings(), parse_columns([typed]))


def test_the_mapping_is_a_setting_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_ASSISTANT_CORPUS__COLUMNS", json.dumps(MAPPING))
    assert len(collect(saved(tmp_path, "table", RECORDS), load_settings().corpus).papers) == 3
    monkeypatch.setenv("RAG_ASSISTANT_CORPUS__COLUMNS", '{"colour": "red"}')
    with pytest.raises(SettingsError, match=r"no field 'colour'.*title, abstract"):
        load_settings()


def test_parquet_keeps_dates_lists_and_places(tmp_path: Path) -> None:
    record = {
        "title": "Kites at Sea",
        "abstract": "We fly kites.",
        "authors": ["Jane Doe", "John Roe"],
        "published": datetime.date(2021, 3, 4),
        "embedding": [0.5] * 8,
        "doi": None,
    }
    found = collect(saved(tmp_path, "parquet", [record, {**record, "title": "Other Kites"}]))
    first, second = found.papers
    assert (first.authors, first.published, first.year) == (("Jane Doe", "John Roe"), "2021-03-04", 2021)
    assert (second.source[0].entry, second.source[0].line, second.doi) == (2, None, None)


def test_parquet_of_many_row_groups_is_read_in_order(tmp_path: Path) -> None:
    records = [{"title": f"Kites number {n}", "abstract": f"We fly {n} kites over {n * n} seas."} for n in range(2_500)]
    path = tmp_path / "kites"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records), path, row_group_size=700, compression="zstd")
    assert [paper.title for paper in collect(path).papers] == [record["title"] for record in records]


def test_packed_parquet(tmp_path: Path) -> None:
    path = saved(tmp_path, "parquet", RECORDS)
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert len(read(path, MAPPING).papers) == 3


@pytest.mark.parametrize("damage", ["cut", "changed", "start"])
def test_damaged_parquet_is_named(tmp_path: Path, damage: str) -> None:
    path = saved(tmp_path, "parquet", RECORDS * 50)
    data = path.read_bytes()
    path.write_bytes({"cut": data[:-20], "changed": data[:200] + b"\xff" * 40 + data[240:], "start": data[:4]}[damage])
    rejection = read(path, MAPPING).rejected[-1]
    assert "no valid Parquet file" in rejection.why
    assert len(str(rejection).splitlines()) == 1


def test_parquet_that_unpacks_to_too_much(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    record = {"title": "Kites", "abstract": "kite " * 1_000}
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([record] * 5_000), path, use_dictionary=False)
    assert path.stat().st_size < 2_000_000
    (rejection,) = collect(path, CorpusSettings(max_file_bytes=2_000_000)).rejected
    assert "unpacks to more than the 2,000,000 bytes" in rejection.why


def test_text_in_parquet_that_is_no_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "latin"
    column = pyarrow.array([b"Gr\xf6\xdfe"]).view(pyarrow.string())
    pyarrow.parquet.write_table(pyarrow.table({"title": column, "abstract": column}), path)
    assert "no valid Parquet file" in collect(path).rejected[0].why
