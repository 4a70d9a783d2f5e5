"""Test collections in the BEIR layout: ``corpus.jsonl``, ``queries.jsonl`` and ``qrels/SPLIT.tsv`` in one folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_assistant.errors import SourceError, SourceNotFoundError
from rag_assistant.records import Paper

Judgements = Mapping[str, Mapping[str, int]]
"""Relevance grades (0: not relevant) by question id, then paper id."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Papers, questions by id, and which papers are relevant to which question.

    Only questions with at least one relevant paper are kept. ``empty`` counts documents left out for having neither
    title nor text.
    """

    name: str
    papers: tuple[Paper, ...]
    questions: Mapping[str, str]
    judgements: Judgements
    empty: int = 0


def load_beir(folder: Path, split: str = "test") -> Collection:
    """Reads a folder.

    Raises:
        SourceNotFoundError: the folder or one of its files isn't there.
        SourceError: a line that can't be read (file and line are named), or nothing judged relevant.
    """
    judgements = _judgements(folder, split)
    texts = {
        _text(fields, "_id", path, line): _text(fields, "text", path, line)
        for path, line, fields in _lines(folder / "queries.jsonl")
    }
    questions = {id_: texts[id_] for id_ in judgements if id_ in texts}
    if not questions:
        raise SourceError(f"{folder / 'qrels' / f'{split}.tsv'}: no question of queries.jsonl has a relevant paper")
    papers: dict[str, Paper] = {}
    empty = 0
    for path, line, fields in _lines(folder / "corpus.jsonl"):
        id_ = _text(fields, "_id", path, line)
        title, text = str(fields.get("title") or "").strip(), str(fields.get("text") or "").strip()
        if not title and not text:
            empty += 1
            continue
        if id_ in papers:
            raise SourceError(f"{path}:{line}: the id {id_!r} occurs twice")
        # A document that is nothing but a title is searched by it.
        papers[id_] = Paper(id_, title, text or title)
    return Collection(
        folder.resolve().name, tuple(papers.values()), questions, {id_: judgements[id_] for id_ in questions}, empty
    )


def splits(folder: Path) -> list[str]:
    """The splits that have judgements, in alphabetical order."""
    return sorted(path.stem for path in (folder / "qrels").glob("*.tsv"))


def _judgements(folder: Path, split: str) -> dict[str, dict[str, int]]:
    if not folder.is_dir():
        raise SourceNotFoundError(f"{folder}: no such folder")
    path = folder / "qrels" / f"{split}.tsv"
    if not path.is_file():
        there = ", ".join(splits(folder)) or "none"
        raise SourceNotFoundError(f"{path}: no such file (splits there: {there})")
    found: dict[str, dict[str, int]] = {}
    for number, line in enumerate(_read(path).splitlines(), 1):
        fields = line.split("\t") if "\t" in line else line.split()
        if not line.strip() or (number == 1 and not fields[-1].strip().lstrip("-").isdigit()):
            continue  # the header
        # TREC's own form has an unused second column.
        if len(fields) not in (3, 4) or not fields[-1].strip().lstrip("-").isdigit():
            raise SourceError(f"{path}:{number}: not a question id, a document id and a whole number")
        found.setdefault(fields[0], {})[fields[-2]] = max(0, int(fields[-1]))
    return {question: grades for question, grades in found.items() if any(grades.values())}


def _lines(path: Path) -> Iterator[tuple[Path, int, dict[str, Any]]]:
    if not path.is_file():
        raise SourceNotFoundError(f"{path}: no such file")
    for number, line in enumerate(_read(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise SourceError(f"{path}:{number}: not JSON: {error}") from None
        if not isinstance(fields, dict):
            raise SourceError(f"{path}:{number}: not a JSON object")
        yield path, number, fields


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: not UTF-8 at byte {error.start}") from None


def _text(fields: dict[str, Any], name: str, path: Path, line: int) -> str:
    value = fields.get(name)
    if not isinstance(value, str | int) or not str(value).strip():
        raise SourceError(f"{path}:{line}: no {name}")
    return str(value)
