"""What readers think of answers, kept as draft cases in a file beside the index, to be looked over by hand."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, ValidationError

from rag_assistant.errors import CorpusError
from rag_assistant.evaluate.case_drafts import Opinion, add_draft, draft_case

if TYPE_CHECKING:
    from rag_assistant.web.session import Session

LONGEST_NOTE = 500


class Judgement(BaseModel):
    """What the page sends: the turn's number, the opinion, and a word to it."""

    turn: int = Field(ge=1)
    opinion: Opinion
    note: str = Field("", max_length=LONGEST_NOTE)


def drafts_path(index_dir: Path) -> Path:
    """Where opinions are kept: beside the index, which may be made anew at any time."""
    return index_dir.with_name(f"{index_dir.name}-drafts.jsonl")


class Feedback:
    """The file of drafts, written by one thread at a time."""

    def __init__(self, index_dir: Path) -> None:
        self.path = drafts_path(index_dir)
        self._lock = threading.Lock()

    def take(self, session: Session, sent: str) -> None:
        """Keeps what a reader thinks of an answer of his, and has the page tell him what became of it.

        What isn't a judgement, or is one of no answer, changes nothing.
        """
        try:
            judgement = Judgement.model_validate_json(sent)
        except ValidationError:
            return
        answer = session.answer_of(judgement.turn)
        if answer is None:
            return
        try:
            with self._lock:
                added = add_draft(self.path, draft_case(answer, judgement.opinion, " ".join(judgement.note.split())))
        except CorpusError as error:
            session.judged(judgement.turn, None, f"Not kept: {error}")
            return
        kept = f"Thank you: kept as a draft case in {self.path.name}, beside the index."
        before = f"This question is in {self.path.name} already; it stands there as it was judged first."
        session.judged(judgement.turn, judgement.opinion, kept if added else before)
