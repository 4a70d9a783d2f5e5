"""Questions to measure answers on, one JSON object a line.

``evals/case.schema.json`` is the format as a JSON Schema, ``evals/README.md`` describes the fields.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from rag_assistant.errors import SourceError, SourceNotFoundError
from rag_assistant.records import Rejection

CaseType = Literal["factual", "named", "numeric", "multi", "compare", "noisy", "followup", "unanswerable"]
Split = Literal["dev", "held_out"]
Facts = tuple[tuple[str, ...], ...]

_FIELDS = frozenset(
    {
        "id",
        "type",
        "split",
        "question",
        "history",
        "gold_titles",
        "mode",
        "min_cites",
        "facts",
        "evidence",
        "note",
        "draft",
    }
)
_LATEX = re.compile(r"\\[a-zA-Z]*|[{}$]")


@dataclass(frozen=True, slots=True)
class Case:
    """A question and what a right answer holds.

    ``facts`` are strings that must stand in the answer, each with its alternatives. Where ``mode`` is ``all`` every
    paper of ``gold_titles`` has to be cited, where it is ``any`` at least ``min_cites`` of them. ``history`` holds the
    questions that came before in the conversation, ``evidence`` exact words of the gold papers' abstracts. A ``draft``
    was made from use and has not been looked over yet.
    """

    id: str
    type: CaseType
    question: str
    gold_titles: tuple[str, ...]
    mode: Literal["all", "any"] = "all"
    min_cites: int = 1
    facts: Facts = ()
    evidence: tuple[str, ...] = ()
    split: Split = "dev"
    history: tuple[str, ...] = ()
    note: str = ""
    draft: bool = False

    @property
    def answerable(self) -> bool:
        """Whether some paper answers the question."""
        return self.type != "unanswerable"


@dataclass(frozen=True, slots=True)
class CasesRead:
    """The cases of some files in their order, where each stands (``file:line`` by id), and the lines that are none."""

    cases: tuple[Case, ...]
    places: Mapping[str, str]
    rejected: tuple[Rejection, ...]


def read_cases(paths: Sequence[Path]) -> CasesRead:
    """The cases of some files, one JSON object a line; a line that is none, or whose id occurred before, is rejected.

    Raises:
        SourceNotFoundError: a file isn't there.
        SourceError: a file is not UTF-8 text.
    """
    cases: list[Case] = []
    places: dict[str, str] = {}
    rejected: list[Rejection] = []
    for path in paths:
        for number, line in _lines(path):
            try:
                case = parse_case(json.loads(line))
            except (ValueError, TypeError) as error:
                rejected.append(Rejection(str(path), number, f"not a case: {error}"))
                continue
            if case.id in places:
                why = f"the id {case.id!r} occurs twice, first at {places[case.id]}"
                rejected.append(Rejection(str(path), number, why))
                continue
            places[case.id] = f"{path}:{number}"
            cases.append(case)
    return CasesRead(tuple(cases), places, tuple(rejected))


def load_cases(path: Path) -> list[Case]:
    """The cases of a file of which every line has to be one; drafts are left out.

    Raises:
        SourceNotFoundError: the file isn't there.
        SourceError: a line is no case, or an id occurs twice; the line is named.
    """
    read = read_cases([path])
    if read.rejected:
        raise SourceError(str(read.rejected[0]))
    return [case for case in read.cases if not case.draft]


def case_dict(case: Case) -> dict[str, Any]:
    """A case as the object of its line: what is empty is left out, but for the gold titles and facts."""
    fields = {name: _plain(value) for name, value in asdict(case).items()}
    kept = ("gold_titles", "facts")
    return {name: value for name, value in fields.items() if name in kept or value not in ([], "", False)}


def title_key(title: str) -> str:
    """What two spellings of one title have in common: its letters and digits, without case, LaTeX or punctuation."""
    text = unicodedata.normalize("NFKC", _LATEX.sub(" ", title))
    return re.sub(r"[^a-z0-9]+", "", re.sub(r"^Subscribe(?=[A-Z])", "", text).lower())


def known_only(read: CasesRead, titles: Iterable[str]) -> CasesRead:
    """The same without the cases that ask for a paper that a collection lacks: these are rejected, in their place."""
    known = {title_key(title) for title in titles}
    kept: list[Case] = []
    rejected = list(read.rejected)
    for case in read.cases:
        if lacking := [title for title in case.gold_titles if title_key(title) not in known]:
            file, _, line = read.places[case.id].rpartition(":")
            why = f"{case.id}: no paper is titled {', '.join(map(repr, lacking))}"
            rejected.append(Rejection(file, int(line), why))
        else:
            kept.append(case)
    return CasesRead(tuple(kept), read.places, tuple(rejected))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    if not path.is_file():
        raise SourceNotFoundError(f"{path}: no such file")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    # Not splitlines: it breaks at characters that JSON allows inside a string.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line


def parse_case(fields: Any) -> Case:
    """A case from the object of its line.

    Raises:
        ValueError: a field is missing or wrong; it is named.
        TypeError: not an object.
    """
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
    draft = fields.get("draft", False)
    if not isinstance(draft, bool):
        raise ValueError(f"draft {draft!r} is neither true nor false")
    gold, history = _strings(fields, "gold_titles"), _strings(fields, "history")
    if fields["type"] == "unanswerable":
        if gold:
            raise ValueError("an unanswerable question has no gold_titles")
    elif not gold and not draft:
        raise ValueError("no gold_titles")
    if fields["type"] == "followup" and not history:
        raise ValueError("a followup needs its history: the questions before it")
    return Case(
        id=fields["id"],
        type=fields["type"],
        question=fields["question"],
        gold_titles=gold,
        mode=mode,
        min_cites=_min_cites(fields, len(gold), mode),
        facts=_facts(fields),
        evidence=_strings(fields, "evidence"),
        split=fields.get("split", "dev"),
        history=history,
        note=_note(fields),
        draft=draft,
    )


def _min_cites(fields: dict[str, Any], gold: int, mode: str) -> int:
    given = fields.get("min_cites")
    if given is None:
        return gold if mode == "all" else min(1, gold)
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise ValueError(f"min_cites {given!r} is no whole number")
    if given > gold:
        raise ValueError(f"min_cites {given} is more than the {gold} gold_titles")
    return given


def _facts(fields: dict[str, Any]) -> Facts:
    facts = fields.get("facts", [])
    if not isinstance(facts, list) or not all(isinstance(fact, list) and fact for fact in facts):
        raise ValueError("facts must be lists of alternatives")
    if not all(isinstance(one, str) and one.strip() for fact in facts for one in fact):
        raise ValueError("an alternative of a fact must be a string that is not empty")
    return tuple(tuple(fact) for fact in facts)


def _note(fields: dict[str, Any]) -> str:
    note = fields.get("note", "")
    if not isinstance(note, str):
        raise ValueError("note must be a string")
    return note


def _strings(fields: dict[str, Any], name: str) -> tuple[str, ...]:
    values: Sequence[Any] = fields.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
        raise ValueError(f"{name} must be a list of strings, none of them empty")
    return tuple(values)


def _plain(value: Any) -> Any:
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
