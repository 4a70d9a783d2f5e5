"""Does a passage bear a sentence out? The verdict, its score, the reasons, and the exact words that do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag_assistant.verify import copying, cross_encoding, model, signals
from rag_assistant.verify.reading import Source, read_sentence, read_source

_CERTAIN = 0.99
_RULED_OUT = 0.02
# Signals that are rarely wrong (one in eight of the 700 times that they spoke it was right after all) and so seldom met
# that the trees learn little of them. From these values on the trees aren't believed, and the cross-encoder less.
_OBJECTIONS = {
    "source_not": 0.15,
    "figures_lacking": 1.0,
    "figures_crossed": 1.0,
    "counts_at_odds": 1.0,
    "swapped": 0.3,
}
# … and those that are only together.
_JOINT_OBJECTIONS = ({"direction": 0.3, "opposite": 0.3}, {"hedges": 1.0, "beyond": 1.0})
_OBJECTED = 0.35
# What it takes from the log odds that the cross-encoder gave; a wrong number is worse than a paraphrase refused.
_OBJECTION, _OBJECTION_OF_FIGURES = 1.0, 3.0
_OF_FIGURES = frozenset({"figures_lacking", "figures_crossed", "counts_at_odds"})
# Where the passages speak of less than the first share of what is said, it is of something else; of less than the
# second, the trees aren't enough. Nor do they bear out what they have hardly a word of ("Sure, …").
_SOMETHING_ELSE, _LITTLE, _HARDLY_A_WORD = 0.1, 0.2, 0.05
# Below this score of the signals alone the cross-encoder isn't asked.
_HOPELESS = 0.05
_LONGEST_SENTENCE = 4_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """Exact words of a passage: ``passages[passage][start:end] == text``."""

    passage: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the passages bear a sentence out.

    ``score`` is the calibrated probability, from 0 to 1, that they do; ``reasons`` name what was found or not, the
    gravest first (for a supported sentence: what it rests on); ``evidence`` are the sentences that come nearest, the
    best first, also where they don't bear it out.
    """

    supported: bool
    score: float
    reasons: tuple[str, ...]
    evidence: tuple[Evidence, ...]


def check(sentence: str, passages: Sequence[str]) -> Verdict:
    """Checks a sentence against the passages that it cites.

    A sentence copied from a passage is always supported, and never once a digit of it was changed. Takes no network;
    the bundled model, as a cross-encoder, is asked for a second opinion where it can be had (:mod:`cross_encoding`,
    which says why not where it can't). Never raises, whatever the text.

    Args:
        sentence: one sentence without citation markers.
        passages: the texts cited; a title may stand in front of its abstract on a line of its own.
    """
    said = read_sentence(sentence.strip()[:_LONGEST_SENTENCE])
    source = read_source((passages,) if isinstance(passages, str) else tuple(passages))
    if not source.sentences:
        return Verdict(False, 0.0, ("there is no passage to check against",), ())
    if not any(char.isalnum() for char in said.text):
        return Verdict(False, 0.0, ("the sentence says nothing that could be checked",), ())
    copied = copying.compare(sentence, source.passages, source.whole)
    measured, alignment, doubts = signals.measure(said, source)
    evidence = _evidence(source, alignment.chosen)
    if copied == "copy":
        return Verdict(True, _CERTAIN, ("the passage says so word for word",), evidence)
    if copied == "altered":
        figures = [reason for reason in doubts if "figure" in reason or "named" in reason]
        return Verdict(False, _RULED_OUT, (*figures, "the passage has these words with another figure"), evidence)
    trees = model.load()
    log_odds = trees.log_odds(measured)
    score = model.logistic(log_odds)
    judged = None
    strange = measured.coverage_anywhere < _SOMETHING_ELSE or measured.coverage_literal <= _HARDLY_A_WORD
    if not strange and score >= _HOPELESS and trees.second is not None:
        judged = cross_encoding.judge(said.text, cross_encoding.evidence_for(alignment, source))
    if judged is None or trees.second is None:
        score = _unread(score, measured)
    else:
        read = trees.second.log_odds(log_odds, judged.logit, cross_encoding.worst(judged))
        score = model.logistic(read - _objection(measured))
        wrong = cross_encoding.at_fault(said.text, judged)
        doubts += tuple(f"the passage doesn't bear out “{words}”" for words in wrong)
    supported = score >= model.THRESHOLD
    if supported:
        share = round(100 * alignment.coverage_anywhere)
        return Verdict(True, score, (f"{share}% of what it says stands in the passage",), evidence)
    return Verdict(False, score, doubts or ("the passage says too little of this",), evidence)


def _unread(score: float, measured: signals.Signals) -> float:
    """The score of the signals alone, as far as these can be believed."""
    if measured.coverage_anywhere < _LITTLE or measured.coverage_literal <= _HARDLY_A_WORD:
        return min(score, _RULED_OUT)
    return min(score, _OBJECTED) if _objection(measured) else score


def _objection(measured: signals.Signals) -> float:
    """What speaks against a sentence beyond what was learned (log odds); 0 where nothing does."""
    found = {name for name, least in _OBJECTIONS.items() if getattr(measured, name) >= least}
    if found & _OF_FIGURES:
        return _OBJECTION_OF_FIGURES
    return _OBJECTION if found or _jointly_objectionable(measured) else 0.0


def _jointly_objectionable(measured: signals.Signals) -> bool:
    return any(
        all(getattr(measured, name) >= least for name, least in together.items())
        and not ("direction" in together and measured.agreement)
        for together in _JOINT_OBJECTIONS
    )


def _evidence(source: Source, chosen: Sequence[int]) -> tuple[Evidence, ...]:
    found = []
    for place in chosen:
        one = source.sentences[place]
        found.append(Evidence(one.passage, one.start, one.end, source.passages[one.passage][one.start : one.end]))
    return tuple(found)
