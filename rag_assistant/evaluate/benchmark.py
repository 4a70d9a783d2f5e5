"""How fast an index is built, brought up to date and asked, beside the model alone and llama-index's own pipeline."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from rag_assistant.evaluate.peers import bare_encode, bare_model, llama_index_build
from rag_assistant.evaluate.stand_in import StandInEncoder
from rag_assistant.index.build import ingest
from rag_assistant.index.embed import Encoder, load_encoder, load_float32_encoder
from rag_assistant.index.embed_torch import FEWEST_TEXTS
from rag_assistant.index.generation import require_current
from rag_assistant.index.manifest import read_manifest
from rag_assistant.index.open import Index
from rag_assistant.records import Paper
from rag_assistant.retrieve import search
from rag_assistant.settings import Settings

Say = Callable[[str], None]
PARTS = ("race", "updates", "asking")
OURS, ALONE, PEER = "ours, float32", "the model alone, float32", "llama-index, float32"
OURS_FAST, ALONE_FAST = "ours, bfloat16", "the model alone, bfloat16"
# Ours, another, and what ours is wanted to be of its rate.
_RATIOS = ((OURS, ALONE, "0.9"), (OURS, PEER, "1.15"), (OURS_FAST, ALONE_FAST, "0.9"))
# Only matrix units make so much of bfloat16.
_MATRIX_RATIO = (OURS_FAST, PEER, "3.5 with matrix units")
_COLD_RUNS, _QUESTIONS, _SAMPLE = 5, 60, 64


@dataclass(frozen=True, slots=True)
class Race:
    """One way to index the same papers: passages a second of wall time and of processor time, the best of all rounds.

    Other work on the machine slows a round down and never speeds it up, so the best round says most.
    """

    name: str
    passages: int
    wall: float  # seconds
    processor: float  # seconds, all cores together

    @property
    def rate(self) -> float:
        """Passages a second."""
        return self.passages / self.wall

    @property
    def processor_rate(self) -> float:
        """Passages a second of processor time."""
        return self.passages / self.processor


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured; empty where it was not asked for. Times are in seconds."""

    papers: int
    races: tuple[Race, ...] = ()
    updates: dict[str, float] = field(default_factory=dict)
    asking: dict[str, float] = field(default_factory=dict)


def measure(
    papers: Sequence[Paper], limit: int, rounds: int, settings: Settings, say: Say, parts: Sequence[str] = PARTS
) -> Report:
    """Runs the benchmark in a temporary folder.

    Args:
        papers: to index; all of them for the updates.
        limit: how many of them are indexed in the race, which embeds them three times a round, and asked about.
        rounds: how often the race is run, the order turned each time.
        settings: of cutting and searching.
        say: told what comes next.
        parts: which of ``PARTS`` are measured.
    """
    some = papers[:limit]
    with tempfile.TemporaryDirectory(prefix="rag-benchmark-") as place:
        root = Path(place)
        return Report(
            papers=len(some),
            races=race(some, rounds, settings, root, say) if "race" in parts else (),
            updates=measure_updates(papers, settings, root / "updates", say) if "updates" in parts else {},
            asking=measure_asking(some, settings, root / "asking", say) if "asking" in parts else {},
        )


def race(papers: Sequence[Paper], rounds: int, settings: Settings, root: Path, say: Say) -> tuple[Race, ...]:
    """Our whole ingest, the model alone over the very texts that it embeds, and llama-index's pipeline.

    All in float32; where the hardware has something faster, ours and the model alone in it as well.
    """
    name = settings.embedding.model
    plain, encoder = load_float32_encoder(name), load_encoder(name)
    model = bare_model(name)
    texts = _texts_embedded(papers, settings, plain)

    def run_ours(encoder: Encoder) -> int:
        shutil.rmtree(root / "ours", ignore_errors=True)
        return ingest(root / "ours", settings, lambda: encoder, papers, {}).embedded

    def run_bare(model: Any) -> int:
        bare_encode(model, texts)
        return len(texts)

    def run_peer() -> int:
        folder = Path(tempfile.mkdtemp(prefix="peer-", dir=root))
        count = llama_index_build(model, papers, settings.chunk.max_tokens, folder)
        shutil.rmtree(folder, ignore_errors=True)
        return count

    ways: list[tuple[str, Callable[[], int]]] = [
        (OURS, lambda: run_ours(plain)),
        (ALONE, lambda: run_bare(model)),
        (PEER, run_peer),
    ]
    if len(texts) >= FEWEST_TEXTS and (device := encoder.device()) is not None:
        fast = bare_model(name, device, "bfloat16")
        ways += [(OURS_FAST, lambda: run_ours(encoder)), (ALONE_FAST, lambda: run_bare(fast))]
    best: dict[str, Race] = {}
    for number in range(rounds):
        turn = number % len(ways)
        for way, run in ways[turn:] + ways[:turn]:
            say(f"round {number + 1} of {rounds}: {way}")
            wall, processor = perf_counter(), process_time()
            passages = run()
            wall, processor = perf_counter() - wall, process_time() - processor
            before = best.get(way, Race(way, passages, wall, processor))
            best[way] = Race(way, passages, min(before.wall, wall), min(before.processor, processor))
    return tuple(best[way] for way, _ in ways)


def _texts_embedded(papers: Sequence[Paper], settings: Settings, encoder: Encoder) -> list[str]:
    """Exactly the texts that an ingest embeds, taken down by an encoder that embeds nothing."""
    stand_in = StandInEncoder(encoder)
    with tempfile.TemporaryDirectory(prefix="rag-benchmark-") as folder:
        ingest(Path(folder) / "index", settings, lambda: stand_in, papers, {})
    return stand_in.seen


