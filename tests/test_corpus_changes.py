"""Collections that change: sync, removal, reports, export, and filters on what papers are filed under."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag_assistant import Assistant
from rag_assistant.cli.commands import app
from rag_assistant.errors import PaperNotFoundError, SourceNotFoundError, UsageError
from rag_assistant.index.store import Store
from tests.papers import TEXTS

TITLES = list(TEXTS)


def write(path: Path, titles: Sequence[str], **more: object) -> Path:
    records = [{"title": title, "abstract": TEXTS[title], **more} for title in titles]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def titles_of(assistant: Assistant, **filters: str) -> list[str]:
    return [paper.title for paper in assistant.papers(filters)]


@pytest.fixture
def assistant(tmp_path: Path) -> Assistant:
    return Assistant.open(tmp_path / "index")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "saved").mkdir()
    write(tmp_path / "saved" / "a.jsonl", TITLES[:2])
    write(tmp_path / "saved" / "b.jsonl", TITLES[1:3])
    return tmp_path / "saved"


def test_sync_takes_out_what_is_gone_from_a_file_and_from_a_folder(assistant: Assistant, folder: Path) -> None:
    assistant.ingest(folder)
    write(folder / "a.jsonl", TITLES[3:4])
    assert assistant.ingest(folder).removed == ()  # only when asked for
    report = assistant.ingest(folder, sync=True)
    assert len(report.removed) == 1
    assert set(titles_of(assistant)) == set(TITLES[1:4])  # the second stands in the other file still
    (folder / "b.jsonl").unlink()
    assert len(assistant.ingest(folder, sync=True).removed) == 2
    assert titles_of(assistant) == TITLES[3:4]
    assert assistant.search("hidden papers come to light")[0].paper.title == TITLES[3]


def test_sync_leaves_what_came_from_elsewhere(assistant: Assistant, folder: Path, tmp_path: Path) -> None:
    assistant.ingest([folder, write(tmp_path / "other.jsonl", TITLES[4:5])])
    assert len(assistant.ingest(write(folder / "a.jsonl", TITLES[:1]), sync=True).removed) == 0  # b.jsonl has it
    assert set(titles_of(assistant)) == {*TITLES[:3], TITLES[4]}
    (shared,) = assistant.papers({"title": TITLES[1]})
    assert [Path(place.file).name for place in shared.source] == ["b.jsonl"]


@pytest.mark.parametrize("damage", ["missing", "blank", "cut", "packed"])
def test_sync_takes_nothing_from_a_file_that_could_not_be_read(
    assistant: Assistant, tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "a.json"
    text = json.dumps([{"title": title, "abstract": TEXTS[title]} for title in TITLES[:3]])
    path.write_text(text)
    assistant.ingest(path)
    match damage:
        case "missing":
            path.unlink()
        case "blank":
            path.write_text("\n")
        case "cut":
            path.write_text(text[: len(text) // 2])
        case "packed":
            path.write_bytes(b"\x1f\x8b" + bytes(20))
    report = assistant.ingest(path, sync=True)
    assert report.rejected
    assert not report.removed
    assert len(titles_of(assistant)) == 3


def test_an_entry_that_moved_in_its_file_stands_at_one_place(assistant: Assistant, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", TITLES[:1])
    assistant.ingest(path)
    write(path, [TITLES[5], TITLES[0]])
    assistant.ingest(path)
    assert [[place.entry for place in paper.source] for paper in assistant.papers()] == [[2], [1]]
    before = [paper.source for paper in assistant.papers()]
    assert assistant.ingest(path).updated == ()
    assert [paper.source for paper in assistant.papers()] == before


def test_remove_by_id_and_by_source(assistant: Assistant, folder: Path) -> None:
    assistant.ingest(folder)
    first = next(assistant.papers()).id
    assert assistant.remove([first]).removed == (first,)
    assert titles_of(assistant) == TITLES[1:3]
    with pytest.raises(PaperNotFoundError, match=first):
        assistant.remove([first])
    report = assistant.remove(source=str(folder / "b.jsonl"))
    assert len(report.removed) == 1
    (left,) = assistant.papers()
    assert left.title == TITLES[1]
    assert [place.file.rpartition("/")[2] for place in left.source] == ["a.jsonl"]
    with pytest.raises(SourceNotFoundError, match=r"b\.jsonl"):
        assistant.remove(source=str(folder / "b.jsonl"))
    with pytest.raises(UsageError):
        assistant.remove()
    assistant.remove(source=str(folder))
    assert titles_of(assistant) == []
    assert assistant.ask("How many vessels are found in dense fog?", "extractive").abstained


def test_reports_are_kept_and_read_again(assistant: Assistant, folder: Path) -> None:
    assert assistant.reports() == []
    (folder / "c.jsonl").write_text('{"title": "No abstract"}\n')
    made = [assistant.ingest(folder), assistant.ingest(folder), assistant.remove(source=str(folder))]
    kept = assistant.reports()
    assert [one.report for one in kept] == made[::-1]
    assert [one.number for one in kept] == [3, 2, 1]
    assert kept[2].report.rejected[0].line == 1
    assert kept[2].report.duplicates[0].reason == "the same title"
    assert [one.number for one in assistant.reports(1)] == [3]


def test_only_the_last_hundred_reports_are_kept(assistant: Assistant, folder: Path) -> None:
    report = assistant.ingest(folder)
    store = Store(assistant.index_dir / "store.sqlite")
    for number in range(120):
        store.keep_report(report, f"2026-01-01T00:00:{number}")
    store.close()
    numbers = [one.number for one in assistant.reports(1_000)]
    assert (len(numbers), numbers[0], numbers[-1]) == (100, 121, 22)


def test_categories_are_kept_shown_and_filtered_on(assistant: Assistant, tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", TITLES[:1], categories="cs.CV eess.IV", update_date="2021-05-01")
    write(tmp_path / "b.jsonl", TITLES[1:2], keywords=["Tides", "Language models"], published="2023-02")
    assistant.ingest(tmp_path / "*.jsonl")
    assert [paper.categories for paper in assistant.papers()] == [("cs.CV", "eess.IV"), ("Tides", "Language models")]
    assert titles_of(assistant, category="cs.cv") == TITLES[:1]
    assert titles_of(assistant, category="tides|cs.LG") == TITLES[1:2]
    assert titles_of(assistant, date=">=2022") == TITLES[1:2]
    assert titles_of(assistant, source="a.jsonl", year="2021") == TITLES[:1]
    assert [hit.paper.title for hit in assistant.search("ships", filters={"category": "eess"})] == TITLES[:1]


def test_a_store_from_before_there_were_categories_is_opened(assistant: Assistant, folder: Path) -> None:
    assistant.ingest(folder)
    path = assistant.index_dir / "store.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("alter table papers drop column categories")
    assert len(assistant.ingest(folder).unchanged) == 3


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        app(arguments)
    assert stopped.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("form", ["jsonl", "bibtex", "csv"])
def test_what_is_exported_is_read_again_as_it_was(
    assistant: Assistant, tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = {"authors": ["Jane Doe", "José García"], "year": 2021, "published": "2021-03-04", "doi": "10.1234/a_b"}
    title = "100% of {Kites} & $5 in \\LaTeX"
    record = {"title": title, "abstract": f"{TEXTS[TITLES[0]]} It costs 5% & more_of #2, in C^2.", **facts}
    record |= {"categories": ["cs.CV", "Kites"], "arxiv_id": "2103.00001", "venue": "J. Kites"}
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n")
    assistant.ingest(tmp_path / "a.jsonl")
    text = command(capsys, "papers", "export", "--format", form, "--index-dir", str(assistant.index_dir))
    (tmp_path / "again").write_text(text)
    other = Assistant.open(tmp_path / "other")
    other.ingest(tmp_path / "again")
    (before,), (after,) = assistant.papers(), other.papers()
    assert replace(after, source=()) == replace(before, source=())
    if form == "csv":
        assert len(list(csv.DictReader(io.StringIO(text)))) == 1


def test_the_commands(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = ["--index-dir", str(tmp_path / "index")]
    command(capsys, "ingest", str(folder), *index)
    write(folder / "a.jsonl", TITLES[1:2])
    assert "1 removed" in command(capsys, "ingest", str(folder), "--sync", *index)
    listed = json.loads(command(capsys, "papers", "list", "--filter", "source=b.jsonl", "--json", *index))
    assert [paper["title"] for paper in listed] == TITLES[1:3]
    assert command(capsys, "papers", "remove", listed[0]["id"], *index) == "1 removed\n"
    lines = command(capsys, "papers", "reports", *index).splitlines()
    assert [line.split()[0] for line in lines] == ["3", "2", "1"]
    assert "3 papers from 4 entries, 1 duplicates" in lines[2]
    (first,) = json.loads(command(capsys, "papers", "reports", "1", "--json", *index))
    assert (first["number"], first["counts"]["added"]) == (1, 3)
    assert first["duplicates"][0]["reason"] == "the same title"
    assert "b.jsonl, entry 1: " in command(capsys, "papers", "reports", "1", *index)
