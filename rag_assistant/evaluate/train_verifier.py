"""Trains the verifier's model and writes its numbers.

    python -m rag_assistant.evaluate.train_verifier --papers ABSTRACTS.jsonl --scifact DIR --wice FILE \\
        --cases evals/verifier.jsonl --out model.json

``ABSTRACTS.jsonl`` has a title and an abstract a line. The supported sentences are those of the digests bundled with
the package, which say in other words what these abstracts say; the unsupported ones are made from them by rule, one
fault each (:mod:`corruptions`). One paper in three, by a hash of its title, is kept out of training and reported on.
Needs scikit-learn, which the package itself doesn't.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_assistant.evaluate import corruptions
from rag_assistant.evaluate.cases import title_key
from rag_assistant.evaluate.verifier import load_verifier_cases
from rag_assistant.sentences import sentences
from rag_assistant.verify import signals
from rag_assistant.verify.figures import figures_of
from rag_assistant.verify.names import names_of
from rag_assistant.verify.reading import read_sentence, read_source
from rag_assistant.verify.words import words_of

# Signals of which more can only speak for (1) or against (-1) a sentence: the trees are held to that.
_SPEAKS = {
    **dict.fromkeys(
        "best coverage coverage_anywhere coverage_literal pairs figures_context names_context names_near "
        "agreement".split(),
        1,
    ),
    **dict.fromkeys(
        "missing missing_most missing_literal gap figures_lacking figures_loose figures_misplaced figures_repeated "
        "counts_at_odds figures_crossed names_lacking names_misplaced subject_absent said_not source_not hindered "
        "direction opposite "
        "valence_clash swapped order_inverted beyond beyond_near hedges".split(),
        -1,
    ),
}
_ROUNDS, _DEPTH, _RATE, _LEAF = 150, 4, 0.08, 30
# How much SciFact and WiCE weigh beside the digests, whose manner is that of answers.
_PUBLIC_WEIGHT = 0.7


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence, the passage it is held against, whether that bears it out, and of what kind the case is."""

    sentence: str
    passage: str
    supported: bool
    kind: str
    paper: str = ""


def is_kept_out(title: str) -> bool:
    """Whether a paper is one of the third that training never sees."""
    return int(hashlib.sha256(title_key(title).encode()).hexdigest(), 16) % 3 == 0


