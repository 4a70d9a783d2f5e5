"""Entries to papers, each paper once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rag_assistant.corpus.entry import Entry, Found
from rag_assistant.corpus.identity import alike, normalised_title, paper_id, sketch, to_paper
from rag_assistant.corpus.reading import read_entries
from rag_assistant.records import Duplicate, Paper, Rejection, Source
from rag_assistant.settings import CorpusSettings

_FACTS = ("authors", "year", "published", "doi", "arxiv_id", "venue")
_CROWD = (
    50  # of the papers that share one title ("Untitled"), only so many are compared; of the rest, exact copies show
)


@dataclass(frozen=True, slots=True)
class Collection:
    """What a set of files holds: papers in the order in which they were first read, each with all its sources.

    ``originals`` has each paper's first entry, by paper id, with title and abstract as they stand in its file.
    ``entries`` counts what was read: ``len(papers) + len(duplicates)``.
    """

    papers: tuple[Paper, ...]
    originals: Mapping[str, Entry]
    duplicates: tuple[Duplicate, ...]
    rejected: tuple[Rejection, ...]
    entries: int


class _Known:
    """What is kept of each paper to know it again; ``read`` is whether this reading has met it."""

    __slots__ = ("arxiv_id", "doi", "files", "id", "read", "sketch")

    def __init__(self, paper: Paper, *, read: bool) -> None:
        self.id, self.doi, self.arxiv_id, self.read = paper.id, paper.doi, paper.arxiv_id, read
        self.sketch = sketch(paper.abstract)
        self.files = () if read else tuple({place.file for place in paper.source})


class _Identities:
    """Papers by identifier and by title: those read before (``known``), and those met in this reading."""

    def __init__(self, known: Iterable[Paper]) -> None:
        self._by_identifier: dict[str, _Known] = {}
        self._by_title: dict[str, list[_Known]] = {}
        self._ids: set[str] = set()
        for paper in known:
            self._keep(paper, _Known(paper, read=False))

    def find(self, paper: Paper) -> _Known | None:
        """The paper that this one is, where it is known."""
        candidates = self._candidates(paper)
        if not candidates:
            return None
        abstract, file = sketch(paper.abstract), paper.source[0].file
        for one in candidates:
            if alike(abstract, one.sketch):
                return one
        # Rewritten where it stood: the title is the same, and so is the file.
        return next((one for one in candidates if not one.read and file in one.files), None)

    def _candidates(self, paper: Paper) -> list[_Known]:
        """Papers with the same identifier, then those with the same title and no other identifier."""
        same = [known for name in _identifiers(paper) if (known := self._by_identifier.get(name))]
        title = normalised_title(paper.title)
        with_title = self._by_title.get(title, [])
        if len(with_title) >= _CROWD and (exact := self._by_identifier.get(_text_key(title, sketch(paper.abstract)))):
            same.append(exact)
        same += [
            known
            for known in with_title[:_CROWD]
            if not _differ(paper.doi, known.doi) and not _differ(paper.arxiv_id, known.arxiv_id)
        ]
        return same

    def meet(self, paper: Paper, known: _Known) -> None:
        """Learns from one more entry of a known paper."""
        known.read = True
        for name in _identifiers(paper):
            self._by_identifier.setdefault(name, known)

    def add(self, paper: Paper) -> Paper:
        """Takes a new paper in; one that shares its title with another gets an id of its own."""
        if paper.id in self._ids:
            paper = replace(paper, id=paper_id(paper.title, f"\n{paper.doi or paper.arxiv_id or paper.abstract}"))
        self._keep(paper, _Known(paper, read=True))
        return paper

    def _keep(self, paper: Paper, known: _Known) -> None:
        self._ids.add(paper.id)
        title = normalised_title(paper.title)
        with_title = self._by_title.setdefault(title, [])
        with_title.append(known)
        if len(with_title) > _CROWD:
            self._by_identifier.setdefault(_text_key(title, known.sketch), known)
        for name in _identifiers(paper):
            self._by_identifier.setdefault(name, known)


def _text_key(title: str, abstract: bytes) -> str:
    return f"{title} {abstract.hex()}"


def _identifiers(paper: Paper) -> list[str]:
    return [name for name in (paper.doi, paper.arxiv_id) if name]


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def unique(
    found: Iterable[Found], known: Iterable[Paper] = ()
) -> Iterator[tuple[Paper | Duplicate, Entry] | Rejection]:
    """Papers as they first appear, each with its entry; a Duplicate, with its entry, for each one seen again.

    What is kept of a paper that has passed is its identity only.

    Args:
        found: what :func:`read_entries` yields.
        known: papers of earlier readings. One that is met again is yielded as a paper, under the id that it has.
    """
    identities = _Identities(known)
    for entry in found:
        if isinstance(entry, Rejection):
            yield entry
            continue
        paper = to_paper(entry)
        if paper is None:
            why = f"nothing readable is left of the title or the abstract: {entry.title[:80]!r}"
            yield Rejection(entry.source.file, entry.source.line, why)
            continue
        same = identities.find(paper)
        if same is None:
            yield identities.add(paper), entry
            continue
        met = same.read
        identities.meet(paper, same)
        yield (Duplicate(entry.source, paper.title, same.id) if met else replace(paper, id=same.id)), entry


def collect(
    paths: str | Path | Iterable[str | Path], settings: CorpusSettings | None = None, known: Iterable[Paper] = ()
) -> Collection:
    """All papers of files, folders and globs, each once, with every place that it was read.

    Never raises for what the files hold: what can't be read is in ``rejected``, by file and line, with the reason.

    Args:
        paths: one, or several.
        settings: the limits; None: the defaults.
        known: papers of earlier readings, so that a paper keeps its id when its title is mended or its file changes.
    """
    settings = settings or CorpusSettings()
    papers: dict[str, Paper] = {}
    places: dict[str, list[Source]] = {}
    originals: dict[str, Entry] = {}
    duplicates: list[Duplicate] = []
    rejected: list[Rejection] = []
    for item in unique(read_entries([paths] if isinstance(paths, str | Path) else paths, settings), known):
        if isinstance(item, Rejection):
            rejected.append(item)
            continue
        found, entry = item
        if isinstance(found, Duplicate):
            duplicates.append(found)
            places[found.paper_id].append(entry.source)
            papers[found.paper_id] = completed(papers[found.paper_id], entry)
        else:
            papers[found.id], originals[found.id], places[found.id] = found, entry, [entry.source]
    return Collection(
        papers=tuple(replace(paper, source=tuple(places[id_])) for id_, paper in papers.items()),
        originals=originals,
        duplicates=tuple(duplicates),
        rejected=tuple(rejected),
        entries=len(papers) + len(duplicates),
    )


def completed(paper: Paper, entry: Entry) -> Paper:
    """A paper with those facts of another entry for it that it lacks; title and abstract stay as they are."""
    lacks = [name for name in _FACTS if not getattr(paper, name) and getattr(entry, name)]
    other = to_paper(entry) if lacks or (entry.url and not paper.url) else None
    if other is None:
        return paper
    return replace(paper, **{name: getattr(other, name) for name in lacks}, url=paper.url or other.url)
