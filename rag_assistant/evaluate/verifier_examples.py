"""What the verifier's models learn from: sentences, the passages they are held against, and what is so.

Supported are sentences of the digests bundled with the package, which say in other words what saved abstracts say,
sentences of abstracts slightly reworded, and what public data calls supported. Unsupported are the same with one fault
each, put in by rule (:mod:`corruptions`, :mod:`negations`, :mod:`swaps`), the same against another paper, and what
public data calls so.

Papers are divided by a hash of their title: a third is kept out of everything, of the rest one part trains the
cross-encoder (:mod:`train_cross_encoder`) and the other the trees over the signals, the cross-encoder's among them
(:mod:`train_verifier`): so the trees see its scores as they are on text that it wasn't trained on.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rag_assistant.evaluate import corruptions, negations, swaps
from rag_assistant.evaluate.cases import title_key
from rag_assistant.evaluate.faulty_drafts import reword
from rag_assistant.evaluate.verifier import load_verifier_cases
from rag_assistant.sentences import sentences
from rag_assistant.verify.figures import figures_of
from rag_assistant.verify.names import names_of
from rag_assistant.verify.words import words_of

Part = Literal["cross_encoder", "trees", "kept_out"]


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence, the passage it is held against, whether that bears it out, and of what kind the case is.

    ``base`` is the supported sentence that an unsupported one was made of, empty where there is none; ``paper`` what
    the part is drawn by: a title, or what else tells the groups of a data set apart; ``given`` a part that isn't drawn.
    """

    sentence: str
    passage: str
    supported: bool
    kind: str
    paper: str = ""
    base: str = ""
    given: Part | None = None

    @property
    def part(self) -> Part:
        """What the example may be used for."""
        return self.given or part_of(self.paper)


@dataclass(frozen=True, slots=True)
class Strange:
    """What other papers lend to a fault."""

    names: Sequence[str]
    words: Sequence[str]
    phrases: Sequence[str]
    clauses: Sequence[str]


def part_of(title: str) -> Part:
    """What the examples of a paper are used for: a third is kept out, 4 in 9 train the cross-encoder, 2 the trees."""
    number = int(hashlib.sha256(title_key(title).encode()).hexdigest(), 16)
    if number % 3 == 0:
        return "kept_out"
    return "trees" if number // 3 % 3 == 0 else "cross_encoder"


def is_kept_out(title: str) -> bool:
    """Whether a paper is one of the third that training never sees."""
    return part_of(title) == "kept_out"


def lent_by(texts: Sequence[str]) -> Strange:
    """What papers lend to faults in the sentences of others."""
    said = [sentence for text in texts for sentence in sentences(text)]
    return Strange(
        sorted({name.text for text in texts for name in names_of(text) if len(name.text) > 2}),
        swaps.strange_words(texts),
        sorted({phrase for sentence in said for phrase in swaps.phrases_of(sentence)}),
        sorted({clause for sentence in said for clause in corruptions.clauses_of(sentence)}),
    )


def faults_of(base: str, passage: str, strange: Strange, chance: random.Random) -> dict[str, str]:
    """The sentence with each fault that a rule can put in, by kind."""
    lower = passage.lower()
    strangers = [
        name for name in chance.sample(strange.names, min(60, len(strange.names))) if name.lower() not in lower
    ]
    own = sorted({name.text for name in names_of(passage)})
    clauses = [one for one in chance.sample(strange.clauses, min(6, len(strange.clauses))) if one.lower() not in lower]
    changed = {
        "altered_figure": corruptions.alter_figure(base, chance, figures_of(passage)),
        "swapped_entity": corruptions.swap_name(base, chance, strangers, own),
        "swapped_sides": corruptions.swap_sides(base, chance),
        "swapped_around": swaps.swap_around(base, chance),
        "swapped_term": swaps.swap_term(base, chance, strange.words, passage),
        "negated_not": corruptions.negate(base, chance),
        "negated_flip": corruptions.flip(base, chance),
        "negated_affirm": corruptions.affirm(base, chance),
        "negated_deny": negations.deny(base, chance),
        "overclaim": corruptions.overclaim(base, chance),
        "invented_clause": corruptions.invent(base, chance, clauses) if clauses else None,
        "invented_detail": swaps.hang_phrase(base, chance, strange.phrases, passage),
    }
    return {kind: wrong for kind, wrong in changed.items() if wrong and wrong != base}


