"""Does a passage bear a sentence out? The verdict, its score, the reasons, and the exact words that do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag_assistant.verify import copying, cross_encoding, model, signals
from rag_assistant.verify.reading import Source, read_sentence, read_source

_CERTAIN = 0.99
_RULED_OUT = 0.02
# Signals that are rarely wrong (together on 7 of 186 supported cases, 6 of which were refused anyway) and so seldom met
# that the trees learn little of them: from these values on, the score is capped.
_OBJECTIONS = {
    "source_not": 0.15,
    "figures_lacking": 1.0,
    "figures_crossed": 1.0,
    "counts_at_odds": 1.0,
    "swapped": 0.3,
}
_OBJECTED = 0.35
# Where the passages speak of less than this share of what is said, it is of something else. (Of 150 supported cases one
# has less, of those about something else all.)
_SOMETHING_ELSE = 0.2
# Nor do they bear out what they have hardly a word of ("Sure, …"), however near in meaning others are. (1 of 407.)
_HARDLY_A_WORD = 0.05
# Below this score of the signals alone the cross-encoder isn't asked: of 522 cases it would have rescued none.
_HOPELESS = 0.2
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
    if measured.coverage_anywhere < _SOMETHING_ELSE or measured.coverage_literal <= _HARDLY_A_WORD:
        score = min(score, _RULED_OUT)
    if any(getattr(measured, name) >= least for name, least in _OBJECTIONS.items()):
        score = min(score, _OBJECTED)
    elif score >= _HOPELESS and trees.second is not None:
        judged = cross_encoding.judge(said.text, cross_encoding.evidence_for(alignment, source))
        if judged is not None:
            score = trees.second.probability(log_odds, judged.logit, cross_encoding.worst(judged))
            wrong = cross_encoding.at_fault(said.text, judged)
            doubts += tuple(f"the passage doesn't bear out “{words}”" for words in wrong)
    supported = score >= model.THRESHOLD
    if supported:
        share = round(100 * alignment.coverage_anywhere)
        return Verdict(True, score, (f"{share}% of what it says stands in the passage",), evidence)
    return Verdict(False, score, doubts or ("the passage says too little of this",), evidence)


def _evidence(source: Source, chosen: Sequence[int]) -> tuple[Evidence, ...]:
    found = []
    for place in chosen:
        one = source.sentences[place]
        found.append(Evidence(one.passage, one.start, one.end, source.passages[one.passage][one.start : one.end]))
    return tuple(found)
