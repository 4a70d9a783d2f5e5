"""What the assistant stands on, looked at piece by piece: settings, index, model, LLM server."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rag_assistant.errors import IndexMismatchError, IndexStoreError, RagAssistantError

if TYPE_CHECKING:
    from rich.console import Console

    from rag_assistant.settings import Settings

# Less free space than this and a rebuild of a small index may already fail.
_LITTLE_SPACE = 500_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: fine, worth knowing, or a fault with what mends it."""

    about: str
    state: Literal["fine", "note", "fault"]
    text: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def examine(index_dir: Path | None) -> list[Finding]:
    """Looks at everything and goes on after a fault."""
    from rag_assistant.cli.doctor_llm import examine_llm
    from rag_assistant.index.examine import faults
    from rag_assistant.settings import load_settings

    try:
        settings = load_settings(index_dir=index_dir)
    except RagAssistantError as error:
        return [Finding("settings", "fault", str(error))]
    findings = _place(settings.index_dir)
    wrong = faults(settings.index_dir, settings, deep=False)
    for fault in wrong:
        if fault.harmless:
            findings.append(Finding("index", "note", str(fault)))
        else:
            findings.append(Finding("index", "fault", str(fault)))
    if all(fault.harmless for fault in wrong):
        findings += _index(settings, index_dir)
    findings += _model(settings)
    findings += [_questions(), _relevance(), _verifier()]
    findings += examine_llm(settings)
    return findings


def print_findings(console: Console, findings: list[Finding]) -> None:
    """A line a finding."""
    marks = {"fine": ("✓", "green"), "note": ("·", "yellow"), "fault": ("✗", "red")}
    for finding in findings:
        mark, style = marks[finding.state]
        console.print(f"[{style}]{mark}[/] {finding.about:<8}", end=" ")
        console.print(finding.text, markup=False, soft_wrap=True)


def _place(index_dir: Path) -> list[Finding]:
    place = index_dir
    while not place.exists():
        place = place.parent
    findings = []
    if not os.access(place, os.W_OK):
        text = f"{place} can't be written: give yourself the right to, or keep the index elsewhere with --index-dir"
        findings.append(Finding("disk", "fault", text))
    # A new generation is written beside the one in use, whose place is given back only afterwards.
    size = sum(path.stat().st_size for path in place.rglob("*") if path.is_file()) if place == index_dir else 0
    free = shutil.disk_usage(place).free
    text = f"{free / 1e9:.1f} GB free at {place}"
    if free < _LITTLE_SPACE + size:
        findings.append(Finding("disk", "fault", f"{text}: free some, or keep the index elsewhere with --index-dir"))
    else:
        findings.append(Finding("disk", "fine", text))
    return findings


def _index(settings: Settings, index_dir: Path | None) -> list[Finding]:
    from rag_assistant.index.embed import load_encoder
    from rag_assistant.index.generation import current
    from rag_assistant.index.open import Index

    if current(settings.index_dir) is None:
        note = f"nothing in {settings.index_dir} yet: rag-assistant ingest PATH…"
        if index_dir is None:
            note = f"nothing in {settings.index_dir} yet, the bundled papers answer: rag-assistant ingest PATH…"
        return [Finding("index", "note", note)]
    try:
        index = Index(settings.index_dir, settings, lambda: load_encoder(settings.embedding.model))
    except RagAssistantError as error:
        return [Finding("index", "fault", str(error))]
    made = index.manifest
    held = f"{made.papers} papers, {made.passages} passages, made {made.created} by {made.model}"
    recall = "" if made.recall is None else f", recall@10 {made.recall:.3f} when it was built"
    index.close()
    return [
        Finding("index", "fine", f"{held} in {settings.index_dir}"),
        Finding("chroma", "fine", f"version {made.chroma}, finds passages by their own vectors{recall}"),
    ]


def _model(settings: Settings) -> list[Finding]:
    from rag_assistant.index.embed import load_encoder
    from rag_assistant.index.embed_torch import DEVICES, MIN_COSINE
    from rag_assistant.index.generation import current
    from rag_assistant.index.manifest import check_card, read_manifest

    try:
        encoder = load_encoder(settings.embedding.model)
        size = len(encoder.encode_question("a question"))
    except RagAssistantError as error:
        return [Finding("model", "fault", str(error))]
    try:
        folder = current(settings.index_dir)
        manifest = None if folder is None else read_manifest(folder)
    except IndexStoreError:
        manifest = None  # that is a fault of the index, and was said above
    try:
        if manifest is not None:
            check_card(manifest, encoder.card, settings.index_dir)
    except IndexMismatchError as error:
        return [Finding("model", "fault", str(error))]
    told = f"{encoder.card.model}, {size} dimensions, weights {encoder.card.weights_sha256[:12]}…"
    for device in DEVICES:
        if (cosine := encoder.measured(device)) is not None:
            used = "many passages at once" if cosine >= MIN_COSINE else "not used"
            told += f"; bfloat16 on {device}: cosine {cosine:.5f} to float32, {used}"
    return [Finding("model", "fine", told)]


def _questions() -> Finding:
    from rag_assistant.retrieve.questions import ENCODER

    if why := ENCODER.missing():
        return Finding("questions", "note", f"are read like passages, which finds fewer of their papers: {why}")
    return Finding("questions", "fine", "are read by the bundled model as it was taught to read questions")


def _relevance() -> Finding:
    from rag_assistant.answer.relevance import ENCODER

    if why := ENCODER.missing():
        return Finding("relevance", "note", f"weighs papers by their measures alone, which see less: {why}")
    return Finding("relevance", "fine", "the likeliest papers are read together with the question")


def _verifier() -> Finding:
    from rag_assistant.verify.cross_encoding import ENCODER

    if why := ENCODER.missing():
        return Finding("verifier", "note", f"judges by its signals alone, which see less: {why}")
    return Finding("verifier", "fine", "judges by its signals and by the bundled model as a cross-encoder")
