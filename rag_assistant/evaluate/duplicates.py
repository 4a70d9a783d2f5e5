"""How well duplicates are told: variants of real papers that must merge, and made siblings that must stay apart.

    python -m rag_assistant.evaluate.duplicates PATH… [--seed N] [--limit N]

The papers of PATH are those that a reading finds, all different. Of each, one variant of every kind is made and read
after all of them; a variant that is found to be its paper is a right merge, one that merges with another paper, or a
sibling that merges with anything, a wrong one.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag_assistant.corpus import Entry, collect, unique
from rag_assistant.records import Duplicate, Paper, Source

_FILE = "made"
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_WORD = re.compile(r"\w+")
Texts = tuple[str, str]
Change = Callable[[str, str, random.Random, Sequence[Paper]], Texts | None]
"""From title and abstract to those of a variant; None where there is nothing to change."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of the ``made`` ones of a kind, how many merged with their paper, and how many with another one."""

    kind: str
    same: bool
    made: int
    own: int
    other: int


@dataclass(frozen=True, slots=True)
class DuplicatesReport:
    """What was merged. Precision and recall are shares, from 0 to 1, over all kinds."""

    papers: int
    outcomes: tuple[Outcome, ...]
    wrong: tuple[tuple[str, str, str], ...]
    """Kind, title and the title that it was merged with, of each wrong merge."""

    @property
    def precision(self) -> float:
        """Of all merges, those of a variant with its own paper."""
        right = sum(one.own for one in self.outcomes if one.same)
        return right / max(1, sum(one.own + one.other for one in self.outcomes))

    @property
    def recall(self) -> float:
        """Of all variants, those that merged with their own paper."""
        variants = [one for one in self.outcomes if one.same]
        return sum(one.own for one in variants) / max(1, sum(one.made for one in variants))

    def table(self) -> str:
        """The report as lines for a terminal."""
        lines = [f"{self.papers} papers; precision {self.precision:.4f}, recall {self.recall:.4f}"]
        for one in self.outcomes:
            must = "merge" if one.same else "stay "
            lines.append(
                f"  {one.kind:<30} must {must}: {one.own} of {one.made} merged, {one.other} with another paper"
            )
        return "\n".join([*lines, *(f"wrong: {kind}: {title} | {other}" for kind, title, other in self.wrong)])


def measure_duplicates(papers: Sequence[Paper], seed: int = 0) -> DuplicatesReport:
    """Makes variants and siblings of papers, and reads them after the papers.

    Args:
        papers: all different.
        seed: of the variants.
    """
    outcomes = []
    wrong: list[tuple[str, str, str]] = []
    plain = [Entry(paper.title, paper.abstract, Source(_FILE, number)) for number, paper in enumerate(papers)]
    for kind, (same, change) in KINDS.items():
        made: dict[int, Entry] = {}
        for number, paper in enumerate(papers):
            changed = change(paper.title, paper.abstract, random.Random(f"{seed} {kind} {number}"), papers)  # noqa: S311
            if changed is not None:
                made[number] = replace(plain[number], title=changed[0], abstract=changed[1])
        own = other = 0
        ids: dict[str, int] = {}
        readings = unique([*plain, *made.values()])
        for place, item in enumerate(readings):
            if not isinstance(item, tuple):
                continue
            found, entry = item
            number = entry.source.entry
            if place < len(plain) and isinstance(found, Paper):
                ids[found.id] = number
            elif place >= len(plain) and isinstance(found, Duplicate):
                into = ids.get(found.paper_id)
                own, other = own + (into == number), other + (into != number)
                if not same or into != number:
                    wrong.append((kind, entry.title, papers[into].title if into is not None else "another variant"))
        outcomes.append(Outcome(kind, same, len(made), own, other))
    return DuplicatesReport(len(papers), tuple(outcomes), tuple(wrong))


def _spelled(title: str, abstract: str, _chance: random.Random, _papers: Sequence[Paper]) -> Texts:
    return title.upper().replace("-", " ").rstrip(".") + ".", abstract


def _slip(title: str, abstract: str, chance: random.Random, _papers: Sequence[Paper]) -> Texts | None:
    """A letter of one longer word left out, doubled, or changed places with the next one."""
    words = [match for match in _WORD.finditer(title) if len(match.group()) >= 5 and match.group().isalpha()]
    if not words:
        return None
    word = chance.choice(words)
    place = chance.randrange(word.start() + 1, word.end() - 2)
    first, second = title[place], title[place + 1]
    wrong = chance.choice([second, first + first + second, second + first])
    return title[:place] + wrong + title[place + 2 :], abstract


def _version(title: str, abstract: str, chance: random.Random, _papers: Sequence[Paper]) -> Texts:
    return title.rstrip(".") + chance.choice([" v2", " (v2)", " (extended version)", ", version 3", " [v4]"]), abstract