def measure_updates(papers: Sequence[Paper], settings: Settings, folder: Path, say: Say) -> dict[str, float]:
    """Seconds to bring an index over all papers up to date, beside a full build of it.

    Embedding all of them would take long and say nothing new: the full build is what it takes with vectors that cost
    nothing, and the passages at the rate at which some of them are embedded. The updates are real throughout, the
    loading of the model included.
    """
    encoder = load_encoder(settings.embedding.model)
    stand_in = StandInEncoder(encoder)
    say(f"building over {len(papers)} papers, without embedding")
    writing = _seconds(lambda: ingest(folder, settings, lambda: stand_in, papers, {}))
    sample = stand_in.seen[:: max(1, len(stand_in.seen) // _SAMPLE)]
    say(f"embedding {len(sample)} of {len(stand_in.seen)} passages")
    plain = load_float32_encoder(settings.embedding.model)
    rate = len(sample) / _seconds(lambda: plain.encode_passages(sample))
    passages = read_manifest(require_current(folder)).passages

    def real() -> Encoder:
        return load_encoder(settings.embedding.model)

    say("nothing changed")
    unchanged = min(_seconds(lambda: ingest(folder, settings, real, papers, {})) for _ in range(3))
    changed = []
    for number in range(3):
        say("one abstract changed")
        place = number * len(papers) // 3
        edited = [*papers]
        edited[place] = replace(papers[place], abstract=f"{papers[place].abstract} Seen again, {number}.")
        changed.append(_seconds(lambda edited=edited: ingest(folder, settings, real, edited, {})))  # type: ignore[misc]
    return {
        "papers": len(papers),
        "passages": passages,
        "writing": writing,
        "rate": rate,
        "full": writing + passages / rate,
        "unchanged": unchanged,
        "changed": min(changed),
    }


def measure_asking(papers: Sequence[Paper], settings: Settings, index_dir: Path, say: Say) -> dict[str, float]:
    """A cold process that answers, and searches in a warm one, each beside what it must not be slower than."""
    encoder = load_encoder(settings.embedding.model)
    ingest(index_dir, settings, lambda: StandInEncoder(encoder), papers, {})
    question = f"What is known about {papers[0].title}?"
    ask = ["-m", "rag_assistant", "ask", question, "--mode", "extractive", "--index-dir", str(index_dir)]
    cold: dict[str, list[float]] = {"ask": [], "import": []}
    for _ in range(_COLD_RUNS):
        say("cold: ask, and import sentence_transformers")
        for name, arguments in (("ask", ask), ("import", ["-c", "import sentence_transformers"])):
            command = [sys.executable, *arguments]
            cold[name].append(_seconds(lambda command=command: _quietly(command)))  # type: ignore[misc]
    say("warm: search, and encode a question")
    index = Index(index_dir, settings.model_copy(update={"index_dir": index_dir}), lambda: encoder)
    model = bare_model(settings.embedding.model)
    questions = [f"what is known about {paper.title.lower()}" for paper in papers[:_QUESTIONS]]
    searching, bare, own = [], [], []
    for asked in questions:
        searching.append(_seconds(lambda asked=asked: search(index, asked, settings.retrieve, 10)))  # type: ignore[misc]
        bare.append(_seconds(lambda asked=asked: bare_encode(model, [asked])))  # type: ignore[misc]
        own.append(_seconds(lambda asked=asked: encoder.encode_question(asked)))  # type: ignore[misc]
    index.close()
    return {
        "cold_ask": min(cold["ask"]),
        "cold_import": min(cold["import"]),
        "search_p50": statistics.median(searching),
        "bare_p50": statistics.median(bare),
        "encode_p50": statistics.median(own),
    }


def report_table(report: Report) -> str:
    """A report as lines of text."""
    lines = []
    if report.races:
        lines.append(f"{f'building, {report.papers} papers':42}    passages    a second    a processor second")
        lines += [
            f"  {one.name:40}{one.passages:>12}{one.rate:>12.1f}{one.processor_rate:>22.1f}" for one in report.races
        ]
        by_name = {one.name: one for one in report.races}
        for ours, other, asked in (*_RATIOS, _MATRIX_RATIO):
            if ours in by_name:
                one, peer = by_name[ours], by_name[other]
                wall, processor = one.rate / peer.rate, one.processor_rate / peer.processor_rate
                lines.append(f"  {ours} to {other}: {wall:.2f} (wanted {asked}), by processor time {processor:.2f}")
    if up := report.updates:
        lines.append(f"updating, {up['papers']:.0f} papers, {up['passages']:.0f} passages")
        lines.append(f"  a full build: {up['full']:.0f} s, of it {up['writing']:.1f} s not embedding")
        for name, key, wanted in (("nothing changed", "unchanged", 0.03), ("one abstract changed", "changed", 0.05)):
            lines.append(f"  {name}: {up[key]:.2f} s, {up[key] / up['full']:.4f} of it (wanted {wanted})")
    if one_by_one := report.asking:
        for name, ours_key, theirs_key, wanted in (
            ("cold ask to importing sentence_transformers", "cold_ask", "cold_import", 0.35),
            ("warm search to bare encoding, p50", "search_p50", "bare_p50", 1.5),
        ):
            mine, theirs = one_by_one[ours_key], one_by_one[theirs_key]
            lines.append(f"{name}: {mine:.4f} s to {theirs:.4f} s, {mine / theirs:.2f} (wanted {wanted})")
        lines.append(f"our own encoding of a question, p50: {one_by_one['encode_p50']:.4f} s")
    return "\n".join(lines)


def _quietly(command: Sequence[str]) -> None:
    # Our own interpreter, with arguments of our own.
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603


def _seconds(run: Callable[[], object]) -> float:
    began = perf_counter()
    run()
    return perf_counter() - began
