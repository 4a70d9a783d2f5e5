"""What a run keeps of each question: the case, the answer as it was shown, and its measures, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rag_assistant.evaluate.cases import Case, case_dict, parse_case
from rag_assistant.evaluate.metrics import Values
from rag_assistant.present import answer_dict
from rag_assistant.records import Answer

_ABOUT_PAPER = ("id", "title", "abstract", "year", "url")


@dataclass(frozen=True, slots=True)
class Result:
    """One question of a run.

    ``answer`` is :func:`rag_assistant.present.answer_dict` without its hits, of the cited papers what a report shows;
    None where the question failed, and then ``error`` says why. ``found`` are the titles of the ten papers found, the
    best first; ``confidence`` the probability, from 0 to 1, that one of those handed to the writer answers;
    ``controls`` the measures of the shortcuts by name. ``unjudged`` says why the judge gave no verdict.
    """

    case: Case
    values: Values
    answer: Mapping[str, Any] | None
    found: tuple[str, ...] = ()
    confidence: float | None = None
    controls: Mapping[str, Values] = field(default_factory=dict)
    error: str | None = None
    unjudged: str | None = None

    @property
    def complete(self) -> bool:
        """Whether nothing of it has to be asked again."""
        return self.error is None and self.unjudged is None

    @property
    def right(self) -> bool:
        """Whether the answer is wholly right, or rightly withheld."""
        return self.values.get("right") == 1


def shown(answer: Answer) -> dict[str, Any]:
    """An answer as a run keeps it."""
    fields = answer_dict(answer)
    for name in ("hits", "manifest", "thinking", "draft"):
        del fields[name]
    for citation in fields["citations"]:
        citation["paper"] = {name: citation["paper"][name] for name in _ABOUT_PAPER}
    return fields


def result_line(result: Result) -> str:
    """A result as one line of JSON."""
    fields = {
        "id": result.case.id,
        "case": case_dict(result.case),
        "values": _rounded(result.values),
        "answer": result.answer,
        "found": list(result.found),
        "confidence": None if result.confidence is None else round(result.confidence, 6),
        "controls": {name: _rounded(values) for name, values in result.controls.items()},
        "error": result.error,
        "unjudged": result.unjudged,
    }
    return json.dumps(fields, ensure_ascii=False)


def parse_result(line: str) -> Result:
    """A result from its line.

    Raises:
        ValueError: it isn't one.
    """
    try:
        fields = json.loads(line)
        return Result(
            case=parse_case(fields["case"]),
            values=fields["values"],
            answer=fields["answer"],
            found=tuple(fields["found"]),
            confidence=fields["confidence"],
            controls=fields["controls"],
            error=fields["error"],
            unjudged=fields["unjudged"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"no {error}" if isinstance(error, KeyError) else str(error)) from None


def _rounded(values: Values) -> dict[str, float | None]:
    return {name: None if value is None else round(value, 6) for name, value in values.items()}