def from_digests(papers: Sequence[tuple[str, str]], digests: dict[str, str], seed: int = 0) -> Iterator[Example]:
    """Sentences of digests, as they are and with one fault each, against the abstracts that they digest.

    Args:
        papers: titles and abstracts.
        digests: by the key of their title.
        seed: of all chance.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret depends on it
    known = [(title, abstract, digests[title_key(title)]) for title, abstract in papers if title_key(title) in digests]
    nearest = _nearest([f"{title} {abstract}" for title, abstract, _ in known])
    names = sorted({name.text for _, _, digest in known for name in names_of(digest) if len(name.text) > 2})
    clauses = [
        (place, clause)
        for place, (_, _, digest) in enumerate(known)
        for sentence in sentences(digest)
        for clause in corruptions.clauses_of(sentence)
    ]
    for place, (title, abstract, digest) in enumerate(known):
        passage = f"{title}\n{abstract}"
        figures = figures_of(abstract)
        own = sorted({name.text for name in names_of(abstract)})
        strangers = [name for name in names if name.lower() not in passage.lower()]
        for sentence in sentences(digest):
            yield Example(sentence, passage, True, "paraphrase", title)
            said = corruptions.reformat_figure(sentence, chance)
            if said:
                yield Example(said, passage, True, "reformatted", title)
            short = _first_clause(sentence)
            if short:
                yield Example(short, passage, True, "compressed", title)
            base = said if said and chance.random() < 0.3 else sentence
            base = short if short and chance.random() < 0.4 else base
            foreign = [
                clause for at, clause in chance.sample(clauses, 20) if at != place and at not in nearest[place][:3]
            ]
            changed = {
                "altered_figure": corruptions.alter_figure(base, chance, figures),
                "swapped_entity": corruptions.swap_name(base, chance, strangers, own),
                "swapped_sides": corruptions.swap_sides(base, chance),
                "negated_not": corruptions.negate(base, chance),
                "negated_flip": corruptions.flip(base, chance),
                "negated_affirm": corruptions.affirm(base, chance),
                "overclaim": corruptions.overclaim(base, chance),
                "invented_detail": corruptions.invent(base, chance, foreign),
            }
            for kind, wrong in changed.items():
                if wrong and wrong != base:
                    yield Example(wrong, passage, False, kind, title)
            other = known[chance.choice(nearest[place])]
            yield Example(base, f"{other[0]}\n{other[1]}", False, "wrong_source", title)
            if chance.random() < 0.3:
                other = known[chance.choice([at for at in range(len(known)) if at != place])]
                yield Example(base, f"{other[0]}\n{other[1]}", False, "wrong_source", title)


def from_scifact(folder: Path, split: str) -> Iterator[Example]:
    """SciFact's claims against each abstract that they cite; whatever isn't SUPPORT is unsupported."""
    lines = (folder / "claims" / "corpus.jsonl").read_text("utf-8").splitlines()
    papers = {str(paper["doc_id"]): paper for paper in map(json.loads, lines)}
    for line in (folder / "claims" / f"claims_{split}.jsonl").read_text("utf-8").splitlines():
        claim = json.loads(line)
        for cited in map(str, claim["cited_doc_ids"]):
            evidence = claim["evidence"].get(cited)
            label = evidence[0]["label"] if evidence else "NONE"
            text = " ".join(sentence.strip() for sentence in papers[cited]["abstract"])
            passage = f"{papers[cited]['title']}\n{text}"
            yield Example(claim["claim"], passage, label == "SUPPORT", f"scifact {label}")


def from_pairs(path: Path) -> Iterator[Example]:
    """HealthVer's and WiCE's claims against their evidence; only fully supported ones count as supported."""
    for line in path.read_text("utf-8").splitlines():
        pair = json.loads(line)
        evidence = pair["evidence"] if isinstance(pair["evidence"], str) else " ".join(pair["evidence"])
        supported = pair["label"].lower() in ("supports", "supported")
        yield Example(pair["claim"], evidence, supported, f"pairs {pair['label']}")


def measure(example: Example) -> tuple[float, ...]:
    """The signals of an example."""
    return signals.measure(read_sentence(example.sentence), read_source((example.passage,)))[0].vector()


def weights_of(examples: Sequence[Example]) -> list[float]:
    """Weights by which supported and unsupported weigh the same, and every kind of fault the same."""
    if not examples:
        return []
    kinds = Counter(example.kind for example in examples)
    faults = {example.kind for example in examples if not example.supported}
    supported = sum(example.supported for example in examples)
    half = len(examples) / 2
    return [half / supported if one.supported else half / (len(faults) * kinds[one.kind]) for one in examples]


def fit(
    rows: Sequence[Sequence[float]], labels: Sequence[bool], weights: Sequence[float]
) -> tuple[Any, list[list[list[float]]], float]:
    """Fits the trees.

    Returns:
        The fitted classifier, its trees as lists of nodes, and its bias.
    """
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    fitted = HistGradientBoostingClassifier(
        max_iter=_ROUNDS, max_depth=_DEPTH, learning_rate=_RATE, min_samples_leaf=_LEAF, l2_regularization=1.0,
        monotonic_cst=[_SPEAKS.get(name, 0) for name in signals.NAMES], random_state=0,
    )  # fmt: skip
    fitted.fit(np.array(rows), np.array(labels), sample_weight=np.array(weights))
    trees = []
    for (predictor,) in fitted._predictors:
        nodes = predictor.nodes
        trees.append(
            [
                [round(float(node["value"]), 5)]
                if node["is_leaf"]
                else [
                    int(node["feature_idx"]),
                    round(float(node["num_threshold"]), 5),
                    int(node["left"]),
                    int(node["right"]),
                ]
                for node in nodes
            ]
        )
    return fitted, trees, float(fitted._baseline_prediction.ravel()[0])


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains, reports on what was kept out, and writes the model."""
    import numpy as np

    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.train_verifier", description=__doc__)
    parser.add_argument("--papers", type=Path, required=True)
    parser.add_argument(
        "--digests", type=Path, default=Path(__file__).parents[1] / "corpus" / "bundled" / "papers.jsonl"
    )
    parser.add_argument("--scifact", type=Path)
    parser.add_argument("--wice", type=Path)
    parser.add_argument("--cases", type=Path, required=True, help="the dev split sets the threshold")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    papers = [(one["title"], one["abstract"]) for one in map(json.loads, given.papers.read_text("utf-8").splitlines())]
    lines = given.digests.read_text("utf-8").splitlines()
    digests = {title_key(one["title"]): one["abstract"] for one in map(json.loads, lines)}
    own = list(from_digests(papers, digests))
    seen = [one for one in own if not is_kept_out(one.paper)]
    kept_out = [one for one in own if is_kept_out(one.paper)]
    public = list(from_scifact(given.scifact, "train")) if given.scifact else []
    wice = list(from_pairs(given.wice))[::2] if given.wice else []
    examples = [*seen, *public, *wice]
    weights = [*weights_of(seen), *(_PUBLIC_WEIGHT * weight for weight in (*weights_of(public), *weights_of(wice)))]
    fitted, trees, bias = fit([measure(one) for one in examples], [one.supported for one in examples], weights)
    threshold = _best_threshold(fitted, list(_dev_cases(given.cases, papers)))
    scores = fitted.predict_proba(np.array([measure(one) for one in kept_out]))[:, 1]
    right: dict[str, list[bool]] = {}
    for score, one in zip(scores, kept_out, strict=True):
        right.setdefault(one.kind, []).append((score >= threshold) == one.supported)
    report = {kind: round(sum(found) / len(found), 3) for kind, found in sorted(right.items())}
    named = [Path(one).name if "/" in one else one for one in arguments or sys.argv[1:]]
    stored = {
        "made_by": f"python -m rag_assistant.evaluate.train_verifier {shlex.join(named)}",
        "examples": len(examples),
        "right_on_papers_kept_out": report,
        "signals": list(signals.NAMES),
        # The threshold is moved to 0.5.
        "bias": round(bias - float(np.log(threshold / (1 - threshold))), 5),
        "trees": trees,
    }
    text = json.dumps(stored, ensure_ascii=True)
    given.out.write_text(text.replace('"trees": [[[', '"trees": [\n[[').replace("]], [[", "]],\n[[") + "\n", "utf-8")
    sys.stdout.write(f"{len(examples):,} examples, threshold {threshold:.3f}\n{json.dumps(report, indent=1)}\n")
    return 0


