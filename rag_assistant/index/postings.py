"""BM25 as arrays: every paper's terms, and from them the weight of each term in each paper, by term and by paper.

The terms of a paper are kept as numbers, so that an index in which few papers have changed cuts only those into terms.
What comes out does not depend on whether it was made at once or in steps: the vocabulary is sorted and holds no term
that no paper has.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

# Abstracts differ little in length, and where they do it says little: b lies below Lucene's 0.75 (docs/experiments.md).
K1, B = 1.2, 0.4

_ARRAYS = ("pointers", "indices", "data", "paper_pointers", "paper_terms", "paper_data")


@dataclass(frozen=True, slots=True)
class TermLists:
    """Every paper's terms, with repetitions.

    The terms of paper i are ``vocabulary[n]`` for n in ``numbers[pointers[i] : pointers[i + 1]]``. ``pointers`` is
    (papers + 1,), ``numbers`` (all terms of all papers,).
    """

    vocabulary: list[str]
    pointers: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int32]

    @classmethod
    def make(cls, papers: Sequence[Sequence[str] | int], before: TermLists | None = None) -> TermLists:
        """The lists of some papers, each given by its terms, or by its ordinal in the lists of ``before``."""
        known = {} if before is None else {term: number for number, term in enumerate(before.vocabulary)}
        pieces: list[npt.NDArray[np.int32]] = []
        for paper in papers:
            if isinstance(paper, int):
                if before is None:
                    raise ValueError(f"paper {paper} of no earlier lists")
                pieces.append(before.numbers[before.pointers[paper] : before.pointers[paper + 1]])
            else:
                pieces.append(np.array([known.setdefault(term, len(known)) for term in paper], dtype=np.int32))
        pointers = np.zeros(len(pieces) + 1, dtype=np.int64)
        np.cumsum([len(piece) for piece in pieces], out=pointers[1:])
        numbers = np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int32)
        terms = list(known)
        used = np.flatnonzero(np.bincount(numbers, minlength=len(terms))).tolist()
        used.sort(key=terms.__getitem__)
        renumbered = np.zeros(len(terms), dtype=np.int32)
        renumbered[used] = np.arange(len(used), dtype=np.int32)
        return cls([terms[number] for number in used], pointers, renumbered[numbers])

    @classmethod
    def load(cls, folder: Path) -> TermLists:
        """What ``save`` wrote, the arrays mapped into memory."""
        vocabulary: list[str] = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
        pointers, numbers = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("terms_of", "terms"))
        return cls(vocabulary, pointers, numbers)

    def save(self, folder: Path) -> None:
        """Writes the lists into a folder that is there."""
        text = json.dumps(self.vocabulary, ensure_ascii=False)
        (folder / "vocabulary.json").write_text(text, encoding="utf-8")
        np.save(folder / "terms_of.npy", self.pointers)
        np.save(folder / "terms.npy", self.numbers)


@dataclass(frozen=True, slots=True)
class Postings:
    """The BM25 weight of each term in each paper that has it.

    By term: term t stands in the papers ``indices[pointers[t] : pointers[t + 1]]``, ascending, with the weights
    ``data`` at the same places. By paper: paper p has ``paper_terms[paper_pointers[p] : paper_pointers[p + 1]]``,
    ascending, with the weights ``paper_data``.
    """

    pointers: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int32]
    data: npt.NDArray[np.float32]
    paper_pointers: npt.NDArray[np.int64]
    paper_terms: npt.NDArray[np.int32]
    paper_data: npt.NDArray[np.float32]

    @classmethod
    def make(cls, lists: TermLists) -> Postings:
        """The weights as Lucene has them (Kamphuis et al. 2020, "Which BM25 Do You Mean?", the "accurate" variant).

        With N papers, df of which have a term, and lengths l counted in terms, the weight of a term that stands tf
        times in a paper is ``ln(1 + (N - df + 0.5) / (df + 0.5)) * tf / (tf + K1 * (1 - B + B * l / mean(l)))``.
        """
        papers, size = len(lists.pointers) - 1, len(lists.vocabulary)
        lengths = np.diff(lists.pointers)
        owners = np.repeat(np.arange(papers, dtype=np.int64), lengths)
        # A term and a paper in one number, so that one sort counts how often each stands in each.
        pairs, counts = np.unique(lists.numbers.astype(np.int64) * papers + owners, return_counts=True)
        terms, indices = np.divmod(pairs, max(1, papers))
        pointers = np.searchsorted(terms, np.arange(size + 1))
        frequencies = np.diff(pointers)
        idf = np.log1p((papers - frequencies + 0.5) / (frequencies + 0.5))
        damping = K1 * (1 - B + B * lengths / max(1.0, float(lengths.mean()) if papers else 1.0))
        data = (idf[terms] * counts / (counts + damping[indices])).astype(np.float32)
        by_paper = np.argsort(indices, kind="stable")
        paper_pointers = np.zeros(papers + 1, dtype=np.int64)
        np.cumsum(np.bincount(indices, minlength=papers), out=paper_pointers[1:])
        return cls(
            pointers=pointers.astype(np.int64),
            indices=indices.astype(np.int32),
            data=data,
            paper_pointers=paper_pointers,
            paper_terms=terms[by_paper].astype(np.int32),
            paper_data=data[by_paper],
        )

    @classmethod
    def load(cls, folder: Path) -> Postings:
        """What ``save`` wrote, mapped into memory."""
        arrays: dict[str, Any] = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
        # Plain views: every slice of a memory map would be another memory map, at five times the price.
        return cls(**{name: np.asarray(array) for name, array in arrays.items()})

    def save(self, folder: Path) -> None:
        """Writes the weights into a folder that is there."""
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name))
