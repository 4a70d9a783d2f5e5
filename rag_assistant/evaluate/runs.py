"""A run's folder: ``manifest.json``, ``results.jsonl``, ``summary.json`` and ``report.html``.

Results are appended one by one and are on the disk before the next question is asked, so that a run that was
interrupted goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag_assistant import __version__
from rag_assistant.assistant import Assistant
from rag_assistant.errors import SourceError, SourceNotFoundError, UsageError
from rag_assistant.evaluate.cases import Case, case_dict
from rag_assistant.evaluate.judges import Judge
from rag_assistant.evaluate.results import Result, parse_result, result_line
from rag_assistant.records import Mode

Manifest = Mapping[str, Any]
# What tells one run from another; the rest of a manifest is for a reader.
_TELLING = ("cases_digest", "mode", "index", "settings", "prompts", "judge", "seed", "code")


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was read: its results stand in the order in which the cases were given."""

    folder: Path
    manifest: Manifest
    results: tuple[Result, ...]

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def complete(self) -> bool:
        """Whether every case has its result."""
        return len(self.results) == len(self.manifest["cases"]) and all(result.complete for result in self.results)


def make_manifest(assistant: Assistant, cases: Sequence[Case], mode: Mode, judge: Judge, seed: int) -> dict[str, Any]:
    """What a run is of: the questions, the index, the settings, the judge and the code, and when it began.

    Settings that say where things are on this machine, and those of the page, are left out.
    """
    index = assistant.index.manifest
    settings = assistant.settings.model_dump(mode="json", exclude={"index_dir", "prompts_dir", "web", "corpus"})
    if mode == "extractive":
        del settings["llm"]
    fields: dict[str, Any] = {
        "mode": mode,
        "judge": judge.name,
        "seed": seed,
        "index": index.fingerprint,
        "papers": index.papers,
        "settings": settings,
        "prompts": None if mode == "extractive" else assistant.llm().prompts.hashes,
        "version": __version__,
        "code": code_digest(),
        "cases_digest": _digest(json.dumps([case_dict(case) for case in cases], sort_keys=True)),
        "cases": [case.id for case in cases],
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return fields


def run_name(stem: str, manifest: Manifest) -> str:
    """The name of a run that was given none: the same questions asked in the same way have the same."""
    return f"{stem}-{manifest['mode']}-{_digest(json.dumps(_told(manifest), sort_keys=True))[:8]}"


def open_run(folder: Path, manifest: Manifest, *, fresh: bool = False) -> Run:
    """A new run's folder, or the run that it holds, to go on with.

    A last line that was cut short, as a kill leaves one, is taken off the results; so are those that failed or that the
    judge left out, to be asked again.

    Args:
        folder: made where it isn't there.
        manifest: what is to be run.
        fresh: forget what is there.

    Raises:
        UsageError: the folder holds another run, or something else; what differs is named.
        SourceError: its results can't be read.
    """
    if fresh and (folder / "manifest.json").is_file():
        shutil.rmtree(folder)
    if not (folder / "manifest.json").is_file():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder} holds something that is no run: choose another --run")
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "manifest.json", json.dumps(manifest, indent=1, ensure_ascii=False))
        (folder / "results.jsonl").touch()
        return Run(folder, manifest, ())
    before = _read_manifest(folder)
    if differing := [name for name in _TELLING if before.get(name) != manifest[name]]:
        named = ", ".join("cases" if name == "cases_digest" else name for name in differing)
        raise UsageError(f"{folder} is a run with other {named}: choose another --run, or begin anew with --fresh")
    kept = [result for result in _read_results(folder) if result.complete]
    _write(folder / "results.jsonl", "".join(f"{result_line(result)}\n" for result in kept))
    return Run(folder, before, _ordered(kept, before))


def append(folder: Path, result: Result) -> None:
    """Adds a result and waits until it is on the disk."""
    with (folder / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write(f"{result_line(result)}\n")
        file.flush()
        os.fsync(file.fileno())


def read_run(folder: Path) -> Run:
    """A run, finished or not.

    Raises:
        SourceNotFoundError: the folder holds no run.
        SourceError: its files can't be read; the line is named.
    """
    manifest = _read_manifest(folder)
    return Run(folder, manifest, _ordered(_read_results(folder), manifest))


def code_digest() -> str:
    """Twelve hexadecimal digits over the package's own files, so that a changed program isn't taken for the same."""
    package = Path(__file__).parents[1]
    whole = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.suffix in (".py", ".json", ".npz"):
            whole.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return whole.hexdigest()[:12]


def _told(manifest: Manifest) -> dict[str, Any]:
    return {name: manifest[name] for name in _TELLING}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    if not path.is_file():
        raise SourceNotFoundError(f"{folder} holds no run: make one with rag-assistant eval run --run {folder}")
    try:
        fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if missing := [name for name in (*_TELLING, "cases") if name not in fields]:
            raise ValueError(f"no {missing[0]}")
    except (ValueError, TypeError) as error:
        raise SourceError(f"{path} is damaged ({error}): run it again with --fresh") from None
    return fields


def _read_results(folder: Path) -> list[Result]:
    path = folder / "results.jsonl"
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    latest: dict[str, Result] = {}
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            result = parse_result(line)
        except ValueError as error:
            if number == len(lines):
                break  # no line end: the writer was stopped in the middle of it
            raise SourceError(f"{path}:{number}: not a result ({error}): run it again with --fresh") from None
        latest[result.case.id] = result
    return list(latest.values())


def _ordered(results: Iterable[Result], manifest: Manifest) -> tuple[Result, ...]:
    by_id = {result.case.id: result for result in results}
    return tuple(by_id[id_] for id_ in manifest["cases"] if id_ in by_id)


def _write(path: Path, text: str) -> None:
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
