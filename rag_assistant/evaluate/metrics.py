"""How good one answer is: the measures, each a number of one answer, and how they are computed.

docs/evaluation.md defines every measure and names its source. What cannot be asked of an answer (the precision of no
citation) is None, and no mean counts it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from rag_assistant.evaluate.cases import Case, title_key
from rag_assistant.records import Answer

Values = Mapping[str, float | None]
"""An answer's measures by name."""

_LATEX = re.compile(r"\\[a-zA-Z]+|[\\{}$]")


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure: its name in files, what a reader sees, its unit, and which way is better (None: neither).

    A measure with a ``headline``, its name in a narrow column, stands at the top of a report and is held by the gate.
    """

    name: str
    label: str
    better: Literal["higher", "lower"] | None = "higher"
    unit: Literal["share", "words", "sentences", "seconds", "tokens"] = "share"
    headline: str | None = None


MEASURES = (
    Measure("right", "Wholly right", headline="right"),
    Measure("needed_papers", "Needed papers cited", headline="papers"),
    Measure("paper_precision", "Paper precision", headline="precision"),
    Measure("paper_recall", "Paper recall"),
    Measure("paper_f1", "Paper F1"),
    Measure("facts", "Facts stated", headline="facts"),
    Measure("answered", "Answerable answered", headline="answered"),
    Measure("declined", "Unanswerable declined", headline="declined"),
    Measure("citation_recall", "Citation recall, strict (ALCE)", headline="cite rec."),
    Measure("citation_precision", "Citation precision, strict (ALCE)", headline="cite prec."),
    Measure("lenient_recall", "Citation recall, lenient (ScholarQABench)"),
    Measure("lenient_precision", "Citation precision, lenient (ScholarQABench)"),
    Measure("quotes_exact", "Quotes exact", headline="quotes"),
    Measure("evidence", "Evidence quoted"),
    Measure("ndcg_10", "nDCG@10", headline="nDCG@10"),
    Measure("recall_5", "Recall@5"),
    Measure("recall_10", "Recall@10"),
    Measure("mrr_10", "MRR@10"),
    Measure("sentences", "Sentences", better=None, unit="sentences"),
    Measure("words", "Words", better=None, unit="words"),
    Measure("seconds", "Seconds", better="lower", unit="seconds"),
    Measure("retrieve_seconds", "Seconds to retrieve", better="lower", unit="seconds"),
    Measure("write_seconds", "Seconds to write", better="lower", unit="seconds"),
    Measure("verify_seconds", "Seconds to verify", better="lower", unit="seconds"),
    Measure("tokens", "Tokens written (estimate)", better="lower", unit="tokens"),
)
BY_NAME: Mapping[str, Measure] = {measure.name: measure for measure in MEASURES}
HEADLINE = tuple(measure for measure in MEASURES if measure.headline is not None)


def answer_values(case: Case, answer: Answer) -> dict[str, float | None]:
    """What can be measured of an answer without a judge and without another search."""
    values = {
        **paper_values(case, [citation.paper.title for citation in answer.citations], declined=answer.abstained),
        "facts": fact_recall(case, "" if answer.abstained else answer.text),
        "answered": float(not answer.abstained) if case.answerable else None,
        "declined": None if case.answerable else float(answer.abstained),
        "quotes_exact": exact_quotes(answer),
        "evidence": evidence_quoted(case, answer),
        "sentences": None if answer.abstained else float(len(answer.sentences)),
        "words": None if answer.abstained else float(len(answer.text.split())),
        "seconds": answer.timings.get("total"),
        **{f"{stage}_seconds": answer.timings.get(stage) for stage in ("retrieve", "write", "verify")},
        "tokens": _tokens(answer),
    }
    values["right"] = right(case, values)
    return values


def right(case: Case, values: Values) -> float:
    """1 for an answer that cites the needed papers and states every fact, and for a question rightly declined."""
    if not case.answerable:
        return float(values["declined"] or 0)
    return float(values["needed_papers"] == 1 and values["facts"] in (None, 1.0))


def paper_values(case: Case, titles: Sequence[str], *, declined: bool) -> dict[str, float | None]:
    """Citations as a set of papers against the gold ones: precision, recall, F1, and whether those needed are cited.

    Args:
        case: the question and its gold titles; of one that can't be answered nothing is measured.
        titles: of the papers cited.
        declined: whether the answer abstained: then nothing is cited, and precision is None.
    """
    if not case.answerable:
        return dict.fromkeys(("paper_precision", "paper_recall", "paper_f1", "needed_papers"))
    gold = {title_key(title) for title in case.gold_titles}
    cited = set() if declined else {title_key(title) for title in titles}
    hit = len(cited & gold)
    needed = len(gold) if case.mode == "all" else case.min_cites
    return {
        "paper_precision": hit / len(cited) if cited else None,
        "paper_recall": hit / len(gold),
        "paper_f1": 2 * hit / (len(cited) + len(gold)),
        "needed_papers": float(not declined and hit >= needed),
    }


def fact_recall(case: Case, text: str) -> float | None:
    """The share of the case's facts that stand in the text; None where it has none."""
    return fmean(has_fact(text, fact) for fact in case.facts) if case.facts else None


