"""The papers met so far, kept so that the next entry can be told to be one of them.

They lie in a temporary SQLite database on disk (in the folder that ``SQLITE_TMPDIR`` names, else the system's), which
goes with the process: 0.5 kB a paper there, and a cache of fixed size in memory, so that memory does not grow with what
is read.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from rag_assistant.corpus.identity import normalised_title, paper_id
from rag_assistant.corpus.likeness import Likeness, likeness, nearly_the_same, same_subject
from rag_assistant.errors import CorpusError
from rag_assistant.records import Paper

# Of the papers under one title ("Untitled"), or with a common run of words, only so many are compared.
_CROWD = 50
# Keys in common that make two abstracts worth comparing; all of the text is one such key, and enough alone.
_ENOUGH = 2
_CACHE_KB = 4_096
_TABLES = """
pragma cache_size = -{cache};
pragma journal_mode = off;
pragma synchronous = off;
create table papers (
    number integer primary key, id text not null unique, title_key integer not null, title text not null, doi text,
    arxiv_id text, words blob not null, runs blob not null, text integer not null, numbers integer not null,
    read integer not null, files text not null
);
create index by_title on papers (title_key);
create table identifiers (name text primary key, number integer not null) without rowid;
create table keys (key integer, number integer, primary key (key, number)) without rowid;
"""
_COLUMNS = "number, id, title, doi, arxiv_id, words, runs, text, numbers, read, files"
_SAME = {"doi": "the same DOI", "arxiv_id": "the same arXiv id"}
SAME_TITLE = "the same title"
_FILES = "\n"


@dataclass(frozen=True, slots=True)
class Match:
    """A paper met before, why it is the one, and whether this reading has met it (or an earlier one did)."""

    id: str
    reason: str
    read: bool
    near: bool
    """Told by its text alone, its title being another."""


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    id: str
    title: str
    doi: str | None
    arxiv_id: str | None
    likeness: Likeness
    read: bool
    files: tuple[str, ...]


class KnownPapers:
    """Papers by identifier, by title and by the words of their abstracts: of earlier readings and of this one."""

    def __init__(self, earlier: Iterable[Paper] = ()) -> None:
        """Takes in the papers of earlier readings.

        Raises:
            CorpusError: the temporary folder is full or can't be written.
        """
        with _mapped():
            self._db = sqlite3.connect("", isolation_level=None)
            self._db.executescript(_TABLES.format(cache=_CACHE_KB))
            self._db.execute("begin")
            for paper in earlier:
                self._keep(paper, likeness(paper.abstract), read=False)

    def close(self) -> None:
        """Lets the temporary database go."""
        self._db.close()

    def take(self, paper: Paper) -> Match | Paper:
        """The paper that this one is, where it is known, its identifiers being learned; else the paper, now known too.

        A new paper that shares its title with another gets an id of its own.

        Raises:
            CorpusError: the temporary folder is full or can't be written.
        """
        mine = likeness(paper.abstract)
        with _mapped():
            found = self._find(paper, mine)
            if found is None:
                paper = self._with_own_id(paper)
                self._keep(paper, mine, read=True)
                return paper
            row, reason, near = found
            # An earlier paper whose text alone is like this one's may yet be met as itself.
            if not near or row.read:
                self._db.execute("update papers set read = 1 where number = ?", (row.number,))
            self._learn(paper, row.number)
            return Match(row.id, reason, row.read, near)

    def _with_own_id(self, paper: Paper) -> Paper:
        for more in (paper.doi or paper.arxiv_id or paper.abstract, paper.abstract):
            if not self._has(paper.id):
                break
            paper = replace(paper, id=paper_id(paper.title, f"\n{more}"))
        return paper

    def _has(self, id_: str) -> bool:
        return self._db.execute("select 1 from papers where id = ?", (id_,)).fetchone() is not None

    def _find(self, paper: Paper, mine: Likeness) -> tuple[_Row, str, bool] | None:
        title_key = _title_key(paper.title)
        rows = list(self._rows("title_key = ?", (title_key,)))
        alike_by_title = [row for row in rows if not _differ(paper, row)]
        identified = [(row, _SAME[kind]) for kind, row in self._identified(paper)]
        named = [*identified, *((row, SAME_TITLE) for row in alike_by_title)]
        for row, reason in named:
            if same_subject(mine, row.likeness):
                return row, reason, False
        near = [row for row in self._near(mine) if not _differ(paper, row)]
        for row in near:  # one of a crowd under that title
            if _title_key(row.title) == title_key and same_subject(mine, row.likeness):
                return row, SAME_TITLE, False
        # Rewritten where it stood: the title or an identifier is the same, and so is the file.
        file = paper.source[0].file
        for row, reason in named:
            if not row.read and file in row.files:
                return row, reason, False
        for row in near:
            if why := nearly_the_same(paper, mine, row.title, row.likeness):
                return row, why, True
        return None

    def _identified(self, paper: Paper) -> Iterator[tuple[str, _Row]]:
        for kind, name in (("doi", paper.doi), ("arxiv_id", paper.arxiv_id)):
            if name and (
                found := self._db.execute("select number from identifiers where name = ?", (name,)).fetchone()
            ):
                yield from ((kind, row) for row in self._rows("number = ?", found))

    def _near(self, mine: Likeness) -> Iterator[_Row]:
        """Papers that share a key with this one, those that share most first."""
        keys = mine.keys
        counts: dict[int, int] = {}
        for key in keys:
            some = self._db.execute("select number from keys where key = ? limit ?", (key, _CROWD + 1)).fetchall()
            if len(some) <= _CROWD:  # a run of words that so many have tells nothing
                for (number,) in some:
                    counts[number] = counts.get(number, 0) + (_ENOUGH if key == mine.text else 1)
        enough = [number for number, count in counts.items() if count >= _ENOUGH]
        for number in sorted(enough, key=lambda one: (-counts[one], one))[:_CROWD]:
            yield from self._rows("number = ?", (number,))

    def _rows(self, where: str, values: tuple[Any, ...]) -> Iterator[_Row]:
        query = f"select {_COLUMNS} from papers where {where} order by number limit {_CROWD}"  # noqa: S608  our own
        for row in self._db.execute(query, values).fetchall():
            number, id_, title, doi, arxiv_id, words, runs, text, numbers, read, files = row
            kept = Likeness(words, runs, text, numbers)
            places = tuple(files.split(_FILES)) if files else ()
            yield _Row(number, id_, title, doi, arxiv_id, kept, bool(read), places)

    def _learn(self, paper: Paper, number: int) -> None:
        for name in (paper.doi, paper.arxiv_id):
            if name:
                self._db.execute("insert or ignore into identifiers values (?, ?)", (name, number))

    def _keep(self, paper: Paper, mine: Likeness, *, read: bool) -> None:
        files = "" if read else _FILES.join(dict.fromkeys(place.file for place in paper.source))
        facts = (paper.id, _title_key(paper.title), paper.title, paper.doi, paper.arxiv_id)
        sketches = (mine.words, mine.runs, mine.text, mine.numbers, int(read), files)
        number = self._db.execute(
            "insert into papers (id, title_key, title, doi, arxiv_id, words, runs, text, numbers, read, files) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*facts, *sketches),
        ).lastrowid
        assert number is not None  # noqa: S101  a row was inserted
        self._db.executemany("insert or ignore into keys values (?, ?)", ((key, number) for key in mine.keys))
        self._learn(paper, number)


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise CorpusError(
            f"what was read can't be kept in the temporary folder ({error}): make room there, or set SQLITE_TMPDIR"
        ) from error


def _title_key(title: str) -> int:
    digest = hashlib.blake2b(normalised_title(title).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def _differ(paper: Paper, row: _Row) -> bool:
    """Whether an identifier that both have says that they are two."""
    pairs = ((paper.doi, row.doi), (paper.arxiv_id, row.arxiv_id))
    return any(one is not None and other is not None and one != other for one, other in pairs)
