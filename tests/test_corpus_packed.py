"""RIS, NBIB and Atom, and packed files of any form."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from rag_assistant.corpus import collect
from rag_assistant.settings import CorpusSettings

RIS = """TY  - JOUR
AU  - Doe, Jane
AU  - Roe, John
TI  - Falling Robots
PY  - 2008
DA  - 2008/04/02/
JO  - Journal of Falling
AB  - We drop robots.
They learn to land.
DO  - 10.1234/FALL.3
UR  - https://example.org/fall
ER  -

TY  - BOOK
TI  - A Book Without One
ER  -
TY  - JOUR
T1  - Second Paper
N2  - It has an abstract too.
ER  -
"""
NBIB = """
PMID- 123456
DP  - 2008 Apr 2
TI  - Falling Robots and their
      Landings.
LID - 10.1234/fall.3 [doi]
AB  - BACKGROUND: We drop robots. RESULTS: They
      learn to land.
FAU - Doe, Jane
AU  - Doe J
JT  - Journal of falling
SO  - J Fall. 2008 Apr 2.

PMID- 123457
TI  - No Abstract.
"""
ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>arXiv Query</title><id>http://arxiv.org/api/x</id>
<entry><id>http://arxiv.org/abs/2401.00001v2</id><published>2024-01-01T18:00:00Z</published>
<updated>2024-03-01T18:00:00Z</updated><title>Falling
  Robots</title><summary>  We drop robots at $5\\%$ &amp; less.
</summary><author><name>Jane Doe</name></author><author><name>John Roe</name></author>
<arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">10.1234/fall.3</arxiv:doi>
<link href="http://arxiv.org/abs/2401.00001v2" rel="alternate"/><link href="http://x.org/pdf" rel="related"/></entry>
<entry><id>http://arxiv.org/abs/2401.00002v1</id><title>Second</title><summary></summary></entry>
</feed>"""