def sayings_of(sentence: str, chance: random.Random) -> dict[str, str]:
    """Other ways to say a sentence that are as true, by kind, itself not among them."""
    changed = {
        "reformatted": corruptions.reformat_figure(sentence, chance),
        "compressed": _first_clause(sentence),
        "shortened": swaps.drop_phrase(sentence, chance),
        "negated_alike": negations.deny_again(sentence, chance),
        "reworded": reword(sentence, chance),
    }
    return {kind: said for kind, said in changed.items() if said and said != sentence}


def from_digests(papers: Sequence[tuple[str, str]], digests: dict[str, str], seed: int = 0) -> Iterator[Example]:
    """Sentences of digests, as they are and with one fault each, against the abstracts that they digest.

    Args:
        papers: titles and abstracts.
        digests: by the key of their title.
        seed: of all chance.
    """
    known = [(title, abstract, digests[title_key(title)]) for title, abstract in papers if title_key(title) in digests]
    yield from _from_texts(known, "", seed)


def from_abstracts(papers: Sequence[tuple[str, str]], seed: int = 0, most: int = 3) -> Iterator[Example]:
    """Sentences of abstracts, reworded by rule and with one fault each, against their own abstracts.

    Args:
        papers: titles and abstracts.
        seed: of all chance.
        most: sentences of one abstract.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret depends on it
    known = []
    for title, abstract in papers:
        usable = [one for one in sentences(abstract) if 7 <= len(one.split()) <= 40 and one[:1].isupper()]
        if usable:
            known.append((title, abstract, " ".join(chance.sample(usable, min(most, len(usable))))))
    yield from _from_texts(known, "copied ", seed)


def _from_texts(known: Sequence[tuple[str, str, str]], manner: str, seed: int) -> Iterator[Example]:
    """Examples from (title, abstract, supported sentences); ``manner`` stands in front of their kinds."""
    chance = random.Random(seed)  # noqa: S311 - no secret depends on it
    nearest = _nearest([f"{title} {abstract}" for title, abstract, _ in known])
    strange = lent_by([said for _, _, said in known])
    for place, (title, abstract, said) in enumerate(known):
        passage = f"{title}\n{abstract}"
        for sentence in sentences(said):
            ways = sayings_of(sentence, chance)
            if not manner:
                ways["paraphrase"] = sentence
            for kind, way in ways.items():
                yield Example(way, passage, True, manner + kind, title, way)
            base = chance.choice([sentence, *ways.values()])
            for kind, wrong in faults_of(base, passage, strange, chance).items():
                yield Example(wrong, passage, False, manner + kind, title, base)
            other = known[chance.choice(nearest[place] or [place])]
            if other[0] != title:
                yield Example(base, f"{other[0]}\n{other[1]}", False, manner + "wrong_source", title)
            if chance.random() < 0.3:
                other = chance.choice(known)
                if other[0] != title:
                    yield Example(base, f"{other[0]}\n{other[1]}", False, manner + "wrong_source", title)


def from_scifact(folder: Path, split: str) -> Iterator[Example]:
    """SciFact's claims against each abstract that they cite; whatever isn't SUPPORT is unsupported."""
    papers = {paper: (title, " ".join(text)) for paper, title, text in scifact_abstracts(folder)}
    for line in (folder / "claims" / f"claims_{split}.jsonl").read_text("utf-8").splitlines():
        claim = json.loads(line)
        for cited in map(str, claim["cited_doc_ids"]):
            evidence = claim["evidence"].get(cited)
            label = evidence[0]["label"] if evidence else "NONE"
            passage = "\n".join(papers[cited])
            yield Example(claim["claim"], passage, label == "SUPPORT", f"scifact {label}", papers[cited][0])


def scifact_abstracts(folder: Path) -> Iterator[tuple[str, str, list[str]]]:
    """SciFact's abstracts: id, title and sentences."""
    for line in (folder / "claims" / "corpus.jsonl").read_text("utf-8").splitlines():
        paper = json.loads(line)
        yield str(paper["doc_id"]), paper["title"], [sentence.strip() for sentence in paper["abstract"]]


