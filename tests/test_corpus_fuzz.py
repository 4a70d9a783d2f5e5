"""Every reader over broken files of its form: no exception, no hang, nothing passed over in silence.

``tests/fuzz/readers.py`` does the same for longer, led by what of the code is reached.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rag_assistant.corpus import Entry, to_paper
from rag_assistant.corpus.reading import read_file
from rag_assistant.corpus.source_file import SourceFile
from rag_assistant.settings import CorpusSettings
from tests.fuzz.samples import SAMPLES

FOUND = sorted((Path(__file__).parent / "data" / "fuzz").iterdir())

_WORDS = rb"""" { } [ ] \ < > &#x41; -- ,, @article{ title null 1e999 -1 \ud83d $\frac{ TY__-__""".split()
_TOKENS = st.sampled_from([b"", b"\n", b"\r", b"\0", b"\xff", b"\xfe\xff", b"\xe2\x80\xae", b"A" * 300, *_WORDS])
_CHANGE = st.tuples(st.sampled_from(["put", "replace", "cut", "repeat"]), st.floats(0, 1), st.integers(1, 40), _TOKENS)


def changed(data: bytes, changes: list[tuple[str, float, int, bytes]]) -> bytes:
    for kind, where, length, token in changes:
        place = int(where * len(data))
        before, piece, after = data[:place], data[place : place + length], data[place + length :]
        data = before + {"put": token + piece, "replace": token, "cut": b"", "repeat": piece * 3}[kind] + after
    return data


def read(data: bytes) -> None:
    file = SourceFile("fuzz", lambda: io.BytesIO(data), len(data))
    found = list(read_file(file, CorpusSettings(max_file_bytes=20_000_000)))
    assert found
    for one in found:
        if isinstance(one, Entry):
            if paper := to_paper(one):
                paper.text.encode()
        else:
            assert len(str(one).splitlines()) == 1, one


@pytest.mark.parametrize("form", SAMPLES)
def test_samples_hold_papers(form: str) -> None:
    file = SourceFile("sample", lambda: io.BytesIO(SAMPLES[form]), len(SAMPLES[form]))
    assert [type(one) for one in read_file(file, CorpusSettings())].count(Entry) >= 1


def test_what_a_rejection_quotes_stays_on_its_line() -> None:
    read(b"TY  - JOUR\nTI  - Kites \r\x0b at Sea\nER  - \n")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("form", SAMPLES)
@settings(max_examples=120, deadline=5_000, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.lists(_CHANGE, min_size=1, max_size=6))
def test_broken_files_of_every_form(form: str, changes: list[tuple[str, float, int, bytes]]) -> None:
    read(changed(SAMPLES[form], changes))


@pytest.mark.timeout(20)
@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_fuzzing_found(path: Path) -> None:
    read(path.read_bytes())
