"""Entries to papers, each paper once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rag_assistant.corpus.entry import Entry, Found
from rag_assistant.corpus.files import files
from rag_assistant.corpus.identity import to_paper
from rag_assistant.corpus.known import KnownPapers
from rag_assistant.corpus.meter import Meter, Watch
from rag_assistant.corpus.reading import read_files
from rag_assistant.corpus.source_file import SourceFile
from rag_assistant.records import Duplicate, Paper, Rejection, Source
from rag_assistant.settings import CorpusSettings

_FACTS = ("authors", "year", "published", "doi", "arxiv_id", "venue", "categories")


@dataclass(frozen=True, slots=True)
class Collection:
    """What a set of files holds: papers in the order in which they were first read, each with all its sources.

    ``originals`` has each paper's first entry, by paper id, with title and abstract as they stand in its file; a paper
    of an earlier reading of which only a near copy was met keeps what it had. ``entries`` counts what was read;
    ``files`` names the files that were opened for it.
    """

    papers: tuple[Paper, ...]
    originals: Mapping[str, Entry]
    duplicates: tuple[Duplicate, ...]
    rejected: tuple[Rejection, ...]
    entries: int
    files: tuple[str, ...]


def unique(
    found: Iterable[Found], known: Iterable[Paper] = ()
) -> Iterator[tuple[Paper | Duplicate, Entry] | Rejection]:
    """Papers as they first appear, each with its entry; a Duplicate, with its entry, for each one seen again.

    Memory does not grow with the papers that have passed.

    Args:
        found: what :func:`read_entries` yields.
        known: papers of earlier readings. One that is met again is yielded as a paper, under the id that it has; one
            whose text alone is met, under another title, has a Duplicate, and keeps its own words.

    Raises:
        CorpusError: the temporary folder, where what was met is kept, is full or can't be written.
    """
    papers = KnownPapers(known)
    try:
        for entry in found:
            if isinstance(entry, Rejection):
                yield entry
                continue
            paper = to_paper(entry)
            if paper is None:
                why = f"nothing readable is left of the title or the abstract: {entry.title[:80]!r}"
                yield Rejection(entry.source.file, entry.source.line, why)
                continue
            taken = papers.take(paper)
            if isinstance(taken, Paper):
                yield taken, entry
            elif taken.read or taken.near:
                yield Duplicate(entry.source, paper.title, taken.id, taken.reason, taken.near), entry
            else:
                yield replace(paper, id=taken.id), entry
    finally:
        papers.close()


def collect(
    paths: str | Path | Iterable[str | Path],
    settings: CorpusSettings | None = None,
    known: Iterable[Paper] = (),
    watch: Watch | None = None,
) -> Collection:
    """All papers of files, folders and globs, each once, with every place that it was read.

    What can't be read is in ``rejected``, by file and line, with the reason.

    Args:
        paths: one, or several.
        settings: the limits; None: the defaults.
        known: papers of earlier readings, so that a paper keeps its id when its title is mended or its file changes.
        watch: told how many bytes are read, and how many there are.

    Raises:
        CorpusError: the temporary folder, where what was met is kept, is full or can't be written.
    """
    settings = settings or CorpusSettings()
    papers: dict[str, Paper] = {}
    places: dict[str, list[Source]] = {}
    originals: dict[str, Entry] = {}
    duplicates: list[Duplicate] = []
    rejected: list[Rejection] = []
    earlier = {paper.id: paper for paper in known}
    given = [paths] if isinstance(paths, str | Path) else paths
    there = list(files(given, settings))
    read = [file for file in there if isinstance(file, SourceFile)]
    meter = Meter(sum(file.size for file in read), watch) if watch else None
    for item in unique(read_files(there, settings, meter), earlier.values()):
        if isinstance(item, Rejection):
            rejected.append(item)
            continue
        found, entry = item
        if isinstance(found, Duplicate):
            duplicates.append(found)
            id_ = found.paper_id
            papers[id_] = completed(papers.get(id_) or earlier[id_], entry)
        else:
            id_ = found.id
            papers[id_], originals[id_] = found, entry
        places.setdefault(id_, []).append(entry.source)
    return Collection(
        papers=tuple(replace(paper, source=tuple(places[id_])) for id_, paper in papers.items()),
        originals=originals,
        duplicates=tuple(duplicates),
        rejected=tuple(rejected),
        entries=sum(map(len, places.values())),
        files=tuple(file.name for file in read),
    )


def completed(paper: Paper, entry: Entry) -> Paper:
    """A paper with those facts of another entry for it that it lacks; title and abstract stay as they are."""
    lacks = [name for name in _FACTS if not getattr(paper, name) and getattr(entry, name)]
    other = to_paper(entry) if lacks or (entry.url and not paper.url) else None
    if other is None:
        return paper
    return replace(paper, **{name: getattr(other, name) for name in lacks}, url=paper.url or other.url)
