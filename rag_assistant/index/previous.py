"""What the generation in use can hand on to the next: everything about papers that have not changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag_assistant.errors import IndexDamagedError, IndexStoreError
from rag_assistant.index.catalog import Catalog
from rag_assistant.index.digests import require_whole
from rag_assistant.index.embed import EncoderCard
from rag_assistant.index.manifest import Manifest, check_card, check_settings, read_manifest
from rag_assistant.index.passages import PassageArrays
from rag_assistant.index.postings import TermLists
from rag_assistant.records import Paper
from rag_assistant.settings import Settings


class Previous:
    """One generation, its files compared byte for byte with what was written: damage is not handed on."""

    def __init__(self, folder: Path, settings: Settings, card: EncoderCard) -> None:
        """Opens it.

        Raises:
            IndexMismatchError: it was made otherwise.
            IndexDamagedError: its files are missing or damaged.
        """
        self.folder = folder
        self.manifest: Manifest = read_manifest(folder)
        check_settings(self.manifest, settings, folder.parent.parent)
        check_card(self.manifest, card, folder.parent.parent)
        require_whole(folder, deep=True)
        self.passages = PassageArrays.load(folder, self.manifest.passages, self.manifest.dimension)
        try:
            self.terms = TermLists.load(folder / "bm25")
        except (OSError, ValueError) as error:
            raise IndexDamagedError(f"{folder / 'bm25'} can't be read ({error})") from error
        self.first_passage = np.searchsorted(self.passages.table[:, 0], np.arange(self.manifest.papers + 1))

    def ordinals(self, papers: Sequence[Paper]) -> list[int | None]:
        """Each paper's ordinal in this generation, None for one that it lacks or has with other words."""
        catalog = Catalog(self.folder / "catalog.sqlite", self.passages.table)
        try:
            places = {paper.id: place for place, paper in enumerate(papers)}
            found: list[int | None] = [None] * len(papers)
            for ordinal, (id_, title, abstract) in enumerate(catalog.texts()):
                place = places.get(id_)
                if place is not None and papers[place].title == title and papers[place].abstract == abstract:
                    found[place] = ordinal
            return found
        finally:
            catalog.close()


def open_previous(folder: Path | None, settings: Settings, card: EncoderCard) -> Previous | None:
    """The generation in a folder, or None where it has nothing to hand on: then everything is made anew."""
    try:
        return None if folder is None else Previous(folder, settings, card)
    except IndexStoreError:
        return None
