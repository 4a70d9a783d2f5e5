"""Citation recall and precision by entailment: strictly, as ALCE has them, and leniently, as ScholarQABench has them.

ALCE: Gao, Yen, Yu and Chen 2023, "Enabling Large Language Models to Generate Text with Citations", section 4.3.
ScholarQABench: Asai and others 2024, "OpenScholar", its citation script, which adapts ALCE's. Both take a judge for
their NLI model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag_assistant.evaluate.judges import Judge
from rag_assistant.records import Answer

NAMES = ("citation_recall", "citation_precision", "lenient_recall", "lenient_precision")
# ScholarQABench leaves shorter sentences out.
_SHORT = 50
# Both scripts read so many citations of a sentence (at_most_citations).
_MOST_CITED = 3


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """A sentence without markers, and the texts of the papers that it cites."""

    text: str
    premises: tuple[str, ...]


def cited_sentences(answer: Answer) -> tuple[CitedSentence, ...]:
    """The sentences of an answer with title and abstract of the first three papers that each cites."""
    return tuple(
        CitedSentence(one.text, tuple(dict.fromkeys(citation.paper.text for citation in one.citations))[:_MOST_CITED])
        for one in answer.sentences
    )


def judged_values(sentences: Sequence[CitedSentence], judge: Judge) -> dict[str, float | None]:
    """The four measures of one answer; all None where it has no sentence.

    Strict recall is the share of sentences that cite something and that all they cite together bears out. Strict
    precision is the share of citations that are needed: their sentence is borne out, and either this paper alone
    bears it out or the others alone do not. Leniently, sentences of fewer than 50 characters don't count, and one
    without citation takes those of the sentence before. As in both scripts, only the first three citations of a
    sentence are read, and precision is 0 where sentences count and none of them cites anything.

    Raises:
        RagAssistantError: the judge gave up.
    """
    asked: dict[tuple[str, tuple[str, ...]], bool] = {}

    def borne_out(claim: str, premises: tuple[str, ...]) -> bool:
        if (claim, premises) not in asked:
            asked[claim, premises] = judge.supports(claim, premises)
        return asked[claim, premises]

    def measured(counted: Sequence[CitedSentence]) -> tuple[float | None, float | None]:
        recalled = precise = citations = 0
        for one in counted:
            citations += len(one.premises)
            if not one.premises or not borne_out(one.text, one.premises):
                continue
            recalled += 1
            if len(one.premises) == 1:
                precise += 1
                continue
            for place, premise in enumerate(one.premises):
                others = one.premises[:place] + one.premises[place + 1 :]
                precise += borne_out(one.text, (premise,)) or not borne_out(one.text, others)
        if not counted:
            return None, None
        return recalled / len(counted), precise / citations if citations else 0.0

    return dict(zip(NAMES, (*measured(sentences), *measured(list(_lenient(sentences)))), strict=True))


def _lenient(sentences: Sequence[CitedSentence]) -> Iterator[CitedSentence]:
    before: tuple[str, ...] = ()
    for one in sentences:
        if len(one.text) < _SHORT:
            continue
        before = one.premises or before
        yield CitedSentence(one.text, before)
