"""Reading in bounded memory, and saying how far it is."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from rag_assistant.cli.progress import watched
from rag_assistant.corpus import collect, read_entries
from rag_assistant.corpus.meter import Meter
from rag_assistant.corpus.reading import read_files
from rag_assistant.corpus.source_file import SourceFile
from rag_assistant.settings import CorpusSettings


@pytest.mark.timeout(120)
def test_memory_does_not_grow_with_what_is_read() -> None:
    command = [sys.executable, "-m", "rag_assistant.evaluate.reading", "--records", "20000", "--words", "20", "--json"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=110).stdout)
    assert report["papers"] == 19_801  # one in a hundred is a copy of the one before, but for the first
    half, end = report["memory"][4], report["memory"][9]
    # Half a kilobyte a paper, as an object for each would take, would be 5 MB more.
    assert end - half < 3_000_000
    assert report["peak"] < 120_000_000


def record(number: int) -> str:
    return json.dumps({"title": f"Kites number {number}", "abstract": f"We fly {number} kites. " * 40}) + "\n"


@pytest.mark.parametrize("form", ["lines", "gzip", "zip", "array"])
def test_how_far_the_reading_is(tmp_path: Path, form: str) -> None:
    lines = [record(number) for number in range(400)]
    path = tmp_path / "kites"
    if form == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(4):
                archive.writestr(f"{number}.jsonl", "".join(lines[number * 100 : number * 100 + 100]))
    else:
        text = "[" + ",".join(lines) + "]" if form == "array" else "".join(lines)
        path.write_bytes(gzip.compress(text.encode()) if form == "gzip" else text.encode())
    (tmp_path / "other").write_text(record(1_000))
    (tmp_path / "empty").write_text("")
    total = path.stat().st_size + (tmp_path / "other").stat().st_size
    seen: list[tuple[int, int]] = []
    found = collect(tmp_path, watch=lambda done, of: seen.append((done, of)))
    assert len(found.papers) == 401
    assert {of for _, of in seen} == {total}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (total, total)
    assert form != "lines" or any(0.2 * total < done < 0.8 * total for done, _ in seen)


def test_the_count_stays_behind_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "kites"
    path.write_text("".join(map(record, range(400))))
    seen = [0]
    file = SourceFile("kites", lambda: path.open("rb"), path.stat().st_size)
    entries = read_files([file], CorpusSettings(), Meter(file.size, lambda done, of: seen.append(done)))
    next(entries)
    assert 0 < seen[-1] < path.stat().st_size / 2
    assert len(list(entries)) == 399


@pytest.mark.parametrize(("form", "most"), [("array", 3_000_000), ("atom", 14_000_000), ("ris", 3_000_000)])
def test_a_file_without_an_end_of_line_or_of_record_is_not_held(tmp_path: Path, form: str, most: int) -> None:
    path = tmp_path / "long"
    with path.open("w") as stream:
        match form:
            case "array":
                stream.write("[" + ", ".join(record(number).strip() for number in range(6_000)) + "]")
            case "atom":
                stream.write('<feed xmlns="http://www.w3.org/2005/Atom"><entry><summary>' + "kite " * 4_000_000)
            case "ris":
                stream.write("TY  - JOUR\nTI  - Kites\n" + "AU  - Doe, J.\n" * 300_000)
    assert path.stat().st_size > 1.4 * most
    tracemalloc.start()
    try:
        found = sum(1 for _ in read_entries([path], CorpusSettings()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == (6_000 if form == "array" else 1)
    assert peak < most


def test_progress_of_reading_is_drawn_in_bytes() -> None:
    from rich.console import Console

    stream = io.StringIO()
    with watched(Console(file=stream, force_terminal=True, width=100)) as progress:
        progress("reading", 500_000, 2_000_000)
        progress("embedding", 5, 20)
    assert "500.0 kB of 2.0 MB" in stream.getvalue()
    assert "5 of 20" in stream.getvalue()


def test_a_form_that_is_read_whole_has_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "refs.bib"
    path.write_text("@misc{a, title={Kites at Sea}, abstract={We fly kites.}}\n")
    (rejection,) = collect(path, CorpusSettings(max_whole_bytes=20)).rejected
    assert "more than the 20 bytes allowed" in rejection.why
    assert "corpus.max_whole_bytes" in rejection.why


def test_an_archive_of_many_members_is_opened_once(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(3_000):
            archive.writestr(f"{number}.jsonl", record(number))
    seen: list[int] = []
    assert len(collect(path, watch=lambda done, of: seen.append(done)).papers) == 3_000
    assert len(seen) < 3 * 3_000  # its directory of 3,000 entries isn't read for each of them
