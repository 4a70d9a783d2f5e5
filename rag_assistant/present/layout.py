"""How the sentences of an answer are laid out: running text, side by side under names, or a line a paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from rag_assistant.records import Sentence, Shape


@dataclass(frozen=True, slots=True)
class Block:
    """Sentences that belong together; ``heading`` stands over them, None for running text."""

    heading: str | None
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a sentence's text; ``strong`` where a figure stands that was asked for."""

    text: str
    strong: bool = False


def blocks(shape: Shape, sentences: Sequence[Sentence]) -> tuple[Block, ...]:
    """The blocks of an answer: one of running text, or one a paper, under its name (compared) or its title (listed)."""
    if shape == "plain" or not all(sentence.citations for sentence in sentences):
        return (Block(None, tuple(sentences)),) if sentences else ()
    grouped = groupby(sentences, key=lambda one: one.citations[0].paper.id)
    return tuple(_block(shape, tuple(group)) for _, group in grouped)


def _block(shape: Shape, sentences: tuple[Sentence, ...]) -> Block:
    title = sentences[0].citations[0].paper.title
    return Block((sentences[0].label or title) if shape == "comparison" else title, sentences)


def runs(sentence: Sentence, block: Block) -> tuple[Run, ...]:
    """A sentence's text in runs. Under a heading the name that was put in front of it is left out."""
    begin = 0
    if block.heading is not None and sentence.label and sentence.text.startswith(f"[{sentence.label}] "):
        begin = len(sentence.label) + 3
    found: list[Run] = []
    for start, end in sentence.emphasis:
        found += [Run(sentence.text[begin:start]), Run(sentence.text[start:end], strong=True)]
        begin = end
    return tuple(run for run in (*found, Run(sentence.text[begin:])) if run.text)
