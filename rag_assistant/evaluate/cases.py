"""Questions to measure answers on, one JSON object a line; ``evals/README.md`` describes the fields."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from rag_assistant.errors import SourceError, SourceNotFoundError

CaseType = Literal["factual", "named", "numeric", "multi", "compare", "noisy", "followup", "unanswerable"]
Split = Literal["dev", "held_out"]
Facts = tuple[tuple[str, ...], ...]

_FIELDS = frozenset(
    {"id", "type", "split", "question", "history", "gold_titles", "mode", "min_cites", "facts", "evidence", "note"}
)
_LATEX = re.compile(r"\\[a-zA-Z]*|[{}$]")


@dataclass(frozen=True, slots=True)
class Case:
    """A question and what a right answer holds.

    ``facts`` are strings that must stand in the answer, each with its alternatives. Where ``mode`` is ``all`` every
    paper of ``gold_titles`` has to be cited, where it is ``any`` at least ``min_cites`` of them. ``history`` holds the
    questions that came before in the conversation.
    """

    id: str
    type: CaseType
    question: str
    gold_titles: tuple[str, ...]
    mode: Literal["all", "any"] = "all"
    min_cites: int = 1
    facts: Facts = ()
    split: Split = "dev"
    history: tuple[str, ...] = ()
    note: str = ""

    @property
    def answerable(self) -> bool:
        """Whether some paper answers the question."""
        return self.type != "unanswerable"


def load_cases(path: Path) -> list[Case]:
    """The cases of a file.

    Raises:
        SourceNotFoundError: the file isn't there.
        SourceError: a line is no case, or an id occurs twice; the line is named.
    """
    if not path.is_file():
        raise SourceNotFoundError(f"{path}: no such file")
    cases: list[Case] = []
    seen: set[str] = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            case = _case(json.loads(line))
        except (ValueError, TypeError) as error:
            raise SourceError(f"{path}:{number}: not a case: {error}") from None
        if case.id in seen:
            raise SourceError(f"{path}:{number}: the id {case.id!r} occurs twice")
        seen.add(case.id)
        cases.append(case)
    return cases


def title_key(title: str) -> str:
    """What two spellings of one title have in common: its letters and digits, without case, LaTeX or punctuation."""
    text = unicodedata.normalize("NFKC", _LATEX.sub(" ", title))
    return re.sub(r"[^a-z0-9]+", "", re.sub(r"^Subscribe(?=[A-Z])", "", text).lower())


def unknown_titles(cases: Iterable[Case], titles: Iterable[str]) -> list[tuple[str, str]]:
    """The (case id, gold title) pairs of papers that a collection lacks."""
    known = {title_key(title) for title in titles}
    return [(case.id, title) for case in cases for title in case.gold_titles if title_key(title) not in known]


def _case(fields: Any) -> Case:
    if not isinstance(fields, dict):
        raise TypeError("not a JSON object")
    if unknown := sorted(set(fields) - _FIELDS):
        raise ValueError(f"unknown field {', '.join(unknown)}")
    for name in ("id", "type", "question"):
        if not isinstance(fields.get(name), str) or not fields[name].strip():
            raise ValueError(f"no {name}")
    if fields["type"] not in get_args(CaseType):
        raise ValueError(f"type {fields['type']!r} is none of {', '.join(get_args(CaseType))}")
    if fields.get("split", "dev") not in get_args(Split):
        raise ValueError(f"split {fields['split']!r} is neither dev nor held_out")
    mode = fields.get("mode", "all")
    if mode not in ("all", "any"):
        raise ValueError(f"mode {mode!r} is neither all nor any")
    gold = _strings(fields, "gold_titles")
    if not gold and fields["type"] != "unanswerable":
        raise ValueError("no gold_titles")
    facts = fields.get("facts", [])
    if not isinstance(facts, list) or not all(isinstance(fact, list) and fact for fact in facts):
        raise ValueError("facts must be lists of alternatives")
    return Case(
        id=fields["id"],
        type=fields["type"],
        question=fields["question"],
        gold_titles=gold,
        mode=mode,
        min_cites=int(fields.get("min_cites") or (len(gold) if mode == "all" else 1)),
        facts=tuple(tuple(str(one) for one in fact) for fact in facts),
        split=fields.get("split", "dev"),
        history=_strings(fields, "history"),
        note=str(fields.get("note") or ""),
    )


def _strings(fields: dict[str, Any], name: str) -> tuple[str, ...]:
    values: Sequence[Any] = fields.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{name} must be a list of strings")
    return tuple(values)
