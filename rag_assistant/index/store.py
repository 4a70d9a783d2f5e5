"""The durable store that an index is built from, and can always be rebuilt from.

It keeps the papers, each paper's original words, the vector of every text that was ever embedded, and a report of each
ingest.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from rag_assistant.errors import PaperNotFoundError
from rag_assistant.index.catalog import COLUMNS, PAPERS, check_pages, content_digest, mapped, paper_of, paper_row
from rag_assistant.index.embed import Vectors
from rag_assistant.records import IngestReport, Paper, Source

_STORE = """
create table if not exists originals (id text primary key, title text not null, abstract text not null);
create table if not exists vectors (key blob primary key, vector blob not null);
create table if not exists ingests (number integer primary key, at text not null, report text not null);
"""
_REPORTS_KEPT = 100
_INSERT = f"insert into papers ({COLUMNS}) values ({', '.join('?' * 12)})"  # noqa: S608  column names of our own


class Store:
    """The durable store of a collection. One writer at a time, under the index's lock."""

    def __init__(self, path: Path) -> None:
        """Opens the store, making it where there is none.

        Raises:
            IndexWriteError: it can't be made or opened for writing.
            IndexDamagedError: the file is no store.
        """
        self._path = path
        with mapped(path):
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = normal")
            self._db.executescript(PAPERS + ";" + _STORE)
            if "categories" not in [row[1] for row in self._db.execute("pragma table_info(papers)")]:  # made before 0.2
                self._db.execute("alter table papers add column categories text not null default '[]'")

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def check(self, *, deep: bool) -> None:
        """Looks whether the file is whole; with ``deep`` all of it is read.

        Raises:
            IndexDamagedError: it is not.
        """
        if deep:
            check_pages(self._db, self._path)
        with mapped(self._path):
            for table in ("papers", "originals", "vectors", "ingests"):
                self._db.execute(f"select * from {table} order by rowid desc limit 1").fetchone()  # noqa: S608

    def papers(self) -> list[Paper]:
        """All papers, in the order in which they were first read."""
        with mapped(self._path):
            rows = self._db.execute(f"select {COLUMNS} from papers order by ordinal")  # noqa: S608
            return [paper_of(row) for row in rows]

    def merge(
        self, papers: Iterable[Paper], originals: Mapping[str, tuple[str, str]]
    ) -> tuple[list[str], list[str], list[str]]:
        """Adds what is new and replaces what has changed, in one transaction.

        Args:
            papers: as read.
            originals: title and abstract of each as they stand in their file, by paper id.

        Returns:
            The ids added, updated and unchanged.
        """
        known = {paper.id: paper for paper in self.papers()}
        added: list[str] = []
        updated: list[str] = []
        unchanged: list[str] = []
        with mapped(self._path), self._transaction():
            for paper in papers:
                before = known.get(paper.id)
                if before is None:
                    self._db.execute(_INSERT, paper_row(paper))
                    added.append(paper.id)
                else:
                    changed = content_digest(before) != content_digest(paper)
                    (updated if changed else unchanged).append(paper.id)
                    places = tuple(dict.fromkeys((*paper.source, *before.source)))
                    if not changed and places == before.source:
                        continue
                    row = (*paper_row(paper)[1:-1], json.dumps([asdict(place) for place in places], ensure_ascii=False))
                    self._db.execute(
                        "update papers set title=?, abstract=?, authors=?, year=?, published=?, url=?, doi=?, "
                        "arxiv_id=?, venue=?, categories=?, source=? where id=?",
                        (*row, paper.id),
                    )
                if paper.id in originals:
                    self._db.execute("replace into originals values (?, ?, ?)", (paper.id, *originals[paper.id]))
        return added, updated, unchanged

    def place(self, places: Mapping[str, tuple[Source, ...]]) -> None:
        """Replaces the places where papers were read, by paper id."""
        with mapped(self._path), self._transaction():
            for id_, some in places.items():
                text = json.dumps([asdict(place) for place in some], ensure_ascii=False)
                self._db.execute("update papers set source = ? where id = ?", (text, id_))

    def clean_again(self, clean: Callable[[str], str]) -> int:
        """Cleans titles and abstracts anew from their original words and returns how many papers have changed.

        A paper keeps its id: it is known by the one that it was given first.
        """
        rows = "select p.id, p.title, p.abstract, o.title, o.abstract from papers p join originals o on o.id = p.id"
        with mapped(self._path):
            changed = [
                (*now, id_)
                for id_, title, abstract, *original in self._db.execute(rows)
                if all(now := [clean(text) for text in original]) and now != [title, abstract]
            ]
            with self._transaction():
                self._db.executemany("update papers set title = ?, abstract = ? where id = ?", changed)
        return len(changed)

    def remove(self, ids: Iterable[str]) -> list[str]:
        """Removes papers and returns the ids that were there."""
        removed = []
        with mapped(self._path), self._transaction():
            for id_ in ids:
                if self._db.execute("delete from papers where id = ?", (id_,)).rowcount:
                    self._db.execute("delete from originals where id = ?", (id_,))
                    removed.append(id_)
        return removed

    def original(self, paper_id: str) -> tuple[str, str]:
        """Title and abstract as they stood in their file.

        Raises:
            PaperNotFoundError: there is no such paper.
        """
        with mapped(self._path):
            row = self._db.execute("select title, abstract from originals where id = ?", (paper_id,)).fetchone()
        if row is None:
            raise PaperNotFoundError(f"no paper {paper_id!r} in {self._path.parent}")
        return row[0], row[1]

    def vectors(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        """The vectors kept for those of the keys that have one."""
        found: dict[bytes, Vectors] = {}
        with mapped(self._path):
            for begin in range(0, len(keys), 500):
                some = keys[begin : begin + 500]
                marks = ", ".join("?" * len(some))
                query = f"select key, vector from vectors where key in ({marks})"  # noqa: S608  question marks only
                for key, blob in self._db.execute(query, some):
                    found[key] = np.frombuffer(blob, dtype=np.float32)
        return found

    def keep_vectors(self, vectors: Mapping[bytes, Vectors]) -> None:
        """Keeps vectors by key, in one transaction."""
        with mapped(self._path), self._transaction():
            self._db.executemany(
                "replace into vectors values (?, ?)", ((key, vector.tobytes()) for key, vector in vectors.items())
            )

    def vector_count(self) -> int:
        """How many vectors are kept."""
        with mapped(self._path):
            (count,) = self._db.execute("select count(*) from vectors").fetchone()
        return int(count)

    def forget_vectors(self, keep: Collection[bytes]) -> int:
        """Forgets all vectors but those of some keys, gives the space back, and returns how many are gone."""
        with mapped(self._path):
            known = [key for (key,) in self._db.execute("select key from vectors")]
            gone = [(key,) for key in known if key not in keep]
            with self._transaction():
                self._db.executemany("delete from vectors where key = ?", gone)
            if gone:
                self._db.execute("vacuum")
        return len(gone)

    def keep_report(self, report: IngestReport, at: str) -> None:
        """Keeps what an ingest did; ``at`` is an ISO 8601 time."""
        with mapped(self._path), self._transaction():
            text = json.dumps(asdict(report), ensure_ascii=False)
            number = self._db.execute("insert into ingests (at, report) values (?, ?)", (at, text)).lastrowid
            self._db.execute("delete from ingests where number <= ?", ((number or 0) - _REPORTS_KEPT,))

    def reports(self, last: int = 10) -> list[dict[str, Any]]:
        """The last ingests, the newest first, each with its ``number`` and its time ``at``."""
        with mapped(self._path):
            rows = self._db.execute("select number, at, report from ingests order by number desc limit ?", (last,))
            return [{"number": number, "at": at, **json.loads(report)} for number, at, report in rows]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")
