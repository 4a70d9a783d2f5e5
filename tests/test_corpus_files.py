"""Paths and bytes: what can't be read is named in one line, and everything else is read."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_assistant.corpus import Collection, collect, read_entries
from rag_assistant.records import Rejection
from rag_assistant.settings import CorpusSettings


def record(title: str, abstract: str = "We drop robots. They learn to land.") -> str:
    return json.dumps({"title": title, "abstract": abstract}, ensure_ascii=False) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good file, to see that it is read whatever lies beside it."""
    (tmp_path / "good.jsonl").write_text(record("Good"))
    return tmp_path


def bad(folder: Path, found: Collection | None = None) -> Rejection:
    """The one rejection; the good file was read."""
    found = found or collect(folder)
    assert [paper.title for paper in found.papers] == ["Good"]
    (rejection,) = found.rejected
    assert len(str(rejection).splitlines()) == 1
    return rejection


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("empty.txt", b"", "the file is empty"),
        ("blank.txt", b" \n\r\n\t \n", "the file is blank"),
        ("paper.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "a PDF file: abstracts are read, not PDFs"),
        ("named.txt", b"%PDF-1.4\nx", "a PDF file"),
        ("image.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "a PNG image"),
        ("random.bib", bytes(range(256)) * 40, "binary data"),
        ("zeros.jsonl", bytes(5_000), "binary data"),
        ("book.docx", b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml", "an Office document"),
        ("list.txt", b"milk\neggs\n", "no papers in it"),
        ("table.csv", b"name,price\nmilk,2\n", "no papers in it"),
        ("data.json", b"[]", "no papers in it"),
        ("cut.json", b'{"title": "A", "abst', "not valid JSON"),
        ("page.html", b"<!DOCTYPE html><html><body><p>hi</p></body></html>", "no papers in it"),
        ("refs.bib", b"@comment{nothing}\n", "no papers in it"),
    ],
)
def test_file_without_papers_is_named(folder: Path, name: str, content: bytes, why: str) -> None:
    (folder / name).write_bytes(content)
    rejection = bad(folder)
    assert rejection.file == (folder / name).as_posix()
    assert why in rejection.why


def test_file_of_other_records_is_named_once(folder: Path) -> None:
    (folder / "queries.jsonl").write_text(
        "".join(json.dumps({"_id": str(n), "text": "why?"}) + "\n" for n in range(300))
    )
    rejection = bad(folder)
    assert rejection.line == 1
    assert "no papers in it: all 300 records were refused" in rejection.why
    assert "without a title: its fields are _id, text" in rejection.why


def test_missing_path(folder: Path) -> None:
    found = collect([folder / "good.jsonl", folder / "bad.jsonl"])
    rejection = bad(folder, found)
    assert rejection.file.endswith("bad.jsonl")
    assert f"no such file or folder in {folder}" in rejection.why
    assert "no file matches" in bad(folder, collect([folder, str(folder / "*.bib")])).why
    assert "no folder" in bad(folder, collect([folder, folder / "x" / "y.bib"])).why


def test_folders_globs_and_names_of_sources(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pages" / "deep").mkdir(parents=True)
    (folder / "pages" / "deep" / "b.jsonl").write_text(record("Deep"))
    (folder / "pages" / "a[1].jsonl").write_text(record("Bracketed"))
    (folder / "pages" / ".hidden.jsonl").write_text(record("Hidden"))
    (folder / ".git").mkdir()
    (folder / ".git" / "c.jsonl").write_text(record("Hidden too"))
    monkeypatch.chdir(folder)
    assert [str(paper.source[0]) for paper in collect("pages").papers] == [
        "pages/a[1].jsonl, entry 1",
        "pages/deep/b.jsonl, entry 1",
    ]
    assert [paper.title for paper in collect("pages/a[1].jsonl").papers] == ["Bracketed"]
    assert [paper.title for paper in collect("**/*.jsonl").papers] == ["Good", "Bracketed", "Deep"]
    assert {paper.title for paper in collect(["pages", "."]).papers} == {"Good", "Bracketed", "Deep"}


def test_a_file_given_twice_is_read_once(folder: Path) -> None:
    (folder / "link.jsonl").symlink_to(folder / "good.jsonl")
    found = collect([folder, folder / "good.jsonl", folder])
    assert (found.entries, found.duplicates, found.rejected) == (1, (), ())


def test_symbolic_links_that_go_round(folder: Path) -> None:
    (folder / "round").symlink_to(folder)
    (folder / "sub").mkdir()
    (folder / "sub" / "up").symlink_to(folder)
    assert [paper.title for paper in collect(folder).papers] == ["Good"]
    assert not collect(folder).rejected
    (folder / "self").symlink_to(folder / "self")
    assert "symbolic links" in bad(folder).why


def test_broken_link(folder: Path) -> None:
    (folder / "broken.txt").symlink_to(folder / "gone.txt")
    assert "can't be read: No such file" in bad(folder).why


def test_empty_folder(folder: Path) -> None:
    (folder / "empty").mkdir()
    assert "empty folder" in bad(folder, collect([folder / "good.jsonl", folder / "empty"])).why


@pytest.mark.timeout(20)
def test_pipes_and_sockets_are_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jsonl")
    assert "not a regular file" in bad(folder).why
    (folder / "pipe.jsonl").unlink()
    with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{short}/s")
        assert "not a regular file" in bad(folder, collect([folder, f"{short}/s"])).why


@pytest.fixture
def as_nobody() -> Iterator[None]:
    """Runs the test without the rights of root, who may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_file_and_folder_that_may_not_be_read(as_nobody: None) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "good.jsonl").write_text(record("Good"))
        for closed in (folder / "closed", folder / "closed.jsonl"):
            closed.mkdir() if not closed.suffix else closed.write_text(record("Closed"))
            closed.chmod(0)
            try:
                assert bad(folder).why == "can't be read: Permission denied"
                assert bad(folder).file == closed.as_posix()
            finally:
                closed.chmod(0o700)
            closed.rmdir() if not closed.suffix else closed.unlink()


def test_file_over_the_limit(folder: Path) -> None:
    (folder / "large.jsonl").write_text(record("Large", "word " * 1_000))
    rejection = bad(folder, collect(folder, CorpusSettings(max_file_bytes=1_000)))
    assert "more than the 1,000 allowed (setting corpus.max_file_bytes)" in rejection.why


UMLAUTS = "Größere Öfen für Brötchen – naïve „Zitate“"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("form", ["jsonl", "csv", "page"])
def test_encodings(tmp_path: Path, encoding: str, form: str) -> None:
    abstract = "Wir backen Brötchen. " + "Sie werden größer, als wir dachten, und schöner. " * 6
    text = {
        "jsonl": record(UMLAUTS, abstract) + record("Zweites"),
        "csv": f'title,abstract\r\n"{UMLAUTS}","{abstract}"\r\nZweites,Text\r\n',
        "page": f"Daily Papers\r\n\r\n{UMLAUTS}\r\n\r\n{abstract}\r\n\r\nZweites\r\n\r\n{abstract[3:]}\r\n",
    }[form]
    path = tmp_path / "file"
    path.write_bytes(text.encode(encoding))
    found = collect(path)
    assert not found.rejected
    assert [paper.title for paper in found.papers] == [UMLAUTS, "Zweites"]
    assert found.papers[0].abstract == abstract.strip()
    assert found.papers[0].source[0].line == {"jsonl": 1, "csv": 2, "page": 3}[form]


def test_latin_1_and_utf_8_lines_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_bytes(record("Größe eins").encode("latin-1") + record("Größe zwei").encode() + b'{"title": "\xff\xfe')
    found = collect(path)
    assert [paper.title for paper in found.papers] == ["Größe eins", "Größe zwei"]
    assert found.rejected[0].line == 3


KITES = {
    "Chinese": "机器人如何学会摔倒。我们让行走机器人从不同高度落下，并让它们学会如何着地。",
    "Japanese": "ロボットはどのように転ぶか。歩行ロボットを高い所から落とし、着地の方法を学ばせる。",
    "Russian": "Как роботы учатся падать. Мы роняем шагающих роботов с разной высоты.",
    "Greek": "Πώς πέφτουν τα ρομπότ. Ρίχνουμε ρομπότ που βαδίζουν από διάφορα ύψη.",
}


@pytest.mark.parametrize(
    ("language", "encoding"),
    [("Chinese", "gb18030"), ("Japanese", "cp932"), ("Russian", "koi8_r"), ("Russian", "cp1251"), ("Greek", "cp1253")],
)
def test_other_scripts_are_told_by_their_bytes(tmp_path: Path, language: str, encoding: str) -> None:
    path = tmp_path / "file.csv"
    title, abstract = KITES[language][:9], KITES[language] * 3
    path.write_bytes(f'title,abstract\r\n"{title}","{abstract}"\r\n'.encode(encoding))
    assert collect(path).papers[0].title == title.strip()


def test_latin_1_with_many_accents_is_not_taken_for_another_script(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    path.write_bytes(record("Éléphants âgés à Orléans", "Où l’été a été très sec, ça gêne.").encode("cp1252"))
    assert collect(path).papers[0].title == "Éléphants âgés à Orléans"


def test_zero_bytes_within_text(tmp_path: Path) -> None:
    path = tmp_path / "zeros.jsonl"
    path.write_bytes(
        record("One").encode() + b"\0\0\n\0" + record("Two").encode() + b'{"title":"T\\u0000hree","abstract":"a"}'
    )
    found = collect(path)
    assert [paper.title for paper in found.papers] == ["One", "Two", "Three"]


def test_last_line_cut_off(folder: Path) -> None:
    (folder / "cut.jsonl").write_bytes((record("One") + record("Größe"))[:-20].encode())
    found = collect(folder)
    assert {paper.title for paper in found.papers} == {"Good", "One"}
    (rejection,) = found.rejected
    assert rejection.line == 2
    assert "is the line cut off?" in rejection.why


@pytest.mark.timeout(60)
def test_one_line_of_a_hundred_megabytes(folder: Path) -> None:
    with (folder / "long.jsonl").open("w") as stream:
        stream.write(record("Before") + '{"title": "Long", "abstract": "')
        for _ in range(100):
            stream.write("x" * 1_000_000)
        stream.write('"}\n' + record("After"))
    found = collect(folder)
    assert {paper.title for paper in found.papers} == {"Good", "Before", "After"}
    (rejection,) = found.rejected
    assert (rejection.line, "a line of more than" in rejection.why) == (2, True)


def test_an_abstract_of_a_hundred_thousand_words(folder: Path) -> None:
    (folder / "long.jsonl").write_text(record("Long", "word " * 100_000) + record("After"))
    found = collect(folder)
    assert {paper.title for paper in found.papers} == {"Good", "After"}
    assert (
        "500,000 characters, more than the 200,000 allowed (setting corpus.max_record_chars)" in found.rejected[0].why
    )
    raised = collect(folder, CorpusSettings(max_record_chars=1_000_000))
    assert "Long" in {paper.title for paper in raised.papers}


def test_a_long_json_object_on_one_line_is_no_line_of_json_lines(folder: Path) -> None:
    records = [json.loads(record(f"Kites {number}", "word " * 100)) for number in range(500)]
    (folder / "one.json").write_text(json.dumps({"papers": records}))
    assert len(collect(folder).papers) == 501


def test_lone_surrogates_in_json(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"title": "Half \\ud83d a face", "abstract": "It has \\udc00 no other half."}\n')
    (paper,) = collect(path).papers
    paper.abstract.encode()  # can be stored
    assert paper.title.startswith("Half")


def test_nothing_readable_left(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"title": "\\u200b\\u202e", "abstract": "Something"}\n{"title": "Kept", "abstract": "It is."}\n')
    found = collect(path)
    assert [paper.title for paper in found.papers] == ["Kept"]
    assert "nothing readable" in found.rejected[0].why


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "text",
    [
        "<html>" + "<a " * 100_000,
        "<html>" + "<!--" * 100_000,
        "<html>" + "</" * 100_000,
        "<html><p " + "a='" * 100_000 + ">",
        "@a{" * 30_000,
        "@a{x, title = {" + "{" * 100_000,
        '[{"title": ' + "[" * 100_000,
        "[{" * 100_000,
        'title,abstract\n"' + "x\n" * 100_000,
        "TY  - J\nAB  - x\n" + "y\n" * 100_000,
        "Daily Papers\n" + "Ab Cd, Ef Gh, x\n" * 10_000,
        '<feed xmlns="http://www.w3.org/2005/Atom">' + "<entry>" * 50_000,
    ],
    ids=lambda text: text[:12].strip(),
)
def test_hostile_files_take_no_time_and_are_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "hostile"
    path.write_text(text)
    found = collect(path)
    assert not found.papers
    assert len(found.rejected) == 1


_PIECES = st.sampled_from(
    [
        *b"""{ } [ ] , \\ "x" "title": "abstract": title,abstract @article{a, title={ abstract={y} <html> <h1>t</h1> <p>
        TI__-__ AB__-__ <entry><title>t</title>""".split(),
        *(b"\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe2\x80\xae", b"a b c. ", b"word " * 60),
        b"Daily Papers\n",
    ]
)


@given(st.one_of(st.binary(max_size=400), st.lists(_PIECES, max_size=40).map(b"".join)))
@settings(max_examples=300, deadline=None)
def test_no_bytes_raise(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "file"
    path.write_bytes(content)
    found = list(read_entries([path], CorpusSettings()))
    assert found, "a file is never passed over in silence"
    for rejection in collect(path).rejected:
        assert len(str(rejection).splitlines()) == 1
