"""A small valid file of every form, to begin fuzzing from."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile

import pyarrow
import pyarrow.parquet
import zstandard

_RECORD = {
    "id": "2401.00001",
    "title": "Kites at Sea",
    "abstract": "We fly $O(n^2)$ kites, caf\u00e9 to caf\u00e9. They pull boats.",
    "authors_parsed": [["Doe", "Jane", ""]],
    "categories": "cs.RO",
    "doi": "10.1234/kites",
    "versions": [{"created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
    "abstract_inverted_index": {"We": [0], "fly": [1]},
    "externalIds": {"ArXiv": "2401.00001"},
    "publication_date": "2024-01-02",
}
_LINE = json.dumps(_RECORD).encode()
_PROSE = b"We fly kites at sea, with a line to every boat, and let them learn how to pull. " * 4
_TABLE = b'title,abstract,year,authors\r\n"Kites, at Sea","We fly ""kites"".\nThey pull.",2024,Jane Doe; John Roe\r\n'


def _zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jsonl", _LINE)
        archive.writestr("b/c.csv.gz", gzip.compress(_TABLE, mtime=0))
    return stream.getvalue()


def _parquet() -> bytes:
    stream = io.BytesIO()
    table = {"title": ["Kites at Sea"], "abstract": ["We fly kites."], "authors": [["Jane Doe"]], "year": [2024]}
    pyarrow.parquet.write_table(pyarrow.table(table), stream)
    return stream.getvalue()


SAMPLES: dict[str, bytes] = {
    "json_lines": _LINE + b"\n" + _LINE.replace(b"Kites", b"Boats") + b"\n",
    "json_array": json.dumps([_RECORD, _RECORD], indent=1).encode(),
    "json_object": json.dumps({"meta": {"count": 1}, "results": [_RECORD]}).encode(),
    "table": _TABLE,
    "table_utf_16": _TABLE.decode().encode("utf-16"),
    "bibtex": b"""@string{jk = "Journal of Kites"}
@article{doe2024, title = {{Kites} at Sea: 50\\% Softer}, author = {Doe, Jane and {Kite Team, Inc.}},
  journal = jk, year = 2024, month = apr, abstract = "We fly {\\"o}ver $x^2$ " # "kites.", doi = {10.1234/KITES}}
""",
    "ris": b"""TY  - JOUR
TI  - Kites at Sea
AU  - Doe, Jane
DA  - 2024/04/02/
KW  - kites
AB  - We fly kites.
They pull.
DO  - 10.1234/K
ER  -
""",
    "nbib": b"""PMID- 12
DP  - 2024 Apr 2
TI  - Kites at
      Sea.
AB  - We fly kites.
FAU - Doe, Jane
MH  - Kites
""",
    "atom": b"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><entry>
<id>http://arxiv.org/abs/2401.00001v2</id><published>2024-01-01T18:00:00Z</published><title>Kites</title>
<summary>We fly &amp; pull.</summary><author><name>Jane Doe</name></author><category term="cs.RO"/>
<link href="http://arxiv.org/abs/2401.00001v2"/></entry></feed>""",
    "page": b"Daily Papers\n\nMar 12\n\nKites at Sea\n\n" + _PROSE + b"\n\n3\n\nBoats\n\n" + _PROSE,
    "html": b"""<!doctype html><html><head><title>x</title></head><body><nav>y</nav>
<article><h3><a href="/papers/2401.00001">Kites</a></h3><p>"""
    + _PROSE
    + b"</p></article><!-- z --></body></html>",
    "parquet": _parquet(),
    "gzip": gzip.compress(_LINE, mtime=0),
    "bzip2": bz2.compress(_LINE),
    "xz": lzma.compress(_LINE),
    "zstd": zstandard.compress(_LINE),
    "zip": _zipped(),
}
