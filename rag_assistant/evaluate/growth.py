"""How an index grows: what 1,000, 10,000 and 100,000 passages cost to build, keep, change and ask."""

from __future__ import annotations

import json
import multiprocessing
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

from rag_assistant.errors import SourceError, UsageError
from rag_assistant.evaluate.stand_in import StandInEncoder
from rag_assistant.index.build import ingest
from rag_assistant.index.embed import Encoder, load_encoder
from rag_assistant.index.generation import require_current
from rag_assistant.index.manifest import read_manifest
from rag_assistant.index.open import Index
from rag_assistant.records import Paper
from rag_assistant.retrieve import search
from rag_assistant.sentences import sentence_spans
from rag_assistant.settings import Settings

_QUESTIONS = 100
# Word pieces of an English word, about: counting them truly would take as long as everything else.
_PIECES_A_WORD = 1.5


@dataclass(frozen=True, slots=True)
class Growth:
    """One size. Times are in seconds, sizes in bytes; embedding is in none of them but a question's own."""

    passages: int
    papers: int
    build: float
    change_one: float
    open: float
    disk: int
    memory_building: int  # the most that the process held while it built
    memory_asking: int  # that a process held which opened the index and asked
    search_p50: float
    search_p95: float
    search_processor: float  # of all cores together, the mean: what other work on the machine does not change
    exact_p50: float  # the ten nearest passages, by comparing all
    graph_p50: float  # by Chroma's graph
    recall: float | None


