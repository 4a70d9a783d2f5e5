"""Drafts such as a model writes, made by rule: right sentences with their markers, and one with a fault among them.

The papers of a draft are those that a search finds together. Its sentences are those of two of them, in other words as
far as a rule applies; a fault is of one kind of ``FAULTS``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag_assistant.errors import SourceError
from rag_assistant.evaluate.corruptions import alter_figure, invent, reformat_figure
from rag_assistant.records import Draft, Paper
from rag_assistant.sentences import sentences

_RIGHT = 3  # right sentences in a draft, beside the one with a fault
_WORDS = (8, 45)  # of a sentence that is taken

# Said in other words, and as true as before.
_REWORDINGS = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"^(?:However|Moreover|Furthermore|Additionally|In addition|Specifically|Notably|Finally|Meanwhile), ", ""),
        (r"^(?:In this (?:paper|work|study), we|In this (?:paper|work|study) we|[Ww]e) (?=[a-z]+ )", "The authors "),
        (r"\bwe (?=[a-z]+ )", "the authors "),
        (r"\b[Oo]ur (?=method|model|approach|framework|results|experiments|work|system)", "their "),
        (r"\bin order to\b", "to"),
        (r"\butilize(?=s?\b)", "use"),
        (r"\butilizing\b", "using"),
        (r"\bdemonstrate that\b", "show that"),
        (r"\bdemonstrates that\b", "shows that"),
        (r"\bapproximately\b", "about"),
        (r"\bsuch as\b", "like"),
        (r"\bachieve\b", "reach"),
        (r"\bachieves\b", "reaches"),
        (r"\bachieving\b", "reaching"),
        (r"\ba wide range of\b", "many"),
    )
)


# Left out, the rest is as true as before.
_ASIDES = tuple(
    re.compile(pattern)
    for pattern in (
        r" \([^()]*\)",
        r"(?<=\w{3}), (?:which|while|whereas|thereby|leading|resulting|enabling|making|allowing|where) [^,]*(?=\.$)",
        r"^(?:While|Although|Despite|Given|With) [^,]*, (?=[a-z])",
    )
)


@dataclass(frozen=True, slots=True)
class Written:
    """One sentence of a draft. ``bearers`` are the ids of the papers that bear it out; none: it is false or made up."""

    text: str
    marker: int | None
    bearers: frozenset[str]
    fault: str | None = None
    reworded: bool = False

    @property
    def shown(self) -> str:
        """As the model writes it."""
        body = self.text.rstrip(".!? ")
        return f"{body} [{self.marker}]." if self.marker else f"{body}."


@dataclass(frozen=True, slots=True)
class FaultyDraft:
    """A draft over numbered papers, with one faulty sentence."""

    evidence: tuple[Paper, ...]
    written: tuple[Written, ...]

    @property
    def draft(self) -> Draft:
        """As the writer hands it over."""
        raw = " ".join(one.shown for one in self.written)
        return Draft((), self.evidence, "llm", raw=raw, model="by rule")


Fault = Callable[["_Desk"], Written | None]
Find = Callable[[str], Sequence[Paper]]


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a faulty sentence is made from."""

    paper: Paper
    number: int  # of the paper in the evidence
    evidence: tuple[Paper, ...]
    stranger: Paper  # a paper that isn't there
    taken: frozenset[str]
    chance: random.Random

    def sentence(self, paper: Paper, wanted: Callable[[str], bool] = lambda _: True) -> str | None:
        """A sentence of a paper that isn't in the draft yet."""
        fitting = [one for one in usable(paper) if one not in self.taken and wanted(one)]
        return self.chance.choice(fitting) if fitting else None

    def right(self, marker: int | None, fault: str | None = None) -> Written | None:
        """A sentence that the paper bears out, reworded where a rule applies."""
        found = self.sentence(self.paper)
        if found is None:
            return None
        text = reword(found, self.chance)
        return Written(text, marker, frozenset({self.paper.id}), fault, reworded=text != found)


def _wrong_number(desk: _Desk) -> Written | None:
    right = desk.right(desk.number)
    changed = None if right is None else alter_figure(right.text, desk.chance)
    return None if changed is None else Written(changed, desk.number, frozenset(), "wrong number")


