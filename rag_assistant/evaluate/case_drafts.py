"""From use to cases: an answer that somebody judged becomes the draft of a case, to be looked over by hand."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from rag_assistant.errors import SourceError
from rag_assistant.evaluate.cases import Case, case_dict, read_cases
from rag_assistant.present import answer_dict
from rag_assistant.records import Answer

Opinion = Literal["good", "bad"]

_FIGURE = re.compile(r"(?<![\w.])\d[\d,.]*\d?(?:[kKMBx%]|\s?(?:million|billion))?(?!\w)")
_MOST_FACTS = 4


def draft_case(answer: Answer | Mapping[str, Any], opinion: Opinion = "good", note: str = "") -> Case:
    """A draft case of an answer.

    Of a good answer the cited papers become the gold titles, the quotes its evidence and the figures of its supported
    sentences its facts; a good abstention becomes an unanswerable question. Of a bad one nothing is taken but the
    question, for what was wanted isn't known. What was thought of it stands in the note.

    Args:
        answer: the answer, or its JSON as ``rag-assistant ask --json`` prints it.
        opinion: of whoever read it.
        note: what he said.

    Raises:
        SourceError: the JSON is no answer.
    """
    fields = answer_dict(answer) if isinstance(answer, Answer) else answer
    try:
        question, abstained = str(fields["question"]), bool(fields["abstained"])
        standalone = str(fields["standalone_question"])
        titles = tuple(dict.fromkeys(str(one["paper"]["title"]) for one in fields["citations"]))
        quotes = tuple(dict.fromkeys(quote["text"] for one in fields["citations"] for quote in one["quotes"]))
        said = " ".join(one["text"] for one in fields["sentences"] if one["verdict"] == "supported")
    except (KeyError, TypeError) as error:
        raise SourceError(f"no answer as rag-assistant ask --json prints it: {error!r} is missing or wrong") from None
    if not question.strip():
        raise SourceError("no answer as rag-assistant ask --json prints it: the question is empty")
    # What a follow-up means without its conversation is the question that was searched for.
    asked = standalone if standalone.strip() else question
    good = opinion == "good"
    told = f"{'liked' if good else 'disliked'} in use{f': {note}' if note else ''}"
    figures = dict.fromkeys(match.group().rstrip(".,") for match in _FIGURE.finditer(said))
    return Case(
        id=f"draft-{hashlib.sha256(asked.encode()).hexdigest()[:10]}",
        type="unanswerable" if good and abstained else "factual",
        question=asked,
        gold_titles=titles if good and not abstained else (),
        min_cites=len(titles) if good and not abstained else 0,
        facts=tuple((figure,) for figure in list(figures)[:_MOST_FACTS]) if good else (),
        evidence=quotes if good and not abstained else (),
        note=told,
        draft=True,
    )


def add_draft(path: Path, case: Case) -> bool:
    """Adds a draft to a file of cases, which is made where it isn't there.

    Returns:
        False where the file has that question already.

    Raises:
        SourceError: the file can't be written.
    """
    try:
        known = read_cases([path]).places if path.exists() else {}
        if case.id in known:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(case_dict(case), ensure_ascii=False) + "\n")
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from None
    return True
