"""The pairs that the cross-encoder learns from: read, weighed and put in batches."""

from __future__ import annotations

import difflib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rag_assistant.evaluate import verifier_examples as examples
from rag_assistant.evaluate.verifier_examples import Example
from rag_assistant.index.cross_encoder import PairTokenizer
from rag_assistant.verify.coverage import align
from rag_assistant.verify.cross_encoding import evidence_for
from rag_assistant.verify.reading import read_sentence, read_source

_BATCH = 32
_ABSTRACTS = 400  # SciFact abstracts an epoch
_FAULTS_EACH = 3  # faults kept of each sentence, beside its supported forms
_PUBLIC, _CASES = 1.5, 2.0  # weights beside the examples made by rule
_TWICE = 1  # how often an epoch has each case
_RIVAL = 0.5  # weight of a true sentence that stands in for comparison, beside that of the false one


@dataclass(frozen=True, slots=True)
class Files:
    """Where the material lies."""

    papers: list[Path]
    digests: Path
    scifact: Path
    healthver: Path
    wice: Path
    pubmedqa: Path
    cases: list[Path]
    lessons: list[Path]


@dataclass(frozen=True, slots=True)
class Pair:
    """An example as it goes into the model; ``at_fault`` tells each word piece of the sentence, where it is known.

    ``rival`` is, of a sentence with a fault, the true one that it was made of, against the same passage.
    """

    ids: list[int]
    said: int  # word pieces of the sentence, which stand after the first special one
    supported: bool
    weight: float
    at_fault: list[bool] | None
    kind: str
    rival: Pair | None = None


def pair_of(example: Example, tokenizer: PairTokenizer, weight: float = 1.0) -> Pair:
    """Reads an example as the verifier does when it checks."""
    source = read_source((example.passage,))
    alignment = align(read_sentence(example.sentence), source)
    ids, said, spans = tokenizer.pair(example.sentence, evidence_for(alignment, source))
    at_fault, rival = None, None
    if example.supported:
        at_fault = [False] * said
    elif example.base and "wrong_source" not in example.kind:
        wrong = _changed(example.base, example.sentence)
        at_fault = [any(start < right and left < end for left, right in wrong) for start, end in spans]
        if not any(at_fault):
            at_fault = None
        if example.kind.startswith("case "):  # of faults by rule the true forms are learned from anyway
            rival = pair_of(replace(example, sentence=example.base, supported=True), tokenizer, weight * _RIVAL)
    return Pair(ids, said, example.supported, weight, at_fault, example.kind, rival)


def _changed(base: str, sentence: str) -> list[tuple[int, int]]:
    """Where a sentence differs from the one it was made of; where words are gone, their neighbours."""
    old, new = base.split(), sentence.split()
    ends: list[int] = []
    place = 0
    for word in new:
        place = sentence.index(word, place) + len(word)
        ends.append(place)
    found = []
    for tag, _, _, left, right in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if tag == "delete":
            left, right = max(0, left - 1), min(len(new), left + 1)
        found += [(ends[at] - len(new[at]), ends[at]) for at in range(left, right)]
    return found


class Material:
    """All that the adapter learns from."""

    def __init__(self, given: Files) -> None:
        papers = examples.read_papers(given.papers)
        self._digests = examples.read_digests(given.digests)
        self._papers = [one for one in papers if examples.part_of(one[0]) == "cross_encoder"]
        self._tested = [one for one in papers if examples.part_of(one[0]) == "trees"]
        self._cases = [
            *examples.from_cases(given.cases, papers, given.scifact),
            *examples.from_cases(given.lessons, papers, given.scifact, "cross_encoder"),
        ]
        self._abstracts = examples.free_abstracts(given.scifact, "cross_encoder")
        public = [
            *examples.from_scifact(given.scifact, "train"),
            *examples.from_pairs(given.healthver, lambda one: str(one["topic_ip"])),
            *examples.from_pairs(given.wice),
            *examples.from_pubmedqa(given.pubmedqa),
        ]
        self._public = [one for one in public if one.part == "cross_encoder"]

    def epoch(self, seed: int) -> list[tuple[Example, float]]:
        """The examples of one epoch, each with its weight; the faults are others each time."""
        chance = random.Random(seed)  # noqa: S311 - no secret depends on it
        abstracts = chance.sample(self._abstracts, min(_ABSTRACTS, len(self._abstracts)))
        made = _thinned(examples.from_digests(self._papers, self._digests, seed), chance)
        made += _thinned(examples.from_abstracts(self._papers, seed), chance)
        made += _thinned(examples.from_abstracts(abstracts, seed, 2), chance)
        mine = _TWICE * [(one, _CASES) for one in self._cases if one.part == "cross_encoder"]
        return [*((one, 1.0) for one in made), *((one, _PUBLIC) for one in self._public), *mine]

    def tested(self) -> list[Example]:
        """Examples of papers that the adapter isn't trained on."""
        made = list(examples.from_digests(self._tested, self._digests, 1))
        chance = random.Random(1)  # noqa: S311 - no secret depends on it
        drawn = chance.sample(made, min(1_200, len(made)))
        return [*drawn, *(one for one in self._cases if one.part == "trees")]


def _thinned(made: Iterator[Example], chance: random.Random) -> list[Example]:
    """Of each sentence its supported forms and a few of its faults."""
    kept: list[Example] = []
    faults: list[Example] = []
    for example in made:
        if example.supported:
            kept += chance.sample(faults, min(_FAULTS_EACH, len(faults)))
            faults = []
            kept.append(example)
        else:
            faults.append(example)
    return kept + chance.sample(faults, min(_FAULTS_EACH, len(faults)))


def balanced(drawn: Sequence[tuple[Example, float]]) -> list[float]:
    """Weights by which supported and unsupported examples weigh the same, and 1 on average."""
    total = {True: 0.0, False: 0.0}
    for example, weight in drawn:
        total[example.supported] += weight
    mean = (total[True] + total[False]) / 2
    scale = len(drawn) / (2 * mean)
    return [weight * scale * mean / total[example.supported] for example, weight in drawn]


def batches_of(drawn: Sequence[tuple[Example, float]], tokenizer: PairTokenizer, seed: int) -> list[list[Pair]]:
    """Batches of pairs of like length, in an order by chance."""
    weights = balanced(drawn)
    pairs = [pair_of(example, tokenizer, weight) for (example, _), weight in zip(drawn, weights, strict=True)]
    chance = random.Random(seed)  # noqa: S311 - no secret depends on it
    chance.shuffle(pairs)
    batches = []
    for begin in range(0, len(pairs), 50 * _BATCH):
        pool = sorted(pairs[begin : begin + 50 * _BATCH], key=lambda one: len(one.ids))
        batches += list(_filled(pool))
    chance.shuffle(batches)
    return batches


def _filled(pool: Sequence[Pair]) -> Iterator[list[Pair]]:
    """Batches of at most ``_BATCH`` pairs, each right after its rival."""
    batch: list[Pair] = []
    for pair in pool:
        together = [pair.rival, pair] if pair.rival is not None else [pair]
        if len(batch) + len(together) > _BATCH:
            yield batch
            batch = []
        batch += together
    if batch:
        yield batch