def _invented_sentence(desk: _Desk) -> Written | None:
    """A whole sentence about something else, as a model remembers it: one with a figure, of a paper not there."""
    found = desk.sentence(desk.stranger, lambda one: any(char.isdigit() for char in one))
    return None if found is None else Written(found, desk.number, frozenset(), "invented sentence")


def _invented_detail(desk: _Desk) -> Written | None:
    right = desk.right(desk.number)
    changed = None if right is None else invent(right.text, desk.chance, ())
    return None if changed is None else Written(changed, desk.number, frozenset(), "invented detail")


def _missing_marker(desk: _Desk) -> Written | None:
    return desk.right(None, "missing marker")


def _wrong_marker(desk: _Desk) -> Written | None:
    others = [number for number in range(1, len(desk.evidence) + 1) if number != desk.number]
    return desk.right(desk.chance.choice(others), "wrong marker")


def _no_such_marker(desk: _Desk) -> Written | None:
    return desk.right(len(desk.evidence) + desk.chance.randint(1, 5), "no such marker")


FAULTS: dict[str, Fault] = {
    "wrong number": _wrong_number,
    "invented sentence": _invented_sentence,
    "invented detail": _invented_detail,
    "missing marker": _missing_marker,
    "wrong marker": _wrong_marker,
    "no such marker": _no_such_marker,
}


def usable(paper: Paper) -> list[str]:
    """The sentences of an abstract that say something by themselves and end as sentences do."""
    least, most = _WORDS
    return [
        one for one in sentences(paper.abstract) if least <= len(one.split()) <= most and re.match(r"[A-Z].*\.$", one)
    ]


def reword(sentence: str, chance: random.Random) -> str:
    """The sentence in other words and without its asides, as far as a rule applies."""
    for pattern, new in _REWORDINGS:
        sentence = pattern.sub(new, sentence)
    for aside in _ASIDES:
        shorter = aside.sub("", sentence)
        if len(shorter.split()) >= _WORDS[0]:
            sentence = shorter
    sentence = sentence[:1].upper() + sentence[1:]
    # "2048k" has no form with a comma that would be right.
    return sentence if re.search(r"\d{4}[kK]", sentence) else reformat_figure(sentence, chance) or sentence


def make_drafts(papers: Sequence[Paper], find: Find, count: int, seed: int = 0) -> list[FaultyDraft]:
    """Drafts over papers, each fault as often as the others.

    Args:
        papers: to draw from.
        find: the papers nearest to a title, the best first, as a search finds them.
        count: of drafts.
        seed: of all chance.

    Raises:
        SourceError: there are too few papers to make them from.
    """
    chance = random.Random(seed)  # noqa: S311 - a reproducible draw
    drafts: list[FaultyDraft] = []
    kinds = list(FAULTS)
    for _ in range(20 * count):
        if len(drafts) == count:
            return drafts
        made = _make_draft(papers, find, FAULTS[kinds[len(drafts) % len(kinds)]], chance)
        if made is not None:
            drafts.append(made)
    raise SourceError(f"only {len(drafts)} of {count} drafts can be made from {len(papers)} papers; index more of them")


def _make_draft(papers: Sequence[Paper], find: Find, fault: Fault, chance: random.Random) -> FaultyDraft | None:
    evidence = list(find(chance.choice(papers).title))
    there = {paper.id for paper in evidence}
    strangers = [paper for paper in papers if paper.id not in there]
    if len(evidence) < 2 or not strangers:
        return None
    subjects = evidence[:2]
    chance.shuffle(evidence)
    written: list[Written] = []
    taken: set[str] = set()

    def desk(paper: Paper) -> _Desk:
        number = evidence.index(paper) + 1
        return _Desk(paper, number, tuple(evidence), chance.choice(strangers), frozenset(taken), chance)

    for _ in range(_RIGHT):
        at = desk(chance.choice(subjects))
        found = at.sentence(at.paper)
        if found is None:
            return None
        taken.add(found)
        text = reword(found, chance)
        written.append(Written(text, at.number, frozenset({at.paper.id}), reworded=text != found))
    faulty = fault(desk(chance.choice(subjects)))
    if faulty is None:
        return None
    written.insert(chance.randint(0, len(written)), faulty)
    return FaultyDraft(tuple(evidence), tuple(written))
