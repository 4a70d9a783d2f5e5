"""``rag-assistant eval gate`` and ``accept``: what keeps answers from getting worse."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_assistant.cli.eval_run import Set, good_cases
from rag_assistant.cli.options import IndexDir, Json
from rag_assistant.cli.shell import err, print_json

if TYPE_CHECKING:
    from rag_assistant.evaluate.runs import Run

GivenRun = Annotated[
    Path | None, typer.Argument(help="A run's folder; none: the questions are asked now.", show_default=False)
]
BaselineFile = Annotated[Path, typer.Option("--baseline", help="The baseline's file.")]
QuestionsFile = Annotated[
    Path | None,
    typer.Option("--questions", help="Cases to ask where no run is named.", show_default="the bundled ones"),
]
_BASELINE = Path("evals/baseline.json")


def gate(
    run: GivenRun = None,
    baseline: BaselineFile = _BASELINE,
    questions: QuestionsFile = None,
    index_dir: IndexDir = None,
    settings: Set = None,
    as_json: Json = False,
) -> None:
    """Hold a run against the accepted baseline; exits with 1, and names the questions lost, where a measure fell."""
    from rag_assistant.evaluate.gate import hold, load_baseline
    from rag_assistant.evaluate.report import write_report
    from rag_assistant.evaluate.runs import read_run

    accepted = load_baseline(baseline)
    found = read_run(run) if run is not None else _asked_now(questions, index_dir, settings)
    report = hold(found, accepted)
    if as_json:
        print_json(report.as_dict())
    else:
        print(report.table())
    err().print(f"Report: {write_report(found)}", style="dim", markup=False, soft_wrap=True)
    if not report.holds:
        raise typer.Exit(1)


def accept(
    reason: Annotated[str, typer.Option("--reason", help="Why; it goes into the page of experiments.")],
    run: GivenRun = None,
    baseline: BaselineFile = _BASELINE,
    experiments: Annotated[Path, typer.Option("--experiments", help="The page of experiments.")] = Path(
        "docs/experiments.md"
    ),
    questions: QuestionsFile = None,
    index_dir: IndexDir = None,
) -> None:
    """Make a run the baseline of the gate, and write why into the page of experiments."""
    from rag_assistant.evaluate.gate import accept as accept_run
    from rag_assistant.evaluate.runs import read_run

    found = read_run(run) if run is not None else _asked_now(questions, index_dir, None)
    accept_run(found, reason, baseline, experiments)
    print(f"{baseline} is now {found.name}; the reason stands in {experiments}")


def _asked_now(questions: Path | None, index_dir: Path | None, settings: list[str] | None) -> Run:
    """A run of the gate's questions by the extractive writer, which needs no LLM and says the same on every machine."""
    from rag_assistant.cli.progress import watched
    from rag_assistant.evaluate.harness import Plan, carry_out, choose, open_for, parse_settings
    from rag_assistant.evaluate.judges import VerifierJudge

    assistant, paths = open_for([questions] if questions else [], index_dir, parse_settings(settings or []))
    # What is left out here is missing in the report, and the gate fails.
    plan = Plan(
        choose(good_cases(assistant, paths), None, None, 0), "extractive", VerifierJudge(), stem="gate", controls=False
    )
    with watched(err()) as progress:
        return carry_out(assistant, plan, progress)[0]
