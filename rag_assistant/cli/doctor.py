"""What the assistant stands on, looked at piece by piece: settings, index, model, LLM server."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rag_assistant.errors import IndexNotFoundError, RagAssistantError

if TYPE_CHECKING:
    from rich.console import Console

    from rag_assistant.assistant import Assistant

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
    from rag_assistant.assistant import Assistant
    from rag_assistant.cli.doctor_llm import examine_llm

    findings: list[Finding] = []
    try:
        assistant = Assistant.open(index_dir)
    except RagAssistantError as error:
        return [Finding("index", "fault", str(error))]
    findings.append(_space(assistant))
    findings += _index(assistant)
    findings += examine_llm(assistant)
    return findings


def print_findings(console: Console, findings: list[Finding]) -> None:
    """A line a finding."""
    marks = {"fine": ("✓", "green"), "note": ("·", "yellow"), "fault": ("✗", "red")}
    for finding in findings:
        mark, style = marks[finding.state]
        console.print(f"[{style}]{mark}[/] {finding.about:<8}", end=" ")
        console.print(finding.text, markup=False, soft_wrap=True)


def _space(assistant: Assistant) -> Finding:
    place = assistant.index_dir
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    text = f"{free / 1e9:.1f} GB free at {place}"
    if free < _LITTLE_SPACE:
        return Finding("disk", "fault", f"{text}: free some, or keep the index elsewhere with --index-dir")
    return Finding("disk", "fine", text)


def _index(assistant: Assistant) -> list[Finding]:
    if assistant.bundled:
        note = f"nothing in {assistant.index_dir} yet, the bundled papers answer: rag-assistant ingest PATH…"
        return [Finding("index", "note", note)]
    try:
        index = assistant.index
        manifest = index.manifest
        held = f"{manifest.papers} papers, {manifest.passages} passages, made {manifest.created} by {manifest.model}"
        findings = [Finding("index", "fine", f"{held} in {assistant.index_dir}")]
        probe = next(iter(assistant.papers()), None)
        vector = index.embed_question("a question")
        findings.append(Finding("model", "fine", f"{manifest.model}, {len(vector)} dimensions, weights as published"))
        ordinals, _ = index.vectors.nearest_by_chroma(vector, min(5, manifest.passages))
        if probe is not None and not len(ordinals):
            findings.append(Finding("chroma", "fault", "finds nothing: run rag-assistant index rebuild"))
        else:
            findings.append(Finding("chroma", "fine", f"version {manifest.chroma}, answers a query"))
    except IndexNotFoundError as error:
        return [Finding("index", "note", str(error))]
    except RagAssistantError as error:
        return [Finding("index", "fault", str(error))]
    return findings