class _Counting(StandInEncoder):
    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, estimated."""
        return [int(len(text.split()) * _PIECES_A_WORD) for text in texts]


def measure_growth(
    papers: Sequence[Paper], sizes: Sequence[int], settings: Settings, say: Callable[[str], None]
) -> list[Growth]:
    """Builds an index of each size in a process of its own and asks it.

    Abstracts are put together of the sentences of ``papers``, and every passage has a random unit vector: the hardest
    case for a graph, since nothing is near to anything.

    Raises:
        UsageError: the papers hold too few sentences to make others of.
    """
    sentences = [paper.abstract[start:end] for paper in papers for start, end in sentence_spans(paper.abstract)]
    if len(sentences) < 100:
        raise UsageError(f"{len(sentences)} sentences are too few to make papers of: name more papers")
    grown = []
    context = multiprocessing.get_context("spawn")
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="rag-growth-") as place:
            say(f"building {size:,} passages")
            with context.Pool(1, maxtasksperchild=1) as pool:
                built = pool.apply(_build, (sentences, size, settings, Path(place)))
            say(f"asking {size:,} passages")
            with context.Pool(1, maxtasksperchild=1) as pool:
                asked = pool.apply(_ask, (settings, Path(place), [paper.title for paper in papers[:_QUESTIONS]]))
        grown.append(Growth(**built, **asked))
        say(json.dumps(asdict(grown[-1])))
    return grown


def _build(sentences: Sequence[str], size: int, settings: Settings, place: Path) -> dict[str, Any]:
    encoder = _Counting(load_encoder(settings.embedding.model))
    papers = _made_up(sentences, size)

    def taken(some: Sequence[Paper]) -> float:
        began = perf_counter()
        ingest(place, settings, lambda: encoder, some, {})
        return perf_counter() - began

    build = taken(papers)
    memory = _peak_memory()
    middle = len(papers) // 2
    papers[middle] = replace(papers[middle], abstract="One abstract was changed.")
    change = taken([papers[middle]])
    manifest = read_manifest(require_current(place))
    folder = require_current(place)
    return {
        "passages": manifest.passages,
        "papers": manifest.papers,
        "build": build,
        "change_one": change,
        "disk": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        "memory_building": memory,
        "recall": manifest.recall,
    }


def _ask(settings: Settings, place: Path, questions: Sequence[str]) -> dict[str, Any]:
    real: Encoder = load_encoder(settings.embedding.model)
    began = perf_counter()
    index = Index(place, settings.model_copy(update={"index_dir": place}), lambda: real)
    opened = perf_counter() - began
    search(index, questions[0], settings.retrieve)  # the first one reads the files
    began = process_time()
    searching = _times(lambda question: search(index, question, settings.retrieve), questions)
    processor = (process_time() - began) / len(questions)
    memory = _peak_memory()
    vectors = [real.encode_question(question) for question in questions]
    index.vectors.exact = True
    exact = _times(lambda vector: index.vectors.nearest(vector, 10), vectors)
    graph = _times(lambda vector: index.vectors.nearest_by_chroma(vector, 10), vectors)
    index.close()
    return {
        "open": opened,
        "memory_asking": memory,
        "search_p50": float(np.percentile(searching, 50)),
        "search_p95": float(np.percentile(searching, 95)),
        "search_processor": processor,
        "exact_p50": float(np.percentile(exact, 50)),
        "graph_p50": float(np.percentile(graph, 50)),
    }


def _made_up(sentences: Sequence[str], passages: int) -> list[Paper]:
    """Papers of eight sentences each, as many as make so many passages, about: two or three a paper."""
    choose = random.Random(passages)  # noqa: S311  no secret
    papers = []
    for number in range(max(1, round(passages / 2.2))):
        title = " ".join(choose.choice(sentences).split()[:8]).rstrip(".,;")
        papers.append(Paper(f"g{number}", f"{title} {number}", " ".join(choose.choices(sentences, k=8))))
    return papers


def _times(run: Callable[[Any], object], over: Sequence[Any]) -> list[float]:
    times = []
    for one in over:
        began = perf_counter()
        run(one)
        times.append(perf_counter() - began)
    return times


def _peak_memory() -> int:
    import resource

    # Linux counts in kilobytes, macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def growth_table(grown: Sequence[Growth]) -> str:
    """A Markdown table, a row a size."""
    names = "passages, build, one changed, open, on disk, memory building, memory asking, search p50, search p95, "
    names += "its processor time, "
    names += "ten nearest exactly, by the graph, the graph's recall@10"
    lines = ["| " + " | ".join(names.split(", ")) + " |", "|" + "---:|" * 13]
    for one in grown:
        cells = (
            f"{one.passages:,}",
            f"{one.build:.1f} s",
            f"{one.change_one:.2f} s",
            f"{one.open * 1e3:.0f} ms",
            f"{one.disk / 1e6:.0f} MB",
            f"{one.memory_building / 1e6:.0f} MB",
            f"{one.memory_asking / 1e6:.0f} MB",
            f"{one.search_p50 * 1e3:.1f} ms",
            f"{one.search_p95 * 1e3:.1f} ms",
            f"{one.search_processor * 1e3:.1f} ms",
            f"{one.exact_p50 * 1e3:.1f} ms",
            f"{one.graph_p50 * 1e3:.1f} ms",
            "" if one.recall is None else f"{one.recall:.3f}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def growth_json(grown: Sequence[Growth]) -> str:
    """A JSON array, an object a size."""
    return json.dumps([asdict(one) for one in grown], indent=1)


def read_growth(path: Path) -> list[Growth]:
    """What ``growth_json`` wrote.

    Raises:
        SourceError: the file can't be read or holds something else.
    """
    try:
        return [Growth(**fields) for fields in json.loads(path.read_text())]
    except (OSError, ValueError, TypeError) as error:
        raise SourceError(f"{path} is not what eval growth --json prints: {error}") from error


def draw_growth(grown: Sequence[Growth], path: Path) -> None:
    """Draws what was measured into an SVG file, both axes logarithmic."""
    import matplotlib as mpl

    mpl.use("svg")
    import matplotlib.pyplot as plt

    mpl.rcParams["svg.hashsalt"] = "growth"
    sizes = [one.passages for one in grown]
    figure, axes = plt.subplots(1, 4, figsize=(13, 3.2), layout="constrained")
    panels: list[tuple[str, list[tuple[str, list[float]]]]] = [
        ("seconds", [("build", [g.build for g in grown]), ("one changed", [g.change_one for g in grown])]),
        ("MB on disk", [("index", [g.disk / 1e6 for g in grown])]),
        (
            "MB of memory",
            [
                ("building", [g.memory_building / 1e6 for g in grown]),
                ("asking", [g.memory_asking / 1e6 for g in grown]),
            ],
        ),
        (
            "ms a search",
            [
                ("p50", [g.search_p50 * 1e3 for g in grown]),
                ("p95", [g.search_p95 * 1e3 for g in grown]),
                ("processor", [g.search_processor * 1e3 for g in grown]),
            ],
        ),
    ]
    for axis, (unit, lines) in zip(axes, panels, strict=True):
        for name, values in lines:
            axis.loglog(sizes, values, marker="o", label=name)
        axis.set(xlabel="passages", ylabel=unit, ylim=(min(min(v) for _, v in lines) / 2, None))
        axis.grid(visible=True, alpha=0.3)
        axis.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
