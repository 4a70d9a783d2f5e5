"""What becomes of the places where papers were read, when their files are read again or taken out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag_assistant.corpus.collection import Collection
from rag_assistant.records import Paper, Source


@dataclass(frozen=True, slots=True)
class Places:
    """The places of papers of which they may have changed, by paper id, and the ids of papers that have none left."""

    changed: dict[str, tuple[Source, ...]]
    gone: tuple[str, ...]


def places_read(known: Sequence[Paper], collection: Collection, synced: Iterable[str] | None) -> Places:
    """The places after a reading: in a file that was read again, a paper stands where it was met and nowhere else.

    Args:
        known: the papers of earlier readings.
        collection: what was read.
        synced: files and folders from which papers that were not met are gone; None: those papers stay. Where a file or
            a part of it could not be read, they stay too.
    """
    unread = [one.file for one in collection.rejected if one.line is None or one.cut]
    met = {paper.id: paper.source for paper in collection.papers}
    changed: dict[str, tuple[Source, ...]] = {}
    gone = []
    read, kept = _Under([*collection.files, *(synced or ())]), _Under(unread)
    for paper in known:
        places = met.get(paper.id, ())
        if not places and synced is None:
            continue
        left = [
            place for place in paper.source if place in places or kept.holds(place.file) or not read.holds(place.file)
        ]
        now = tuple(dict.fromkeys((*left, *places)))  # the first one stays the first
        if now:
            changed[paper.id] = now
        else:
            gone.append(paper.id)
    return Places(changed, tuple(gone))


def places_without(known: Iterable[Paper], source: str) -> Places:
    """The places of papers when a file or folder is taken out."""
    taken = _Under([source])
    changed: dict[str, tuple[Source, ...]] = {}
    gone = []
    for paper in known:
        left = tuple(place for place in paper.source if not taken.holds(place.file))
        if not left:
            gone.append(paper.id)
        elif left != paper.source:
            changed[paper.id] = left
    return Places(changed, tuple(gone))


class _Under:
    """Whether a file is one of some, or lies in one of them: a folder or an archive. Compared as absolute paths."""

    def __init__(self, roots: Iterable[str]) -> None:
        self._roots = {os.path.abspath(os.path.expanduser(root)) for root in roots}  # noqa: PTH100, PTH111  links are not followed: names count
        self._known: dict[str, bool] = {}

    def holds(self, file: str) -> bool:
        if file not in self._known:
            path = os.path.abspath(file)  # noqa: PTH100
            while path not in self._roots and os.path.dirname(path) != path:  # noqa: PTH120
                path = os.path.dirname(path)  # noqa: PTH120
            self._known[file] = path in self._roots
        return self._known[file]