def free_abstracts(folder: Path, part: Part) -> list[tuple[str, str]]:
    """Titles and abstracts of a part of SciFact's corpus, without those that its dev claims cite."""
    dev = (folder / "claims" / "claims_dev.jsonl").read_text("utf-8").splitlines()
    cited = {str(paper) for line in dev for paper in json.loads(line)["cited_doc_ids"]}
    return [
        (title, " ".join(text))
        for paper, title, text in scifact_abstracts(folder)
        if paper not in cited and len(text) > 3 and part_of(title) == part
    ]


def from_pairs(path: Path, group: Callable[[dict[str, object]], str] | None = None) -> Iterator[Example]:
    """HealthVer's and WiCE's claims against their evidence; only fully supported ones count as supported.

    Args:
        path: JSON lines with claim, evidence and label.
        group: what pairs that belong together have in common; their evidence, where it isn't given.
    """
    for line in path.read_text("utf-8").splitlines():
        pair = json.loads(line)
        evidence = pair["evidence"] if isinstance(pair["evidence"], str) else " ".join(pair["evidence"])
        supported = pair["label"].lower() in ("supports", "supported")
        together = group(pair) if group else evidence
        yield Example(pair["claim"].strip(), evidence, supported, f"pairs {pair['label']}", together)


def from_pubmedqa(path: Path) -> Iterator[Example]:
    """PubMedQA's questions as statements against their abstracts: yes is supported, no isn't, maybe is left out."""
    for number, one in sorted(json.loads(path.read_text("utf-8")).items()):
        if one["final_decision"] == "maybe":
            continue
        question = one["QUESTION"].strip().rstrip("?")
        head, _, rest = question.partition(" ")
        said = f"{rest[:1].upper()}{rest[1:]}." if head in ("Do", "Does", "Did", "Can", "Will") else f"{question}."
        passage = " ".join([*one["CONTEXTS"], one["LONG_ANSWER"]])
        yield Example(said, passage, one["final_decision"] == "yes", f"pubmedqa {one['final_decision']}", number)


def from_cases(
    paths: Sequence[Path], papers: Sequence[tuple[str, str]], scifact: Path, part: Part | None = None
) -> Iterator[Example]:
    """The cases of files of verifier cases that aren't held out, against the abstracts of papers or SciFact's.

    Args:
        paths: of the files.
        papers: titles and abstracts.
        scifact: the folder of its data.
        part: what all of them are used for; drawn for each paper where it isn't given.
    """
    theirs = ((title, " ".join(text)) for _, title, text in scifact_abstracts(scifact))
    texts = {title_key(title): f"{title}\n{abstract}" for title, abstract in (*theirs, *papers)}
    for case in (case for path in paths for case in load_verifier_cases(path)):
        if case.split != "held_out":
            text = texts[title_key(case.passage_title)]
            base = case.sentence if case.supported else case.made_of
            yield Example(case.sentence, text, case.supported, f"case {case.kind}", case.passage_title, base, part)


def read_papers(paths: Sequence[Path]) -> list[tuple[str, str]]:
    """Titles and abstracts of files of JSON lines."""
    lines = (line for path in paths for line in path.read_text("utf-8").splitlines())
    return [(one["title"], one["abstract"]) for one in map(json.loads, lines)]


def read_digests(path: Path) -> dict[str, str]:
    """The digests of a file of JSON lines, by the key of their title."""
    lines = path.read_text("utf-8").splitlines()
    return {title_key(one["title"]): one["abstract"] for one in map(json.loads, lines)}


def _first_clause(sentence: str) -> str | None:
    head, comma, _ = sentence.partition(", ")
    return f"{head}." if comma and len(head.split()) >= 6 else None


def _nearest(texts: Sequence[str], most: int = 15) -> list[list[int]]:
    """For each text the places of those that share most words with it, looked for among at most 400."""
    stems = [frozenset(word.stem for word in words_of(text) if word.is_content) for text in texts]
    found = []
    for place, own in enumerate(stems):
        window = [(place + step) % len(stems) for step in range(1, min(len(stems), 400))]
        others = sorted(window, key=lambda at: -len(own & stems[at]) / (len(own | stems[at]) or 1))
        found.append(others[:most])
    return found