def saved(folder: Path, text: str | bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_ris(tmp_path: Path, end: str) -> None:
    found = collect(saved(tmp_path, RIS.replace("\n", end)))
    first, second = found.papers
    assert (first.title, first.abstract) == ("Falling Robots", "We drop robots. They learn to land.")
    assert (first.authors, first.year, first.published) == (("Jane Doe", "John Roe"), 2008, "2008-04-02")
    assert (first.doi, first.url, first.venue) == ("10.1234/fall.3", "https://example.org/fall", "Journal of Falling")
    assert (second.title, second.abstract) == ("Second Paper", "It has an abstract too.")
    assert [(paper.source[0].entry, paper.source[0].line) for paper in found.papers] == [(1, 1), (3, 17)]
    assert [(rejection.line, rejection.why) for rejection in found.rejected] == [
        (14, "a record without an abstract: A Book Without One")
    ]


def test_nbib(tmp_path: Path) -> None:
    found = collect(saved(tmp_path, NBIB))
    (paper,) = found.papers
    assert paper.title == "Falling Robots and their Landings."
    assert paper.abstract == "BACKGROUND: We drop robots. RESULTS: They learn to land."
    assert (paper.authors, paper.year, paper.published) == (("Jane Doe",), 2008, "2008-04-02")
    assert (paper.doi, paper.url) == ("10.1234/fall.3", "https://pubmed.ncbi.nlm.nih.gov/123456/")
    assert found.rejected[0].line == 14


def test_atom(tmp_path: Path) -> None:
    found = collect(saved(tmp_path, ATOM))
    (paper,) = found.papers
    assert (paper.title, paper.abstract) == ("Falling Robots", "We drop robots at 5% & less.")
    assert (paper.authors, paper.year, paper.published) == (("Jane Doe", "John Roe"), 2024, "2024-01-01")
    assert (paper.arxiv_id, paper.doi, paper.url) == (
        "2401.00001",
        "10.1234/fall.3",
        "http://arxiv.org/abs/2401.00001v2",
    )
    assert found.rejected[0].why == "a record without an abstract: Second"


def test_atom_cut_off(tmp_path: Path) -> None:
    found = collect(saved(tmp_path, ATOM[: ATOM.index("<entry><id>http://arxiv.org/abs/2401.00002")]))
    assert len(found.papers) == 1
    assert "not valid XML" in found.rejected[0].why
    assert found.rejected[0].line is not None


def test_entities_that_would_blow_up_are_not_expanded(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + ATOM.split("?>")[1].replace("5", "&b;")
    found = collect(saved(tmp_path, bomb))
    assert not found.papers
    assert len(found.rejected) == 1


RECORD = json.dumps({"title": "Falling Robots", "abstract": "We drop robots."}) + "\n"


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "zstd": zstandard.compress,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda data: zipped({"a": data}),
    "twice": lambda data: gzip.compress(bz2.compress(data)),
}


@pytest.mark.parametrize("pack", ["gzip", "bzip2", "xz", "zstd", "twice"])
@pytest.mark.parametrize("text", [RECORD, RIS, "title,abstract\nFalling Robots,We drop robots.\n"])
def test_packed_file(tmp_path: Path, pack: str, text: str) -> None:
    found = collect(saved(tmp_path, PACKERS[pack](text.encode()), "file.gz"))
    assert found.papers[0].title == "Falling Robots"
    assert found.papers[0].source[0].file.endswith("/file.gz")


def test_zip(tmp_path: Path) -> None:
    content = {
        "deep/b.jsonl": RECORD.replace("Falling", "Rising").encode(),
        "a.ris.gz": gzip.compress(RIS.encode()),
        "../../climbing.jsonl": RECORD.encode(),
        "/absolute.jsonl": RECORD.encode(),
        "empty.txt": b"",
        "image.png": b"\x89PNG\r\n\x1a\n",
        "__MACOSX/._b.jsonl": b"\0\5\0",
        "folder/": b"",
    }
    path = saved(tmp_path, zipped(content), "all.zip").as_posix()
    found = collect(path)
    assert [paper.title for paper in found.papers] == ["Falling Robots", "Second Paper", "Rising Robots"]
    assert found.papers[2].source[0].file == f"{path}/deep/b.jsonl"
    assert {rejection.file.removeprefix(path): rejection.why.split(":")[0] for rejection in found.rejected} == {
        "/../../climbing.jsonl": "its name leads out of the archive",
        "//absolute.jsonl": "its name leads out of the archive",
        "/a.ris.gz": "a record without an abstract",
        "/empty.txt": "the file is empty",
        "/image.png": "not a text file but a PNG image",
    }
    assert sorted(one.name for one in tmp_path.iterdir()) == ["all.zip"]  # nothing was written


@pytest.mark.parametrize("kind", ["gzip", "zstd", "zip"])
@pytest.mark.timeout(60)
def test_small_file_that_unpacks_to_a_huge_one(tmp_path: Path, kind: str) -> None:
    data = RECORD.encode() + b" " * 120_000_000
    packed = {"gzip": lambda: gzip.compress(data, 1), "zip": lambda: zipped({"a.jsonl": data})}
    path = saved(tmp_path, packed.get(kind, lambda: zstandard.compress(data))(), "bomb")
    assert path.stat().st_size < 1_000_000
    found = collect(path)
    assert "unpacks to more than" in found.rejected[-1].why
    assert [paper.title for paper in found.papers] == ["Falling Robots"]  # what came before it


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ["gzip in gzip", "zstd"])
def test_a_few_kilobytes_that_unpack_to_ten_gigabytes(tmp_path: Path, kind: str) -> None:
    blanks = RECORD.encode() + b" " * 100_000_000
    data = gzip.compress(gzip.compress(blanks, 1) * 100) if kind == "gzip in gzip" else zstandard.compress(blanks) * 100
    found = collect(saved(tmp_path, data, "bomb"))
    assert len(data) < 2_000_000
    assert "unpacks to more than" in found.rejected[-1].why
    assert [paper.title for paper in found.papers] == ["Falling Robots"]


def test_unpacking_limit_is_a_setting(tmp_path: Path) -> None:
    path = saved(tmp_path, gzip.compress(RECORD.encode() + b" " * 150_000_000 + b"\n" + RECORD.encode()))
    assert "unpacks to more" in collect(path).rejected[-1].why
    loose = collect(path, CorpusSettings(max_unpacked_times=2_000))
    assert not any("unpacks to more" in one.why for one in loose.rejected)
    assert loose.entries == 2


def test_limit_on_unpacked_bytes_is_a_setting(tmp_path: Path) -> None:
    text = "".join(RECORD.replace("Falling", f"Robot {n} of many") for n in range(3_000))
    found = collect(saved(tmp_path, gzip.compress(text.encode())), CorpusSettings(max_file_bytes=100_000))
    assert "unpacks to more than the 100,000 bytes" in found.rejected[-1].why


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz", "zstd", "zip"])
@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_damaged_packed_file(tmp_path: Path, kind: str, damage: str) -> None:
    text = "".join(RECORD.replace("Falling", f"Robot {n * n} of many") for n in range(3_000)).encode()
    data = PACKERS[kind](text)
    half = len(data) // 2
    path = saved(tmp_path, data[:half] if damage == "cut" else data[:half] + b"damage" + data[half + 6 :])
    found = collect(path)
    rejection = found.rejected[-1]
    assert rejection.file.startswith(path.as_posix())
    assert "can't be " in rejection.why or "not valid JSON" in rejection.why
    assert len(str(rejection).splitlines()) == 1


def test_encrypted_zip(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.jsonl": RECORD.encode()}))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + offset] |= 1
    assert "encrypted" in collect(saved(tmp_path, bytes(data))).rejected[0].why