def _renamed(title: str, abstract: str, chance: random.Random, _papers: Sequence[Paper]) -> Texts | None:
    """The abstract under a title of its own words; papers whose title has a number keep it apart, so they are left."""
    words = [word for word in _WORD.findall(abstract[:600]) if word.isalpha() and len(word) > 3]
    if re.search(r"\d", title) or len(words) < 8:
        return None
    return " ".join(chance.sample(words, 8)).capitalize(), abstract


def _slip_and_edit(title: str, abstract: str, chance: random.Random, papers: Sequence[Paper]) -> Texts | None:
    """A slip in the title, and one word in forty of the abstract left out."""
    slipped = _slip(title, abstract, chance, papers)
    kept = [word for word in abstract.split(" ") if re.search(r"\d", word) or chance.random() > 1 / 40]
    return None if slipped is None else (slipped[0], " ".join(kept))


def _edited(title: str, abstract: str, chance: random.Random, _papers: Sequence[Paper]) -> Texts:
    """The title as it is, and one word in ten of the abstract left out."""
    return title, " ".join(word for word in abstract.split(" ") if chance.random() > 1 / 10)


def _cut(title: str, abstract: str, _chance: random.Random, _papers: Sequence[Paper]) -> Texts:
    """The title as it is, and the first two thirds of the abstract, as some sites show it."""
    return title, abstract[: 2 * len(abstract) // 3] + "…"


def _sequel(title: str, abstract: str, chance: random.Random, _papers: Sequence[Paper]) -> Texts:
    return title.rstrip(".") + chance.choice([" II", ": Part 2", " 2", " III"]), abstract


def _correction(title: str, abstract: str, chance: random.Random, _papers: Sequence[Paper]) -> Texts:
    return chance.choice(["Correction to: ", "Erratum: ", "Reply to ", "Comment on "]) + title, abstract


def _same_title(title: str, abstract: str, chance: random.Random, papers: Sequence[Paper]) -> Texts | None:
    """The same title ("Editorial", "Introduction") over the sentences of three other papers."""
    donors = [paper.abstract for paper in chance.sample(papers, min(4, len(papers))) if paper.abstract != abstract]
    others = [_SENTENCE.split(donor) for donor in donors[:3]]
    return title, " ".join(sentence for other in others for sentence in other[: max(1, len(other) // 3)])


def _next_title(title: str, abstract: str, chance: random.Random, papers: Sequence[Paper]) -> Texts | None:
    """A title with one word changed over an abstract that shares its first half."""
    changed = _one_word_changed(title, chance, papers)
    donor = chance.choice(papers).abstract
    mine, other = _SENTENCE.split(abstract), _SENTENCE.split(donor)
    if changed is None or donor == abstract or len(mine) < 4 or len(other) < 4:
        return None
    return changed, " ".join(mine[: len(mine) // 2] + other[len(other) // 2 :])


def _other_figures(title: str, abstract: str, chance: random.Random, papers: Sequence[Paper]) -> Texts | None:
    """The same study elsewhere: one word of the title changed, the same words in the abstract, other figures."""
    changed = _one_word_changed(title, chance, papers)
    if changed is None or not re.search(r"\d", abstract):
        return None
    return changed, re.sub(r"\d", lambda digit: str((int(digit.group()) + chance.randint(1, 9)) % 10), abstract)


def _one_word_changed(title: str, chance: random.Random, papers: Sequence[Paper]) -> str | None:
    words = [match for match in _WORD.finditer(title) if len(match.group()) >= 4]
    others = [word for word in _WORD.findall(chance.choice(papers).title) if len(word) >= 4]
    if not words or not others:
        return None
    word = chance.choice(words)
    other = chance.choice(others).lower()
    return None if other == word.group().lower() else title[: word.start()] + other + title[word.end() :]


KINDS: dict[str, tuple[bool, Change]] = {
    "title in other letters": (True, _spelled),
    "slip in the title": (True, _slip),
    "version mark": (True, _version),
    "another title": (True, _renamed),
    "slip, abstract lightly edited": (True, _slip_and_edit),
    "abstract edited": (True, _edited),
    "abstract cut off": (True, _cut),
    "sequel": (False, _sequel),
    "correction or reply": (False, _correction),
    "same title, other abstract": (False, _same_title),
    "next title, half the abstract": (False, _next_title),
    "next title, other figures": (False, _other_figures),
}
"""What is made: whether it is the same paper, and how."""


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.duplicates", description=__doc__)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=int, help="only so many papers, taken at random")
    arguments = parser.parse_args()
    papers = list(collect(arguments.paths).papers)
    if arguments.limit and arguments.limit < len(papers):
        papers = random.Random(arguments.seed).sample(papers, arguments.limit)  # noqa: S311
    sys.stdout.write(measure_duplicates(papers, arguments.seed).table() + "\n")


if __name__ == "__main__":
    main()
