"""Fuzzes all readers with atheris (libFuzzer): any exception, and any input that takes over 20 seconds, is a crash.

Run by ``make fuzz``, or by hand, with the folder that inputs are kept in and libFuzzer's options::

    python -m tests.fuzz.readers build/fuzz -max_total_time=600

What it finds is made small and put into ``tests/data/fuzz/``, where the tests read it.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["rag_assistant.corpus", "bibtexparser"]):
    from rag_assistant.corpus.clean import clean
    from rag_assistant.corpus.entry import Entry
    from rag_assistant.corpus.identity import to_paper
    from rag_assistant.corpus.reading import read_file
    from rag_assistant.corpus.source_file import SourceFile
    from rag_assistant.settings import CorpusSettings

from tests.fuzz.samples import SAMPLES

_SETTINGS = CorpusSettings(max_file_bytes=20_000_000, max_record_chars=20_000)


def read(data: bytes) -> None:
    """Reads a file of these bytes to its papers."""
    file = SourceFile("fuzz", lambda: io.BytesIO(data), len(data))
    for found in read_file(file, _SETTINGS):
        if isinstance(found, Entry) and (paper := to_paper(found)):
            paper.text.encode()
            assert clean(paper.title) == paper.title


def main() -> None:
    """Writes the samples into the folder given first, and fuzzes from there."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in SAMPLES.items():
        (folder / name).write_bytes(data)
    options = ["-timeout=20", "-max_len=8192", f"-artifact_prefix={folder.parent}/"]
    atheris.Setup([sys.argv[0], str(folder), *options, *sys.argv[2:]], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
