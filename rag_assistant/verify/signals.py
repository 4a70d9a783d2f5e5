"""Everything that is measured about a sentence and its sources, as numbers for the model and words for the reader."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from rag_assistant.verify import polarity, roles, scope, support
from rag_assistant.verify.coverage import Alignment, align, longest_gap, pair_coverage
from rag_assistant.verify.reading import Reading, Source

_NOTHING_OF = 0.55  # the least rarity of a word that is worth naming as missing


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals, each a number; shares run from 0 to 1, the others are counts or sums of word weights from 0 up."""

    best: float  # share of the sentence's weight that the best single sentence of the passages has
    coverage: float  # … that the best three have
    coverage_anywhere: float  # … that the passages have
    coverage_literal: float  # … that the passages have literally
    missing_literal: float  # weight of the words that don't stand there literally
    pairs: float  # share of neighbouring words that stand together in one sentence
    missing: float  # weight of the words that nothing speaks of
    missing_most: float  # … of the most telling one
    gap: float  # … of the longest run of them
    weight: float  # of all words: how much the sentence says
    figures: float
    figures_lacking: float
    figures_loose: float
    figures_misplaced: float
    figures_repeated: float
    figures_context: float
    counts_at_odds: float
    figures_crossed: float
    names: float
    names_lacking: float
    names_misplaced: float
    names_context: float
    names_near: float
    subject_absent: float
    said_not: float
    source_not: float
    direction: float
    agreement: float
    opposite: float
    valence_clash: float
    hindered: float
    swapped: float
    order_inverted: float
    beyond: float
    beyond_near: float
    hedges: float

    def vector(self) -> tuple[float, ...]:
        """The numbers in the order of :data:`NAMES`."""
        return tuple(getattr(self, name) for name in NAMES)


NAMES = tuple(field.name for field in fields(Signals))


def measure(said: Reading, source: Source) -> tuple[Signals, Alignment, tuple[str, ...]]:
    """Measures a sentence against its sources.

    Returns:
        The signals, the alignment that names the best sentences, and reasons to doubt the sentence, gravest kind first.
    """
    alignment = align(said, source)
    near = [source.sentences[place] for place in alignment.chosen]
    figures = support.figures(said, source)
    names = support.names(said, source)
    swap, swap_reasons = roles.swapped(said, near, source)
    poles = polarity.compare(said, near)
    agrees = roles.agrees(said, near, source)
    if agrees:  # the words of more and less are those of the comparison
        poles = replace(poles, direction=0.0, opposite=0.0, reasons=())
    absent, elsewhere, reaching = scope.beyond(said.text, " ".join(one.text for one in near), " ".join(source.passages))
    odds, odds_reasons = support.counts_at_odds(said, source)
    crossed, crossed_reasons = support.figures_crossed(said, source)
    near_share, subject_absent = support.names_near(said, source, near)
    hindered, hindered_reasons = polarity.hindered(said, near)
    missing = alignment.missing()
    signals = Signals(
        best=alignment.best,
        coverage=alignment.coverage,
        coverage_anywhere=alignment.coverage_anywhere,
        coverage_literal=alignment.coverage_literal,
        missing_literal=sum(
            weight for weight, has in zip(alignment.weights, alignment.literal, strict=True) if not has
        ),
        pairs=pair_coverage(alignment, source),
        missing=sum(weight for _, weight in missing),
        missing_most=missing[0][1] if missing else 0.0,
        gap=longest_gap(alignment),
        weight=sum(alignment.weights),
        figures=float(figures.count),
        figures_lacking=figures.lacking,
        figures_loose=figures.loose,
        figures_misplaced=figures.misplaced,
        figures_repeated=figures.repeated,
        figures_context=figures.context,
        counts_at_odds=odds,
        figures_crossed=crossed,
        names=float(names.count),
        names_lacking=names.lacking,
        names_misplaced=names.misplaced,
        names_context=names.context,
        names_near=near_share,
        subject_absent=subject_absent,
        said_not=poles.said_not,
        source_not=poles.source_not,
        direction=poles.direction,
        agreement=poles.agreement,
        opposite=poles.opposite,
        valence_clash=0.0 if agrees else polarity.valence_clash(said, near),
        hindered=hindered,
        swapped=swap,
        order_inverted=0.0 if agrees else roles.order_inverted(said, near),
        beyond=absent,
        beyond_near=elsewhere,
        hedges=scope.hedges_dropped(said.text, " ".join(one.text for one in near)),
    )
    named = {name.text.lower() for name in said.names}
    words = [word.text for word, weight in missing if weight >= _NOTHING_OF and word.lower not in named][:3]
    nothing = (f"nothing there speaks of {', '.join(f'“{word}”' for word in words)}",) if words else ()
    over = tuple(f"“{word}” goes beyond what the passage says" for word in reaching)
    return (
        signals,
        alignment,
        (
            *figures.reasons,
            *odds_reasons,
            *crossed_reasons,
            *names.reasons,
            *swap_reasons,
            *poles.reasons,
            *hindered_reasons,
            *over,
            *nothing,
        ),
    )
