"""The audit of the verifier: which faults it catches, by kind, and how often it cries wolf.

A case is a sentence, the title of the paper that it cites, and whether the paper's abstract bears it out; of an
unsupported one the kind says what is wrong with it. ``evals/README.md`` describes the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, get_args

from rag_assistant.errors import SourceError, SourceNotFoundError
from rag_assistant.evaluate.cases import title_key
from rag_assistant.evaluate.intervals import ends, resampled_means
from rag_assistant.evaluate.tables import text_table
from rag_assistant.verify import Verdict, check

SupportedKind = Literal["paraphrase", "compressed", "reformatted"]
UnsupportedKind = Literal[
    "altered_figure", "swapped_entity", "negated", "wrong_source", "invented_detail", "overclaim", "unrelated"
]
Checker = Callable[[str, Sequence[str]], Verdict]

_FIELDS = ("id", "sentence", "passage_title", "label", "kind")
_BINS = 5


@dataclass(frozen=True, slots=True)
class VerifierCase:
    """A sentence held against one paper; ``made_of`` is the true one that a false one was made of, if that is told."""

    id: str
    sentence: str
    passage_title: str
    supported: bool
    kind: str
    split: str = "dev"
    made_of: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share, from 0 to 1, of ``count`` cases, with the ends of its 95% bootstrap interval."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}] n={self.count}"


@dataclass(frozen=True, slots=True)
class Bin:
    """Cases whose score lies in one range: their mean score, and the share that is supported in truth."""

    low: float
    high: float
    count: int
    mean_score: float
    supported: float


@dataclass(frozen=True, slots=True)
class VerifierReport:
    """What an audit found. ``by_kind`` is the share judged right; ``wrong`` holds what was misjudged."""

    balanced_accuracy: Rate
    false_alarms: Rate
    by_kind: Mapping[str, Rate]
    reliability: tuple[Bin, ...]
    milliseconds: float  # a sentence, at the median
    wrong: tuple[tuple[VerifierCase, Verdict], ...]

    def table(self) -> str:
        """The report as lines for a terminal."""
        rates = [("balanced accuracy", self.balanced_accuracy), ("false alarms", self.false_alarms)]
        rows = [
            (name, f"{rate.value:.3f} [{rate.low:.3f}, {rate.high:.3f}]", str(rate.count))
            for name, rate in (*rates, *self.by_kind.items())
        ]
        bins = [
            (f"{one.low:.1f} to {one.high:.1f}", f"{one.mean_score:.2f}", f"{one.supported:.2f}", str(one.count))
            for one in self.reliability
        ]
        parts = [
            text_table(("judged right", "mean [95% interval]", "n"), rows),
            text_table(("score", "mean score", "supported", "n"), bins),
            f"{self.milliseconds:.1f} ms a sentence at the median",
        ]
        return "\n\n".join(parts)


def load_verifier_cases(path: Path) -> list[VerifierCase]:
    """The cases of a file, one JSON object a line.

    Raises:
        SourceNotFoundError: the file isn't there.
        SourceError: a line is no case; the line is named.
    """
    if not path.is_file():
        raise SourceNotFoundError(f"{path}: no such file")
    cases = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            cases.append(_case(json.loads(line)))
        except (ValueError, TypeError) as error:
            raise SourceError(f"{path}:{number}: not a verifier case: {error}") from None
    return cases


def evaluate_verifier(
    cases: Sequence[VerifierCase], passages: Mapping[str, str], *, checker: Checker = check, seed: int = 0
) -> VerifierReport:
    """Checks every case against its paper.

    Args:
        cases: at least one supported and one unsupported.
        passages: the text to check against (title line and abstract) by paper title, in any spelling of case, LaTeX and
            punctuation.
        checker: what is audited; a baseline may stand in for it.
        seed: of the bootstrap.

    Raises:
        SourceError: a case names a paper that isn't there, or all cases have one label.
    """
    texts = {title_key(title): text for title, text in passages.items()}
    verdicts: list[Verdict] = []
    times: list[float] = []
    for case in cases:
        text = texts.get(title_key(case.passage_title))
        if text is None:
            raise SourceError(f"case {case.id}: the collection has no paper “{case.passage_title}”")
        began = perf_counter()
        verdicts.append(checker(case.sentence, [text]))
        times.append(1000 * (perf_counter() - began))
    right = [verdict.supported == case.supported for case, verdict in zip(cases, verdicts, strict=True)]
    positive = [one for one, case in zip(right, cases, strict=True) if case.supported]
    negative = [one for one, case in zip(right, cases, strict=True) if not case.supported]
    if not positive or not negative:
        raise SourceError("an audit needs cases of both labels, supported and unsupported")
    kinds = [*get_args(SupportedKind), *get_args(UnsupportedKind)]
    kinds += sorted({case.kind for case in cases} - set(kinds))
    by_kind = {
        kind: _rate([one for one, case in zip(right, cases, strict=True) if case.kind == kind], seed)
        for kind in kinds
        if any(case.kind == kind for case in cases)
    }
    return VerifierReport(
        balanced_accuracy=_balanced(positive, negative, seed),
        false_alarms=_rate([not one for one in positive], seed),
        by_kind=by_kind,
        reliability=_reliability([verdict.score for verdict in verdicts], [case.supported for case in cases]),
        milliseconds=sorted(times)[len(times) // 2],
        wrong=tuple((case, verdict) for case, verdict, one in zip(cases, verdicts, right, strict=True) if not one),
    )


def word_overlap(sentence: str, passages: Sequence[str], *, threshold: float = 0.6) -> Verdict:
    """A baseline: supported where enough of the sentence's words stand in the passages."""
    words = {word.strip(".,;:()").lower() for word in sentence.split()}
    there = {word.strip(".,;:()").lower() for passage in passages for word in passage.split()}
    share = len(words & there) / max(1, len(words))
    return Verdict(share >= threshold, share, (), ())


def _case(fields: Any) -> VerifierCase:
    if not isinstance(fields, dict):
        raise TypeError("not a JSON object")
    for name in _FIELDS:
        if not isinstance(fields.get(name), str) or not fields[name].strip():
            raise ValueError(f"no {name}")
    if fields["label"] not in ("supported", "unsupported"):
        raise ValueError(f"label {fields['label']!r} is neither supported nor unsupported")
    return VerifierCase(
        fields["id"],
        fields["sentence"],
        fields["passage_title"],
        fields["label"] == "supported",
        fields["kind"],
        str(fields.get("split", "dev")),
        str(fields.get("made_of", "")),
    )


def _rate(outcomes: Sequence[bool], seed: int) -> Rate:
    return Rate(sum(outcomes) / len(outcomes), *ends(resampled_means(outcomes, seed)), len(outcomes))


def _balanced(positive: Sequence[bool], negative: Sequence[bool], seed: int) -> Rate:
    both = zip(resampled_means(positive, seed), resampled_means(negative, seed + 1), strict=True)
    value = (sum(positive) / len(positive) + sum(negative) / len(negative)) / 2
    return Rate(value, *ends([(one + other) / 2 for one, other in both]), len(positive) + len(negative))


def _reliability(scores: Sequence[float], supported: Sequence[bool]) -> tuple[Bin, ...]:
    bins = []
    for number in range(_BINS):
        low, high = number / _BINS, (number + 1) / _BINS
        inside = [place for place, score in enumerate(scores) if low <= score < high or (score == high == 1)]
        if inside:
            mean = sum(scores[place] for place in inside) / len(inside)
            bins.append(Bin(low, high, len(inside), mean, sum(supported[place] for place in inside) / len(inside)))
    return tuple(bins)