def _dev_cases(path: Path, papers: Sequence[tuple[str, str]]) -> Iterator[Example]:
    texts = {title_key(title): f"{title}\n{abstract}" for title, abstract in papers}
    for case in load_verifier_cases(path):
        if case.split == "dev":
            yield Example(case.sentence, texts[title_key(case.passage_title)], case.supported, case.kind)


def _best_threshold(fitted: Any, cases: Sequence[Example]) -> float:
    """The threshold of the best balanced accuracy on cases; of several, the middle one."""
    import numpy as np

    scores = fitted.predict_proba(np.array([measure(one) for one in cases]))[:, 1]
    truth = np.array([one.supported for one in cases])
    tried = np.linspace(0.05, 0.95, 181)
    accuracy = np.array([((scores >= at)[truth].mean() + (scores < at)[~truth].mean()) / 2 for at in tried])
    return float(np.median(tried[accuracy >= accuracy.max() - 0.01]))


def _first_clause(sentence: str) -> str | None:
    head, comma, _ = sentence.partition(", ")
    return f"{head}." if comma and len(head.split()) >= 6 else None


def _nearest(texts: Sequence[str], most: int = 15) -> list[list[int]]:
    """For each text the places of those that share most words with it."""
    stems = [{word.stem for word in words_of(text) if word.is_content} for text in texts]
    found = []
    for place, own in enumerate(stems):
        others = sorted(
            (at for at in range(len(stems)) if at != place), key=lambda at: -len(own & stems[at]) / len(own | stems[at])
        )
        found.append(others[:most])
    return found


if __name__ == "__main__":
    sys.exit(main())
