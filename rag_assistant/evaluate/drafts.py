"""What the check makes of a model's drafts with known faults: what gets through, and what is lost of what is right.

    python -m rag_assistant.evaluate.drafts [--index-dir DIR] [--drafts 300] [--seed 0] [--show]

The drafts are made by rule over the papers of an index (``faulty_drafts``) and go through the same
:func:`rag_assistant.verify.resolve` as every answer.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rag_assistant.assistant import Assistant
from rag_assistant.errors import RagAssistantError
from rag_assistant.evaluate.faulty_drafts import FAULTS, FaultyDraft, Written, make_drafts
from rag_assistant.records import DOUBT, Paper, Sentence
from rag_assistant.verify import resolve

_SENT = 6  # papers that a draft's writer has before it


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one written sentence: the sentences of the answer that came of it, none where it was dropped."""

    written: Written
    found: tuple[Sentence, ...]

    @property
    def marked(self) -> bool:
        """Whether a reader sees that it isn't fully borne out, or doesn't see it at all."""
        return not self.found or any(DOUBT in one.marked for one in self.found)

    @property
    def lost(self) -> bool:
        """Whether it was dropped, or is shown as borne out by nothing."""
        return not self.found or any(one.verdict == "unsupported" for one in self.found)

    @property
    def miscited(self) -> bool:
        """Whether it cites, without a mark, a paper that doesn't bear it out."""
        cited = {citation.paper.id for one in self.found for citation in one.citations}
        return not self.marked and not cited <= self.written.bearers


@dataclass(frozen=True, slots=True)
class DraftsReport:
    """The outcomes of all written sentences, and the citations that name a paper which wasn't sent."""

    drafts: int
    outcomes: tuple[Outcome, ...]
    unsent: int

    def unmarked(self, *faults: str) -> float:
        """The share of sentences with these faults, from 0 to 1, that a reader sees without a mark."""
        false = [one for one in self.outcomes if one.written.fault in faults]
        return sum(not one.marked for one in false) / max(1, len(false))

    @property
    def lost(self) -> float:
        """The share of right sentences, from 0 to 1, that are lost; a fault of the marker alone leaves one right."""
        true = [one for one in self.outcomes if one.written.bearers]
        return sum(one.lost for one in true) / max(1, len(true))

    def table(self) -> str:
        """The report as lines for a terminal."""
        reworded = sum(one.written.reworded for one in self.outcomes if one.written.fault is None)
        lines = [
            f"{self.drafts} drafts, {len(self.outcomes)} sentences",
            f"citations to a paper that was not sent: {self.unsent}",
            f"wrong number or invented sentence, and no mark: {self.unmarked('wrong number', 'invented sentence'):.3f}",
            f"right sentence with an invented detail, and no mark: {self.unmarked('invented detail'):.3f}",
            f"right, and lost: {self.lost:.3f}",
            f"{'':<20}{'n':>5}{'no mark':>9}{'lost':>6}{'cites wrongly':>15}",
        ]
        for fault in (None, *FAULTS):
            ones = [one for one in self.outcomes if one.written.fault == fault]
            unmarked, lost = sum(not one.marked for one in ones), sum(one.lost for one in ones)
            miscited = sum(one.miscited for one in ones)
            lines.append(f"{fault or 'right':<20}{len(ones):>5}{unmarked:>9}{lost:>6}{miscited:>15}")
        return "\n".join([*lines, f"of the right ones {reworded} are reworded by rule, the others copied"])


def check_drafts(drafts: Sequence[FaultyDraft]) -> DraftsReport:
    """Puts drafts through the check and follows every written sentence to what became of it."""
    outcomes: list[Outcome] = []
    unsent = 0
    for one in drafts:
        resolved = resolve(one.draft)
        sent = {paper.id for paper in one.evidence}
        unsent += sum(citation.paper.id not in sent for citation in resolved.citations)
        for written in one.written:
            said = _letters(written.text)
            outcomes.append(
                Outcome(written, tuple(found for found in resolved.sentences if _letters(found.text) in said))
            )
    return DraftsReport(len(drafts), tuple(outcomes), unsent)


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table for an index; with ``--show``, what went wrong."""
    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.drafts", description=__doc__)
    parser.add_argument("--index-dir", type=Path, help="the bundled papers where none is named")
    parser.add_argument("--drafts", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="print every sentence that was misjudged")
    given = parser.parse_args(arguments)
    try:
        assistant = Assistant.open(given.index_dir) if given.index_dir else Assistant.open_bundled()
        papers = sorted(assistant.papers(), key=lambda paper: paper.id)

        def find(title: str) -> list[Paper]:
            return [hit.paper for hit in assistant.search(title, _SENT)]

        report = check_drafts(make_drafts(papers, find, given.drafts, given.seed))
    except RagAssistantError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    print(report.table())  # noqa: T201
    if given.show:
        for one in report.outcomes:
            wrong = one.miscited or (one.lost if one.written.bearers else not one.marked)
            if wrong:
                said = " | ".join(f"{found.verdict} {found.score}: {found.reasons}" for found in one.found)
                print(f"\n{one.written.fault or 'right'}: {one.written.shown}\n  {said or 'not in the answer'}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
