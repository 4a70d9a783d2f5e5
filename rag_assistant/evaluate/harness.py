"""One run from its questions to its folder; the command line, the sweep and the gate all go through here."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_assistant.answer.relevance import ENCODER
from rag_assistant.assistant import Assistant
from rag_assistant.data import data_path
from rag_assistant.errors import SourceError, UsageError
from rag_assistant.evaluate.cases import Case, CasesRead, Split
from rag_assistant.evaluate.judges import Judge
from rag_assistant.evaluate.running import Asking
from rag_assistant.evaluate.runs import Run, append, make_manifest, open_run, read_run, run_name
from rag_assistant.evaluate.summary import Summary, summarise, summary_dict
from rag_assistant.index.build import Progress, quiet
from rag_assistant.records import Mode
from rag_assistant.settings import load_settings

RUNS = Path("runs")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be asked, and how. ``folder`` None: a name under ``runs/`` that says what the run is of."""

    cases: tuple[Case, ...]
    mode: Mode
    judge: Judge
    seed: int = 0
    stem: str = "questions"
    folder: Path | None = None
    fresh: bool = False
    workers: int = 1
    controls: bool = True


def bundled_questions() -> Path:
    """The questions over the bundled papers."""
    return data_path("evals/questions.jsonl")


def open_for(
    files: Sequence[Path], index_dir: Path | None, overrides: dict[str, Any] | None = None
) -> tuple[Assistant, list[Path]]:
    """The assistant to ask and the case files: without a file the bundled questions over the bundled papers."""
    given = overrides or {}
    if files or index_dir is not None:
        return Assistant.open(index_dir, **given), list(files) or [bundled_questions()]
    return Assistant.open_bundled(settings=load_settings(**given)), [bundled_questions()]


def parse_settings(pairs: Sequence[str]) -> dict[str, Any]:
    """``retrieve.k=4``, ``prompts_dir=FOLDER`` and the like as overrides for :meth:`Assistant.open`.

    Raises:
        UsageError: a pair has no name or no value.
    """
    overrides: dict[str, Any] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        group, dot, key = name.strip().partition(".")
        if sign and value.strip() and group == "prompts_dir" and not dot:
            overrides[group] = value.strip()
        elif sign and value.strip() and key:
            overrides.setdefault(group, {})[key] = value.strip()
        else:
            raise UsageError(f"--set {pair!r}: write it as group.name=value, such as retrieve.k=4")
    return overrides


def choose(read: CasesRead, split: Split | None, limit: int | None, seed: int) -> tuple[Case, ...]:
    """The cases to ask: no drafts, one split if one is named, and of those ``limit`` drawn at random, in their order.

    Raises:
        SourceError: none is left.
    """
    cases = [case for case in read.cases if not case.draft and split in (None, case.split)]
    if not cases:
        raise SourceError(f"no case to ask{'' if split is None else f' of the split {split}'}: every line was left out")
    if limit is None or limit >= len(cases):
        return tuple(cases)
    drawn = set(random.Random(seed).sample(range(len(cases)), limit))  # noqa: S311 (a sample, no secret)
    return tuple(case for place, case in enumerate(cases) if place in drawn)


def carry_out(assistant: Assistant, plan: Plan, progress: Progress = quiet) -> tuple[Run, Summary]:
    """Asks what has not been asked yet, and writes the folder's ``results.jsonl`` and ``summary.json``.

    Raises:
        UsageError: the folder holds another run.
        LLMUnavailableError: mode ``llm`` and nothing answers; what was asked before is kept.
    """
    manifest = make_manifest(assistant, plan.cases, plan.mode, plan.judge, plan.seed)
    folder = plan.folder or RUNS / run_name(plan.stem, manifest)
    before = open_run(folder, manifest, fresh=plan.fresh)
    asked = {result.case.id for result in before.results}
    left = [case for case in plan.cases if case.id not in asked]
    if left:
        assistant.index.embed_question("warm up")  # or the first answer would wait for the models
        ENCODER.missing()
    asking = Asking(assistant, plan.mode, plan.judge, plan.seed, plan.controls)
    progress("questions", len(asked), len(plan.cases))
    for done, result in enumerate(asking.each(left, plan.workers), len(asked) + 1):
        append(folder, result)
        progress("questions", done, len(plan.cases))
    run = read_run(folder)
    summary = summarise(run.results, plan.seed)
    text = json.dumps({"run": run.name, **summary_dict(summary)}, indent=1, ensure_ascii=False)
    (folder / "summary.json").write_text(f"{text}\n", encoding="utf-8")
    return run, summary
