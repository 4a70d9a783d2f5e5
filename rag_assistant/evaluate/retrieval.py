"""Measuring retrieval on a test collection, beside BM25 off the shelf, vectors alone and their plain fusion.

The measures are trec_eval's own (Van Gysel and de Rijke 2018, "Pytrec_eval"); the intervals are percentile bootstraps
over questions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
from platformdirs import user_cache_path

from rag_assistant.errors import IndexMismatchError, SourceError, UsageError
from rag_assistant.evaluate.baselines import plain_bm25, reciprocal_ranks
from rag_assistant.evaluate.beir import Collection, Judgements
from rag_assistant.evaluate.cases import Case, title_key
from rag_assistant.evaluate.tables import text_table
from rag_assistant.index.build import Progress, ingest, quiet, rebuild
from rag_assistant.index.embed import Encoder
from rag_assistant.index.generation import current
from rag_assistant.index.manifest import check_settings, read_manifest
from rag_assistant.index.open import Index
from rag_assistant.index.vectors import top
from rag_assistant.records import Paper
from rag_assistant.retrieve import search
from rag_assistant.retrieve.fusion import Scores
from rag_assistant.retrieve.ranking import dense_by_paper
from rag_assistant.settings import Settings

Found = Mapping[str, Sequence[str]]
"""Paper ids by question id, the best first."""

MEASURES = ("nDCG@10", "recall@5", "recall@10", "recall@100", "MRR@10", "MAP@100")
_DEPTH = 100
_SHOWN = 10
_RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Value:
    """A mean over questions and its 95% interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SystemReport:
    """What one way of searching reached. ``values`` are by name of the measure, from 0 to 1; times in milliseconds.

    ``gain`` is the difference to plain fusion in nDCG@10, question by question; None for plain fusion itself.
    """

    name: str
    values: Mapping[str, Value]
    gain: Value | None
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """A whole run. ``encoding_ms`` is the median time to embed a question, which every system but BM25 takes."""

    collection: str
    split: str
    papers: int
    questions: int
    encoding_ms: float
    systems: tuple[SystemReport, ...]
    fingerprint: str


def measure_retrieval(
    collection: Collection, split: str, index: Index, settings: Settings, progress: Progress = quiet
) -> RetrievalReport:
    """Asks every question of every system and measures what was found.

    Raises:
        UsageError: the metrics library isn't installed.
        EncoderError: a model can't be loaded.
    """
    _metrics_library()
    papers = list(index.catalog.all_papers())
    ids = [paper.id for paper in papers]
    retrieve = settings.retrieve
    progress("baselines", 0, 1)
    bm25 = plain_bm25(papers)
    progress("baselines", 1, 1)

    def ours(question: str, depth: int) -> list[str]:
        return [hit.paper.id for hit in search(index, question, retrieve, depth)]

    def by_score(scores: Callable[[str], Scores]) -> Callable[[str, int], list[str]]:
        return lambda question, depth: [ids[place] for place in top(scores(question), depth)[0]]

    def dense(question: str) -> Scores:
        return dense_by_paper(index, index.embed_question(question), retrieve, every=True)

    systems: dict[str, Callable[[str, int], list[str]]] = {
        "rag-assistant": ours,
        "BM25 alone": by_score(bm25),
        "dense alone": by_score(dense),
        "plain RRF": by_score(lambda question: reciprocal_ranks((dense(question), bm25(question)))),
    }
    questions = collection.questions
    encoding = [_seconds(partial(index.embed_question, text)) for text in list(questions.values())[:200]]
    found: dict[str, dict[str, list[str]]] = {name: {} for name in systems}
    times: dict[str, list[float]] = {name: [] for name in systems}
    for done, (id_, text) in enumerate(questions.items(), 1):
        for name, system in systems.items():
            found[name][id_] = system(text, _DEPTH)
            # A page of hits is what a user waits for.
            times[name].append(_seconds(partial(system, text, _SHOWN)))
        progress("questions", done, len(questions))
    per_question = {name: evaluate(collection.judgements, run) for name, run in found.items()}
    plain = per_question["plain RRF"]["nDCG@10"]
    return RetrievalReport(
        collection=collection.name,
        split=split,
        papers=len(ids),
        questions=len(questions),
        encoding_ms=float(np.median(encoding)) * 1000,
        systems=tuple(
            SystemReport(
                name,
                {measure: interval(values) for measure, values in per_question[name].items()},
                None if name == "plain RRF" else interval(per_question[name]["nDCG@10"] - plain),
                *(float(one) * 1000 for one in np.percentile(times[name], (50, 95))),
            )
            for name in systems
        ),
        fingerprint=index.manifest.fingerprint,
    )


