"""An index's own copy of its papers and passages, read a few rows at a time.

A paper is the same row here as in the durable store (``store.py``).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag_assistant.errors import IndexDamagedError, IndexWriteError, PaperNotFoundError
from rag_assistant.index.lexical import fold
from rag_assistant.records import Paper, Passage, Source

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PAPERS = """
create table if not exists papers (
    ordinal integer primary key, id text not null unique, title text not null, abstract text not null,
    authors text not null, year integer, published text, url text, doi text, arxiv_id text, venue text,
    categories text not null default '[]', source text not null
)"""
COLUMNS = "id, title, abstract, authors, year, published, url, doi, arxiv_id, venue, categories, source"


def paper_row(paper: Paper) -> tuple[Any, ...]:
    """A paper as a row of ``COLUMNS``."""
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
        json.dumps(paper.categories, ensure_ascii=False),
        json.dumps([asdict(source) for source in paper.source], ensure_ascii=False),
    )


def paper_of(row: Sequence[Any]) -> Paper:
    """The paper of a row of ``COLUMNS``."""
    id_, title, abstract, authors, year, published, url, doi, arxiv_id, venue, categories, source = row
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
        categories=tuple(json.loads(categories)),
    )


def content_digest(paper: Paper) -> str:
    """A digest of everything in a paper but where it was read."""
    return hashlib.sha256(json.dumps(paper_row(paper)[:-1]).encode()).hexdigest()


def papers_digest(papers: Iterable[Paper]) -> str:
    """A digest of a whole collection, whatever its order, with the places that its papers were read."""
    digest = hashlib.sha256()
    for line in sorted(f"{paper.id} {content_digest(paper)} {paper_row(paper)[-1]}\n" for paper in papers):
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


def write_catalog(path: Path, papers: Sequence[Paper]) -> None:
    """Writes an index's own copy of its papers, numbered from 0 in the order given."""
    with mapped(path), closing(sqlite3.connect(path)) as db:
        # Nobody reads the file before it is whole and verified.
        db.execute("pragma synchronous = off")
        db.execute("pragma journal_mode = off")
        db.execute(PAPERS)
        db.executemany(
            f"insert into papers (ordinal, {COLUMNS}) values ({', '.join('?' * 13)})",  # noqa: S608
            ((number, *paper_row(paper)) for number, paper in enumerate(papers)),
        )
        db.commit()


def check_pages(db: sqlite3.Connection, path: Path) -> None:
    """Has SQLite read a whole file and compare its parts.

    Raises:
        IndexDamagedError: they don't fit together.
    """
    with mapped(path):
        (found,) = db.execute("pragma integrity_check(1)").fetchone()
    if found != "ok":
        raise IndexDamagedError(f"{path} is damaged ({found}): run rag-assistant index rebuild")


class Catalog:
    """An index's papers and passages, read a few rows at a time; safe to use from several threads."""

    def __init__(self, path: Path, passages: npt.NDArray[np.int32]) -> None:
        """Opens what ``write_catalog`` wrote, read-only; ``passages`` is (passages, 3): paper, start, end."""
        self._path = path
        self._passages = passages
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
        query = f"select ordinal, {COLUMNS} from papers where ordinal in ({marks})"  # noqa: S608
        with mapped(self._path):
            return {row[0]: paper_of(row[1:]) for row in self._db.execute(query, [int(one) for one in ordinals])}

    def all_papers(self) -> Iterator[Paper]:
        """Every paper, in order."""
        with mapped(self._path):
            for row in self._db.execute(f"select {COLUMNS} from papers order by ordinal"):  # noqa: S608
                yield paper_of(row)

    def paper(self, paper_id: str) -> Paper:
        """One paper by its id.

        Raises:
            PaperNotFoundError: there is none.
        """
        with mapped(self._path):
            row = self._db.execute(f"select {COLUMNS} from papers where id = ?", (paper_id,)).fetchone()  # noqa: S608
        if row is None:
            raise PaperNotFoundError(f"no paper {paper_id!r} in the index")
        return paper_of(row)

    def select(self, where: str, values: Sequence[Any]) -> list[int]:
        """Ordinals of the papers that a condition holds for; ``where`` is SQL over columns, made by ``retrieve``."""
        with mapped(self._path):
            rows = self._db.execute(f"select ordinal from papers where {where} order by ordinal", values)  # noqa: S608
            return [row[0] for row in rows]

    def count(self, where: str = "1", values: Sequence[Any] = ()) -> int:
        """How many papers a condition holds for; see :meth:`select`."""
        with mapped(self._path):
            (found,) = self._db.execute(f"select count(*) from papers where {where}", values).fetchone()  # noqa: S608
        return int(found)

    def page(self, where: str, values: Sequence[Any], order: str, first: int, size: int) -> list[Paper]:
        """``size`` papers that a condition holds for, from the ``first`` on, counted from 0.

        Args:
            where: see :meth:`select`.
            values: for its question marks.
            order: SQL, such as ``year desc``; what it leaves equal stands as it was first read.
            first: how many to pass over.
            size: how many at most.
        """
        # Only ordinals are sorted: sorting whole rows of 100,000 papers would take seconds.
        chosen = f"select ordinal as here from papers where {where} order by {order}, ordinal limit ? offset ?"  # noqa: S608
        query = f"select {COLUMNS} from papers join ({chosen}) on here = ordinal order by {order}, ordinal"  # noqa: S608
        with mapped(self._path):
            return [paper_of(row) for row in self._db.execute(query, [*values, size, first])]

    def texts(self) -> Iterator[tuple[str, str, str]]:
        """Id, title and abstract of every paper, in order."""
        with mapped(self._path):
            yield from self._db.execute("select id, title, abstract from papers order by ordinal")

    def check(self) -> None:
        """Reads the whole file.

        Raises:
            IndexDamagedError: it is damaged.
        """
        check_pages(self._db, self._path)

    def passage(self, ordinal: int, paper: Paper) -> Passage:
        """One passage of a paper that was read already."""
        _, start, end = self._passages[ordinal].tolist()
        return Passage(f"{paper.id}:{start}-{end}", paper.id, paper.abstract[start:end], start, end)
