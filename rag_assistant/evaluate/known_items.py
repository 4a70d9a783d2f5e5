"""How often a paper comes first when its own title, or a name that only it has, is what is asked for.

    python -m rag_assistant.evaluate.known_items --index-dir DIR

Every paper of the index is asked for in several ways: its title as it stands, in lower case without punctuation, with
one slip; the word before its title's colon; and every name that it alone has. Slips are drawn from a fixed seed.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag_assistant.errors import RagAssistantError
from rag_assistant.index.embed import load_encoder
from rag_assistant.index.lexical import terms, words_of
from rag_assistant.index.open import Index
from rag_assistant.records import Paper
from rag_assistant.retrieve import search
from rag_assistant.retrieve.highlight import WORD
from rag_assistant.settings import load_settings

_SEED = 3
# A capital after the first letter, several capitals, or letters and digits together.
_NAME = re.compile(r"[^\W_][A-Z]|[A-Z]{3,}|[^\W\d_]\d|\d[A-Z]")
_LONG_WORD = re.compile(r"[A-Za-z]{5,}")
_PUNCTUATION = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class KnownItem:
    """A question that means one paper; ``form`` says how it was made."""

    form: str
    question: str
    paper_id: str


def known_items(papers: Sequence[Paper]) -> Iterator[KnownItem]:
    """Every title and every name of some papers as questions."""
    chance = random.Random(_SEED)  # noqa: S311 - no secret depends on it
    for paper in papers:
        yield KnownItem("title", paper.title, paper.id)
        yield KnownItem("title, lower case, no punctuation", " ".join(words_of(paper.title)), paper.id)
        if slipped := with_slip(paper.title, chance):
            yield KnownItem("title, one slip", slipped, paper.id)
    for name, paper in unique_names(papers):
        head = name == paper.title.partition(":")[0]
        yield KnownItem("name", name, paper.id)
        yield KnownItem("name, lower case", name.lower(), paper.id)
        yield KnownItem("name in a question", f"What is {name}?", paper.id)
        if _PUNCTUATION.search(name):
            yield KnownItem("name, punctuation left out", _PUNCTUATION.sub("", name), paper.id)
        if head and _PUNCTUATION.search(name):
            yield KnownItem("name of a title, punctuation as spaces", _PUNCTUATION.sub(" ", name), paper.id)
        if head and (slipped := with_slip(name, chance)):
            yield KnownItem("name of a title, one slip", slipped, paper.id)


def unique_names(papers: Sequence[Paper]) -> list[tuple[str, Paper]]:
    """Words written as names are, and single words before a title's colon, whose stem stands in one paper only."""
    papers_with: dict[str, set[int]] = {}
    names: dict[str, tuple[str, Paper]] = {}
    for number, paper in enumerate(papers):
        head = paper.title.partition(":")[0] if ":" in paper.title else ""
        text = f"{paper.title} {paper.abstract}"
        for stem in terms(text):
            papers_with.setdefault(stem, set()).add(number)
        for match in WORD.finditer(text):
            word = match.group()
            if not word[0].isdigit() and (_NAME.search(word) or word == head):
                for stem in terms(_PUNCTUATION.sub("", word)):
                    names.setdefault(stem, (word, paper))
    return [found for stem, found in names.items() if len(papers_with[stem]) == 1]


def with_slip(text: str, chance: random.Random) -> str:
    """The text with a letter left out, put in, changed or swapped inside a word of five letters or more; "" if none."""
    words = list(_LONG_WORD.finditer(text))
    if not words:
        return ""
    word = chance.choice(words)
    place = word.start() + chance.randrange(1, len(word.group()) - 1)
    other = chance.choice([letter for letter in "abcdefghijklmnopqrstuvwxyz" if letter != text[place].lower()])
    before, letter, after = text[:place], text[place], text[place + 1 :]
    return chance.choice(
        [
            before + after,
            before + other + letter + after,
            before + other + after,
            before + after[0] + letter + after[1:],
        ]
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.known_items", description=__doc__)
    parser.add_argument("--index-dir", type=Path, required=True)
    given = parser.parse_args(arguments)
    try:
        settings = load_settings(index_dir=given.index_dir)
        index = Index(given.index_dir, settings, lambda: load_encoder(settings.embedding.model))
        first: dict[str, list[bool]] = {}
        for item in known_items(list(index.catalog.all_papers())):
            (hit,) = search(index, item.question, settings.retrieve, 1)
            first.setdefault(item.form, []).append(hit.paper.id == item.paper_id)
            if hit.paper.id != item.paper_id:
                print(f"{item.form}: {item.question!r} found {hit.paper.title!r}", file=sys.stderr)  # noqa: T201
    except RagAssistantError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    for form, right in first.items():
        print(f"{form:42}{sum(right):>6} of {len(right)} first")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
