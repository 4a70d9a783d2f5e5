"""How fast papers are read, and in how much memory: a made-up snapshot, as large as asked for, that lies nowhere.

Run as ``python -m rag_assistant.evaluate.reading --records 1000000``.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from rag_assistant.corpus import unique
from rag_assistant.corpus.reading import read_file
from rag_assistant.corpus.source_file import SourceFile
from rag_assistant.records import Paper, Rejection
from rag_assistant.settings import CorpusSettings

_SYLLABLES = "ba co de fi gu ha jo ka le mi no pu ra se ti vo wa xe yi zu".split()
_TITLE_WORDS = 9
_PHRASE_WORDS = 5
_STEPS = 10


@dataclass(frozen=True, slots=True)
class ReadingReport:
    """What a reading took. ``memory`` has the resident bytes after each tenth of the records, ``peak`` the most."""

    records: int
    papers: int
    duplicates: int
    seconds: float
    memory: tuple[int, ...]
    peak: int

    def table(self) -> str:
        """The report as lines for a terminal."""
        at = ", ".join(f"{number / 1e6:.0f}" for number in self.memory)
        return (
            f"{self.records:,} records, {self.papers:,} papers, {self.duplicates:,} duplicates\n"
            f"{self.seconds:.0f} s, {self.records / self.seconds:,.0f} a second\n"
            f"resident MB after each tenth: {at}; at most {self.peak / 1e6:.0f}"
        )


class _Snapshot(io.RawIOBase):
    """JSON lines like those of the arXiv metadata snapshot, made as they are read; one in a hundred comes twice."""

    def __init__(self, records: int, words: int, seed: int) -> None:
        self._lines = _lines(records, words, seed)
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and (line := next(self._lines, None)):
            self._ready = line
        data, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def _lines(records: int, words: int, seed: int) -> Iterator[bytes]:
    chance = random.Random(seed)  # noqa: S311  nothing secret
    vocabulary = ["".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(20_000)]
    phrases = [" ".join(chance.choices(vocabulary, k=_PHRASE_WORDS)) for _ in range(20_000)]
    line = b""
    for number in range(records):
        if number % 100 or not line:
            year, month, serial = 2007 + number // 120_000, 1 + number // 10_000 % 12, number % 10_000
            record = {
                "id": f"{year % 100:02}{month:02}.{serial:05}",
                "title": " ".join(chance.choices(vocabulary, k=_TITLE_WORDS)),
                "authors_parsed": [["Doe", "Jane", ""], ["Roe", "John", ""]],
                "categories": "cs.CL cs.LG",
                "abstract": " ".join(chance.choices(phrases, k=words // _PHRASE_WORDS)) + f" by {number} percent.",
                "update_date": f"{year}-{month:02}-01",
            }
            line = json.dumps(record).encode() + b"\n"
        yield line


def measure_reading(records: int, words: int = 150, seed: int = 0) -> ReadingReport:
    """Reads a made-up snapshot of so many records with so many words each, and tells duplicates; keeps no record.

    Says on standard error how far it is.
    """
    file = SourceFile("snapshot.jsonl", lambda: io.BufferedReader(_Snapshot(records, words, seed)))
    began = perf_counter()
    papers = duplicates = 0
    memory = []
    for found in unique(read_file(file, CorpusSettings())):
        if isinstance(found, Rejection):
            raise AssertionError(f"made records are whole: {found}")
        if isinstance(found[0], Paper):
            papers += 1
        else:
            duplicates += 1
        if (papers + duplicates) % max(1, records // _STEPS) == 0:
            memory.append(_memory("VmRSS"))
            sys.stderr.write(f"{papers + duplicates:,} records, {memory[-1] / 1e6:.0f} MB\n")
    return ReadingReport(records, papers, duplicates, perf_counter() - began, tuple(memory), _memory("VmHWM"))


def _memory(field: str) -> int:
    """Bytes of memory of this process, as the system calls them; where it doesn't say, the most that it had.

    The most that ``getrusage`` tells of counts in what the parent had before this process was its own.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        found = next(line for line in status.read_text().splitlines() if line.startswith(f"{field}:"))
        return 1024 * int(found.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Measure how fast papers are read, and in how much memory.")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=150, help="in an abstract")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="JSON on standard output")
    arguments = parser.parse_args()
    report = measure_reading(arguments.records, arguments.words, arguments.seed)
    made = {"memory": report.memory, "peak": report.peak, "papers": report.papers}
    sys.stdout.write((json.dumps(made) if arguments.json else report.table()) + "\n")


if __name__ == "__main__":
    main()
