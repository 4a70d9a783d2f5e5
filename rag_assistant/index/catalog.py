"""Papers and passages as rows of SQLite: the durable store that an index is built from, and the copy inside an index.

Both keep a paper as the same row. The durable store also keeps each paper's original words, the vector of every text
that was ever embedded, and a report of each ingest.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from rag_assistant.errors import IndexDamagedError, IndexWriteError, PaperNotFoundError
from rag_assistant.index.embed import Vectors
from rag_assistant.index.lexical import fold
from rag_assistant.records import IngestReport, Paper, Passage, Source

_PAPERS = """
create table if not exists papers (
    ordinal integer primary key, id text not null unique, title text not null, abstract text not null,
    authors text not null, year integer, published text, url text, doi text, arxiv_id text, venue text,
    source text not null
)"""
_PASSAGES = """
create table passages (
    ordinal integer primary key, paper integer not null, start integer not null, "end" integer not null
)"""
_STORE = """
create table if not exists originals (id text primary key, title text not null, abstract text not null);
create table if not exists vectors (key blob primary key, vector blob not null);
create table if not exists ingests (number integer primary key, at text not null, report text not null);
"""
_COLUMNS = "id, title, abstract, authors, year, published, url, doi, arxiv_id, venue, source"
_INSERT = f"insert into papers ({_COLUMNS}) values ({', '.join('?' * 11)})"  # noqa: S608  column names of our own


def _row(paper: Paper) -> tuple[Any, ...]:
    return (
        paper.id,
        paper.title,
        paper.abstract,
        json.dumps(paper.authors, ensure_ascii=False),
        paper.year,
        paper.published,
        paper.url,
        paper.doi,
        paper.arxiv_id,
        paper.venue,
        json.dumps([asdict(source) for source in paper.source], ensure_ascii=False),
    )


def _paper(row: Sequence[Any]) -> Paper:
    id_, title, abstract, authors, year, published, url, doi, arxiv_id, venue, source = row
    return Paper(
        id=id_,
        title=title,
        abstract=abstract,
        authors=tuple(json.loads(authors)),
        year=year,
        published=published,
        url=url,
        doi=doi,
        arxiv_id=arxiv_id,
        venue=venue,
        source=tuple(Source(**place) for place in json.loads(source)),
    )


def content_digest(paper: Paper) -> str:
    """A digest of everything in a paper but where it was read."""
    return hashlib.sha256(json.dumps(_row(paper)[:-1]).encode()).hexdigest()


def papers_digest(papers: Iterable[Paper]) -> str:
    """A digest of a whole collection, whatever its order."""
    digest = hashlib.sha256()
    for line in sorted(f"{paper.id} {content_digest(paper)}\n" for paper in papers):
        digest.update(line.encode())
    return digest.hexdigest()


@contextmanager
def mapped(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into the package's own, with the file named."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if any(word in str(error) for word in ("disk is full", "readonly", "unable to open", "disk I/O")):
            raise IndexWriteError(f"{path} can't be opened or written: {error}") from error
        raise IndexDamagedError(f"{path} can't be read ({error}): run rag-assistant index rebuild") from error
    except sqlite3.DatabaseError as error:
        raise IndexDamagedError(f"{path} is damaged ({error}): run rag-assistant index rebuild") from error


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
            self._db.executescript(_PAPERS + ";" + _STORE)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def papers(self) -> list[Paper]:
        """All papers, in the order in which they were first read."""
        with mapped(self._path):
            rows = self._db.execute(f"select {_COLUMNS} from papers order by ordinal")  # noqa: S608
            return [_paper(row) for row in rows]

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
                    self._db.execute(_INSERT, _row(paper))
                    added.append(paper.id)
                else:
                    changed = content_digest(before) != content_digest(paper)
                    (updated if changed else unchanged).append(paper.id)
                    places = tuple(dict.fromkeys((*paper.source, *before.source)))
                    if not changed and places == before.source:
                        continue
                    row = (*_row(paper)[1:-1], json.dumps([asdict(place) for place in places], ensure_ascii=False))
                    self._db.execute(
                        "update papers set title=?, abstract=?, authors=?, year=?, published=?, url=?, doi=?, "
                        "arxiv_id=?, venue=?, source=? where id=?",
                        (*row, paper.id),
                    )
                if paper.id in originals:
                    self._db.execute("replace into originals values (?, ?, ?)", (paper.id, *originals[paper.id]))
        return added, updated, unchanged

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

    def keep_report(self, report: IngestReport, at: str) -> None:
        """Keeps what an ingest did; ``at`` is an ISO 8601 time."""
        with mapped(self._path), self._transaction():
            text = json.dumps(asdict(report), ensure_ascii=False)
            self._db.execute("insert into ingests (at, report) values (?, ?)", (at, text))

    def reports(self, last: int = 10) -> list[dict[str, Any]]:
        """The last ingests, the newest first, each with its time ``at``."""
        with mapped(self._path):
            rows = self._db.execute("select at, report from ingests order by number desc limit ?", (last,))
            return [{"at": at, **json.loads(report)} for at, report in rows]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")


def write_catalog(path: Path, papers: Sequence[Paper], passages: Sequence[Passage]) -> None:
    """Writes an index's own copy of its papers and passages, numbered from 0 in the order given."""
    numbers = {paper.id: number for number, paper in enumerate(papers)}
    with mapped(path):
        db = sqlite3.connect(path)
        db.execute(_PAPERS)
        db.execute(_PASSAGES)
        db.executemany(
            f"insert into papers (ordinal, {_COLUMNS}) values ({', '.join('?' * 12)})",  # noqa: S608
            ((number, *_row(paper)) for number, paper in enumerate(papers)),
        )
        db.executemany(
            "insert into passages values (?, ?, ?, ?)",
            (
                (number, numbers[passage.paper_id], passage.start, passage.end)
                for number, passage in enumerate(passages)
            ),
        )
        db.commit()
        db.close()


