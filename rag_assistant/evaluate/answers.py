"""Measures the extractive answers on a file of cases, beside a plain baseline.

::

    python -m rag_assistant.evaluate.answers evals/questions.jsonl --index-dir DIR [--split dev] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter

from rag_assistant.answer import standalone_question, write_extractive
from rag_assistant.errors import RagAssistantError
from rag_assistant.evaluate.cases import Case, load_cases, unknown_titles
from rag_assistant.evaluate.metrics import Score, Summary, score, summarise
from rag_assistant.index.embed import load_encoder
from rag_assistant.index.open import Index
from rag_assistant.records import Answer, Citation, Draft, DraftSentence, Hit, Quote
from rag_assistant.retrieve import search
from rag_assistant.sentences import sentence_spans
from rag_assistant.settings import Settings, load_settings

Writer = Callable[[str, tuple[Hit, ...], Index, Settings], Draft]
COLUMNS = ("cases", "precision", "papers", "facts", "right", "declined", "words", "ms")


def extractive(question: str, hits: tuple[Hit, ...], index: Index, settings: Settings) -> Draft:
    """The writer that is measured."""
    return write_extractive(question, hits, index, settings.answer)


def closest_sentences(question: str, hits: tuple[Hit, ...], index: Index, settings: Settings) -> Draft:
    """The baseline: of the top three papers the sentence closest to the question each; it never abstains."""
    del settings
    vector = index.embed_question(question)
    papers = [hit.paper for hit in hits[:3]]
    chosen: list[DraftSentence] = []
    for number, paper in enumerate(papers, 1):
        spans = sentence_spans(paper.abstract)
        if not spans:
            continue
        vectors = index.encoder.encode_passages([paper.abstract[start:end] for start, end in spans])
        start, end = spans[int((vectors @ vector).argmax())]
        quote = Quote(paper.id, paper.abstract[start:end], start, end)
        chosen.append(DraftSentence(quote.text, (number,), (quote,)))
    return Draft(tuple(chosen), tuple(papers), "extractive")


def measure(cases: Sequence[Case], index: Index, settings: Settings, writer: Writer) -> list[tuple[Score, Draft]]:
    """Every case answered and scored; a follow-up after the questions that came before it."""
    results = []
    for case in cases:
        said: list[Answer] = []
        for earlier in case.history:
            question = standalone_question(earlier, said)
            hits = search(index, question, settings.retrieve)
            said.append(_answer(question, hits, writer(question, hits, index, settings)))
        began = perf_counter()
        question = standalone_question(case.question, said)
        hits = search(index, question, settings.retrieve)
        draft = writer(question, hits, index, settings)
        seconds = perf_counter() - began
        titles = [draft.evidence[marker - 1].title for one in draft.sentences for marker in one.markers]
        text = " ".join(one.text for one in draft.sentences)
        results.append((score(case, titles, text, declined=draft.abstained, seconds=seconds), draft))
    return results


def by_type(scores: Sequence[Score]) -> dict[str, Summary]:
    """Summaries by type of case, then of all that can be answered, of all that can't, and of every case."""
    types = dict.fromkeys(one.case.type for one in scores)
    groups: dict[str, list[Score]] = {name: [one for one in scores if one.case.type == name] for name in types}
    groups["answerable"] = [one for one in scores if one.case.answerable]
    groups["not answerable"] = [one for one in scores if not one.case.answerable]
    groups["all"] = list(scores)
    return {name: summarise(group) for name, group in groups.items() if group}


def table(summaries: dict[str, Summary]) -> str:
    """Summaries as lines of text, one a type."""
    lines = [f"{'':14} " + " ".join(f"{name:>9}" for name in COLUMNS)]
    for name, summary in summaries.items():
        cells = [f"{summary.cases:>9}"]
        shares = (summary.precision, summary.papers, summary.facts, summary.right, summary.declined)
        cells += [f"{'–' if value is None else f'{value:.3f}':>9}" for value in shares]
        cells.append(f"{'–' if summary.words is None else f'{summary.words:.0f}':>9}")
        cells.append(f"{'–' if summary.seconds is None else f'{summary.seconds * 1000:.0f}':>9}")
        lines.append(f"{name:14} " + " ".join(cells))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.answers", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--index-dir", type=Path, required=True)
    parser.add_argument("--split", choices=("dev", "held_out"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", action="store_true", help="print every answer that is not wholly right")
    given = parser.parse_args(arguments)
    try:
        settings = load_settings(index_dir=given.index_dir)
        index = Index(given.index_dir, settings, lambda: load_encoder(settings.embedding.model))
        cases = [case for case in load_cases(given.file) if given.split in (None, case.split)]
        for case_id, title in unknown_titles(cases, (paper.title for paper in index.catalog.all_papers())):
            print(f"{case_id}: the index has no paper titled {title!r}", file=sys.stderr)  # noqa: T201
        index.embed_question("warm up")
        runs = {
            name: measure(cases, index, settings, writer)
            for name, writer in (("extractive", extractive), ("closest sentences", closest_sentences))
        }
    except RagAssistantError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    summaries = {name: by_type([one for one, _ in results]) for name, results in runs.items()}
    if given.json:
        plain = {name: {key: asdict(value) for key, value in found.items()} for name, found in summaries.items()}
        print(json.dumps(plain, indent=1))  # noqa: T201
        return 0
    for name, found in summaries.items():
        print(f"\n{name}\n{table(found)}")  # noqa: T201
    if given.show:
        for result, draft in runs["extractive"]:
            if not result.right:
                print(f"\n{result.case.id}  {result.case.question}\n{_shown(draft)}")  # noqa: T201
    return 0


def _answer(question: str, hits: tuple[Hit, ...], draft: Draft) -> Answer:
    cited = dict.fromkeys(marker for one in draft.sentences for marker in one.markers)
    citations = tuple(Citation(number, draft.evidence[marker - 1], ()) for number, marker in enumerate(cited, 1))
    return Answer(
        question=question,
        standalone_question=question,
        text=" ".join(one.text for one in draft.sentences),
        sentences=(),
        citations=citations,
        hits=hits,
        abstained=draft.abstained,
        reason=draft.reason,
        mode="extractive",
        model=None,
    )


def _shown(draft: Draft) -> str:
    if draft.abstained:
        return f"  declined: {draft.reason}"
    return "\n".join(f"  [{draft.evidence[one.markers[0] - 1].title[:50]}] {one.text}" for one in draft.sentences)


if __name__ == "__main__":
    sys.exit(main())