def exact_quotes(answer: Answer) -> float | None:
    """The share of quotes that are exactly the words of the abstract at their place; None where nothing is quoted."""
    quotes = [(citation.paper, quote) for citation in answer.citations for quote in citation.quotes]
    if not quotes:
        return None
    return fmean(
        quote.paper_id == paper.id and paper.abstract[quote.start : quote.end] == quote.text != ""
        for paper, quote in quotes
    )


def evidence_quoted(case: Case, answer: Answer) -> float | None:
    """The share of the case's pieces of evidence of which the answer's quotes hold at least half."""
    if not case.evidence:
        return None
    found = []
    for words in case.evidence:
        best = 0.0
        for citation in answer.citations:
            start = citation.paper.abstract.find(words)
            if start >= 0:
                quoted = {place for quote in citation.quotes for place in range(quote.start, quote.end)}
                best = max(best, len(quoted.intersection(range(start, start + len(words)))) / len(words))
        found.append(best >= 0.5)
    return fmean(found)


def ranking_values(ranked: Sequence[str], relevant: Collection[str]) -> dict[str, float | None]:
    """nDCG@10, recall@5 and @10, MRR@10 of one question, as trec_eval defines them, each paper relevant or not.

    Args:
        ranked: keys of the papers found, the best first, none twice.
        relevant: keys of the papers that answer; where there is none every value is None.
    """
    names = ("ndcg_10", "recall_5", "recall_10", "mrr_10")
    if not relevant:
        return dict.fromkeys(names)
    gains = [key in relevant for key in ranked[:10]]
    discounted = sum(gain / math.log2(place + 1) for place, gain in enumerate(gains, 1))
    ideal = sum(1 / math.log2(place + 1) for place in range(1, min(10, len(relevant)) + 1))
    first = next((place for place, gain in enumerate(gains, 1) if gain), None)
    values = (discounted / ideal, sum(gains[:5]) / len(relevant), sum(gains) / len(relevant), 1 / first if first else 0)
    return dict(zip(names, values, strict=True))


def has_fact(text: str, alternatives: Sequence[str]) -> bool:
    """Whether one of the alternatives stands in the text: from the beginning of a word, and a figure to its end."""
    plain = normalised(text)
    return any(_pattern(one).search(plain) for one in alternatives)


def normalised(text: str) -> str:
    """Lower case with figures as digits alone (12,317 is 12317) and all but words, points and percent as one space."""
    text = _LATEX.sub(" ", unicodedata.normalize("NFKC", text).replace("\\%", "%")).lower().replace("×", "x")
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return re.sub(r"[^\w.%+]+", " ", text).strip()


def _tokens(answer: Answer) -> float | None:
    from rag_assistant.answer.passages import count_tokens

    if answer.mode != "llm":
        return None
    return float(count_tokens((answer.draft or "") + (answer.thinking or "")))


def _pattern(fact: str) -> re.Pattern[str]:
    plain = normalised(fact)
    end = r"(?!\d|\.\d)" if plain[-1:].isdigit() else ""
    return re.compile(r"(?<![\w.])" + re.escape(plain) + end)
