"""Makes the two tables of words that the verifier looks words up in.

    python -m rag_assistant.evaluate.word_tables --papers ABSTRACTS.jsonl --scifact DIR --out FOLDER

``rarity.json``: how rare each ordinary word's stem is in scientific abstracts, of the field's and of SciFact's,
whichever has it more often; names and what hardly an abstract has are left out. ``meaning.npz``: a small vector for
each stem, distilled from the bundled sentence encoder's vectors of its most frequent forms, for words that mean
something alike. Two minutes on the CPU.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag_assistant.evaluate.verifier_examples import read_papers, scifact_abstracts
from rag_assistant.index.embed import load_encoder
from rag_assistant.settings import DEFAULT_MODEL
from rag_assistant.verify.words import words_of

_LEAST = 3  # abstracts that a stem must stand in
_SELDOM = 1e-3  # the least share of abstracts that have an ordinary word
_ORDINARY = 0.5  # the least share of a word's places where it is written in lower case
_SCALE = 4.0  # a rarity of 1 is one abstract in 10 ** _SCALE
_STEPS = 10
_FORMS, _SIZE, _LENGTH = 3, 64, 254


def shares_of(collections: Sequence[Sequence[str]]) -> dict[str, float]:
    """For each stem the share of texts, from 0 to 1, that have it, in the collection that has it most often.

    Names are left out: what is mostly written with a capital or a digit.
    """
    shares: dict[str, float] = {}
    total, plain, written = Counter[str](), Counter[str](), Counter[str]()
    for texts in collections:
        counted = Counter[str]()
        for text in texts:
            words = words_of(text)
            counted.update({word.stem for word in words})
            written.update(word.stem for word in words)
            plain.update(word.stem for word in words if word.text.islower() and word.text.isalpha())
        total.update(counted)
        for stem, count in counted.items():
            shares[stem] = max(shares.get(stem, 0.0), count / len(texts))
    return {
        stem: share
        for stem, share in shares.items()
        if total[stem] >= _LEAST and plain[stem] >= _ORDINARY * written[stem] and len(stem) > 1
    }


def rarity_table(shares: dict[str, float]) -> dict[str, object]:
    """The contents of ``rarity.json``."""
    groups: dict[int, list[str]] = {}
    for stem, share in shares.items():
        if share >= _SELDOM:
            groups.setdefault(math.ceil(-_STEPS * math.log10(share) / _SCALE - 0.2), []).append(stem)
    about = (
        "Stems of ordinary words by how rare they are in scientific abstracts: key / 10 is -log(share of abstracts) on "
        "a scale where 1 is 1 in 10,000. Made by python -m rag_assistant.evaluate.word_tables."
    )
    return {"about": about, "stems": {str(key): " ".join(sorted(groups[key])) for key in sorted(groups)}}


def meanings(forms: dict[str, Counter[str]]) -> tuple[list[str], npt.NDArray[np.int8]]:
    """The stems in order, and (stems, 64) vectors as ``meaning.npz`` keeps them.

    Args:
        forms: for each stem how often each of its forms stands in the collections.
    """
    encoder = load_encoder(DEFAULT_MODEL)
    stems = sorted(forms)
    words = [[form for form, _ in forms[stem].most_common(_FORMS)] for stem in stems]
    spread = encoder.encode_passages([word for group in words for word in group])
    vectors = np.empty((len(stems), spread.shape[1]), dtype=np.float32)
    begin = 0
    for row, group in enumerate(words):
        vectors[row] = spread[begin : begin + len(group)].mean(axis=0)
        begin += len(group)
    vectors -= vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(vectors, full_matrices=False)
    small = vectors @ axes[1 : _SIZE + 1].T  # the first component is mostly how frequent a word is
    small /= np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-6)
    return stems, np.clip(np.round(small * _LENGTH), -127, 127).astype(np.int8)


def forms_of(texts: Iterable[str], stems: Iterable[str]) -> dict[str, Counter[str]]:
    """For each of the stems that carry meaning, how often each of its forms stands in the texts."""
    wanted = set(stems)
    found: dict[str, Counter[str]] = {}
    for text in texts:
        for word in words_of(text):
            if word.stem in wanted and word.is_content:
                found.setdefault(word.stem, Counter())[word.lower] += 1
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Makes both tables."""
    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.word_tables", description=__doc__)
    parser.add_argument("--papers", type=Path, required=True)
    parser.add_argument("--scifact", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="the folder of both files")
    given = parser.parse_args(arguments)
    collections = [
        [f"{title} {abstract}" for title, abstract in read_papers([given.papers])],
        [f"{title} {' '.join(text)}" for _, title, text in scifact_abstracts(given.scifact)],
    ]
    shares = shares_of(collections)
    table = json.dumps(rarity_table(shares), indent=1, ensure_ascii=False)
    (given.out / "rarity.json").write_text(table + "\n", "utf-8")
    stems, vectors = meanings(forms_of((text for texts in collections for text in texts), shares))
    np.savez_compressed(given.out / "meaning.npz", stems=np.array(" ".join(stems)), vectors=vectors)
    sys.stdout.write(f"{len(shares):,} stems, {len(stems):,} with vectors\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