def evaluate(judgements: Judgements, found: Found) -> dict[str, npt.NDArray[np.float64]]:
    """(questions,) each measure for each question of ``judgements``, in their order; nothing found counts 0.

    Raises:
        UsageError: the metrics library isn't installed.
    """
    library = _metrics_library()

    def measured(names: set[str], depth: int) -> dict[str, dict[str, float]]:
        # trec_eval orders by score and breaks ties by name: places make the order that was shown the one measured.
        runs = {
            question: {paper: float(-place) for place, paper in enumerate(found.get(question, ())[:depth])}
            for question in judgements
        }
        grades = {question: dict(papers) for question, papers in judgements.items()}
        return dict(library.RelevanceEvaluator(grades, names).evaluate({q: run for q, run in runs.items() if run}))

    whole = measured({"ndcg_cut.10", "recall.5,10,100", "map"}, _DEPTH)
    shown = measured({"recip_rank"}, 10)
    keys = {
        "nDCG@10": (whole, "ndcg_cut_10"),
        "recall@5": (whole, "recall_5"),
        "recall@10": (whole, "recall_10"),
        "recall@100": (whole, "recall_100"),
        "MRR@10": (shown, "recip_rank"),
        "MAP@100": (whole, "map"),
    }
    return {
        name: np.array([results.get(question, {}).get(key, 0.0) for question in judgements])
        for name, (results, key) in keys.items()
    }


def interval(values: npt.NDArray[np.float64], seed: int = 0) -> Value:
    """The mean of a measure over questions, and the 95% percentile interval of 2,000 resamples of them."""
    picks = np.random.default_rng(seed).integers(0, len(values), (_RESAMPLES, len(values)))
    low, high = np.percentile(values[picks].mean(axis=1), (2.5, 97.5))
    return Value(float(values.mean()), float(low), float(high))


def collection_index(
    collection: Collection,
    settings: Settings,
    encoder: Callable[[], Encoder],
    index_dir: Path | None = None,
    progress: Progress = quiet,
) -> Index:
    """An index of a test collection, built where there is none; vectors are kept, so that the next run is quick.

    Args:
        collection: what to index.
        settings: that it is made with.
        encoder: loads the embedding model.
        index_dir: where to keep it; None: a folder of the user's cache, one a collection.
        progress: told how far it is.
    """
    digest = hashlib.sha256("\n".join(sorted(paper.id for paper in collection.papers)).encode()).hexdigest()[:12]
    folder = index_dir or user_cache_path("rag_assistant") / "eval" / f"{collection.name}-{digest}"
    settings = settings.model_copy(update={"index_dir": folder})
    generation = current(folder)
    if generation is not None:
        try:
            check_settings(read_manifest(generation), settings, folder)
        except IndexMismatchError:
            # Made to be measured: it follows the settings.
            rebuild(folder, settings, encoder, progress)
    ingest(folder, settings, encoder, collection.papers, {}, progress=progress)
    return Index(folder, settings, encoder)


def cases_as_collection(cases: Sequence[Case], papers: Iterable[Paper], name: str) -> Collection:
    """Questions of one's own over an index of one's own; what a case's gold titles name is relevant.

    Raises:
        SourceError: no case has a gold title that the index holds.
    """
    ids = {title_key(paper.title): paper.id for paper in papers}
    questions: dict[str, str] = {}
    judgements: dict[str, dict[str, int]] = {}
    for case in cases:
        relevant = {ids[title_key(title)]: 1 for title in case.gold_titles if title_key(title) in ids}
        # What a follow-up asks for is not in its own words.
        if relevant and not case.history:
            questions[case.id], judgements[case.id] = case.question, relevant
    if not questions:
        raise SourceError(f"{name}: no question has a gold title that the index holds")
    return Collection(name, (), questions, judgements)


def limited(collection: Collection, questions: int | None) -> Collection:
    """The same with its first questions only."""
    if questions is None:
        return collection
    kept = dict(list(collection.questions.items())[:questions])
    judged = {id_: collection.judgements[id_] for id_ in kept}
    return Collection(collection.name, collection.papers, kept, judged, collection.empty)


def report_table(report: RetrievalReport) -> str:
    """A report as lines of text."""
    rows = []
    for system in report.systems:
        gain = system.gain
        against = "" if gain is None else f"{gain.mean:+.4f} [{gain.low:+.3f}, {gain.high:+.3f}]"
        cells = (_shown(system.values[name]) for name in MEASURES)
        rows.append((system.name, *cells, against, f"{system.p50_ms:.1f}", f"{system.p95_ms:.1f}"))
    return "\n".join(
        [
            f"{report.collection} {report.split}: {report.questions} questions over {report.papers} papers",
            f"embedding a question takes {report.encoding_ms:.1f} ms (p50), which every way but BM25 includes",
            text_table(("", *MEASURES, "nDCG@10 to RRF", "p50 ms", "p95 ms"), rows),
        ]
    )


def _shown(value: Value) -> str:
    return f"{value.mean:.4f} [{value.low:.3f}, {value.high:.3f}]"


def _seconds(run: Callable[[], object]) -> float:
    began = perf_counter()
    run()
    return perf_counter() - began


def _metrics_library() -> Any:
    try:
        import pytrec_eval
    except ImportError:
        raise UsageError("measuring retrieval needs trec_eval's measures: pip install 'rag-assistant[eval]'") from None
    return pytrec_eval
