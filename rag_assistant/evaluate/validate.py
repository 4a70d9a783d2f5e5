"""Checks a case file against the papers that it asks about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rag_assistant.answer.question import SCAFFOLD
from rag_assistant.evaluate.cases import Case, CasesRead, title_key
from rag_assistant.evaluate.metrics import has_fact
from rag_assistant.index.lexical import STOP_WORDS, words_of
from rag_assistant.records import Hit, Paper
from rag_assistant.sentences import sentence_spans

Search = Callable[[str], Sequence[Hit]]
# A single word ("test") asks nothing, wherever it stands.
_FEWEST_WORDS = 2
CHECKS = ("title", "fact", "evidence", "answerable")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with a case: where it stands (``file:line``), which check found it, and what it is."""

    place: str
    case: str | None
    check: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {f'{self.case}: ' if self.case else ''}{self.what}"


def validate(
    read: CasesRead, papers: Iterable[Paper], search: Search | None = None, skip: Sequence[str] = ()
) -> list[Finding]:
    """What is wrong with some cases, in the order of their lines.

    Lines that are no case and ids that occur twice are findings of the check ``line``. Of the others: every gold title
    is a paper's (``title``); of every fact one alternative stands in a gold paper (``fact``); all evidence is exactly
    in a gold paper's abstract (``evidence``); and of an unanswerable question no sentence of the papers found has all
    content words (``answerable``).

    Args:
        read: the cases.
        papers: all papers that they ask about.
        search: finds papers for an unanswerable question; None: these are not checked.
        skip: names of checks to leave out, such as ``evidence`` over papers with other abstracts than those quoted.
    """
    by_title: dict[str, Paper] = {title_key(paper.title): paper for paper in papers}
    findings = [Finding(f"{one.file}:{one.line}", None, "line", one.why) for one in read.rejected]
    for case in read.cases:
        for check, what in _problems(case, by_title, search):
            if check not in skip:
                findings.append(Finding(read.places[case.id], case.id, check, what))
    return sorted(findings, key=_line)


def _problems(case: Case, by_title: dict[str, Paper], search: Search | None) -> Iterator[tuple[str, str]]:
    gold = []
    for title in case.gold_titles:
        if (paper := by_title.get(title_key(title))) is None:
            yield "title", f"no paper is titled {title!r}"
        else:
            gold.append(paper)
    if len(gold) == len(case.gold_titles):
        for fact in case.facts:
            if gold and not any(has_fact(paper.text, fact) for paper in gold):
                yield "fact", f"no gold paper says {' or '.join(map(repr, fact))}"
        for words in case.evidence:
            if not any(words in paper.abstract for paper in gold):
                yield "evidence", f"no gold paper's abstract has these words: {words!r}"
    if not case.answerable and search is not None and not case.history:
        yield from (("answerable", what) for what in _answers(case.question, search(case.question)))


def _answers(question: str, hits: Sequence[Hit]) -> Iterator[str]:
    # Words as they stand, not their stems: who annotated something is not in "annotated samples".
    wanted = set(words_of(question)) - SCAFFOLD - STOP_WORDS
    if len(wanted) < _FEWEST_WORDS:
        return
    for hit in hits:
        for start, end in sentence_spans(hit.paper.abstract):
            sentence = hit.paper.abstract[start:end]
            if wanted <= set(words_of(f"{hit.paper.title} {sentence}")):
                yield f"{hit.paper.title!r} has every content word of this unanswerable question: {sentence!r}"
                return


def _line(finding: Finding) -> tuple[str, int]:
    file, _, line = finding.place.rpartition(":")
    return file, int(line)