class Catalog:
    """An index's papers and passages, read a few rows at a time; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Opens what ``write_catalog`` wrote, read-only."""
        self._path = path
        with mapped(path):
            # immutable: nobody writes a finished generation, so no lock files are needed beside it.
            uri = f"file:{path.resolve().as_posix().replace('?', '%3f').replace('#', '%23')}?mode=ro&immutable=1"
            self._db = sqlite3.connect(uri, uri=True, check_same_thread=False)
            # For conditions on text: SQLite's own lower() knows ASCII alone.
            self._db.create_function("fold", 1, lambda text: fold(text or ""), deterministic=True)
            self._db.execute("select 1 from papers limit 1")

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def papers(self, ordinals: Sequence[int]) -> dict[int, Paper]:
        """Papers by ordinal."""
        marks = ", ".join("?" * len(ordinals))
        query = f"select ordinal, {_COLUMNS} from papers where ordinal in ({marks})"  # noqa: S608
        with mapped(self._path):
            return {row[0]: _paper(row[1:]) for row in self._db.execute(query, [int(one) for one in ordinals])}

    def all_papers(self) -> Iterator[Paper]:
        """Every paper, in order."""
        with mapped(self._path):
            for row in self._db.execute(f"select {_COLUMNS} from papers order by ordinal"):  # noqa: S608
                yield _paper(row)

    def paper(self, paper_id: str) -> Paper:
        """One paper by its id.

        Raises:
            PaperNotFoundError: there is none.
        """
        with mapped(self._path):
            row = self._db.execute(f"select {_COLUMNS} from papers where id = ?", (paper_id,)).fetchone()  # noqa: S608
        if row is None:
            raise PaperNotFoundError(f"no paper {paper_id!r} in the index")
        return _paper(row)

    def select(self, where: str, values: Sequence[Any]) -> list[int]:
        """Ordinals of the papers that a condition holds for; ``where`` is SQL over columns, made by ``retrieve``."""
        with mapped(self._path):
            rows = self._db.execute(f"select ordinal from papers where {where} order by ordinal", values)  # noqa: S608
            return [row[0] for row in rows]

    def passage(self, ordinal: int, paper: Paper) -> Passage:
        """One passage of a paper that was read already."""
        with mapped(self._path):
            start, end = self._db.execute(
                'select start, "end" from passages where ordinal = ?', (int(ordinal),)
            ).fetchone()
        return Passage(f"{paper.id}:{start}-{end}", paper.id, paper.abstract[start:end], start, end)

    def passage_papers(self) -> Any:
        """(passages,) the ordinal of each passage's paper, int32."""
        with mapped(self._path):
            rows = self._db.execute("select paper from passages order by ordinal").fetchall()
        return np.array([row[0] for row in rows], dtype=np.int32)
