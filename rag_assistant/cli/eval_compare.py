"""``rag-assistant eval report``, ``compare`` and ``sweep``: what runs say, alone and beside one another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag_assistant.cli.eval_run import Files, Fresh, Limit, Seed, SplitOption, Workers, good_cases
from rag_assistant.cli.options import IndexDir, Json, ModeOption
from rag_assistant.cli.shell import err, print_json

RunFolder = Annotated[Path, typer.Argument(help="A run's folder.")]


def report(
    run: RunFolder,
    baseline: Annotated[Path | None, typer.Option("--baseline", help="A run to compare with.")] = None,
) -> None:
    """Write a run's report anew, of an unfinished run too."""
    from rag_assistant.errors import UsageError
    from rag_assistant.evaluate.report import write_report
    from rag_assistant.evaluate.runs import read_run

    found = read_run(run)
    if not found.results:
        raise UsageError(f"{run} has no result yet: go on with rag-assistant eval run --run {run}")
    print(write_report(found, None if baseline is None else read_run(baseline)))


def compare(
    before: Annotated[Path, typer.Argument(help="The folder of the run to compare with.")],
    after: Annotated[Path, typer.Argument(help="The folder of the other.")],
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Compare two runs over the same questions: changes with intervals and p values, questions won and lost."""
    from rag_assistant.evaluate.compare import compare as compare_runs
    from rag_assistant.evaluate.compare import comparison_table
    from rag_assistant.evaluate.report import write_report
    from rag_assistant.evaluate.runs import read_run

    earlier, later = read_run(before), read_run(after)
    comparison = compare_runs(earlier, later, seed)
    if as_json:
        print_json(comparison.as_dict())
    else:
        print(comparison_table(comparison))
    err().print(f"Report: {write_report(later, earlier)}", style="dim", markup=False, soft_wrap=True)


def sweep(
    files: Files = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting and its values, such as retrieve.k=4,6,8; may be repeated."),
    ] = None,
    measure: Annotated[str, typer.Option("--measure", help="What the plot shows against time.")] = "right",
    index_dir: IndexDir = None,
    mode: ModeOption = None,
    split: SplitOption = None,
    limit: Limit = None,
    seed: Seed = 0,
    workers: Workers = 1,
    folder: Annotated[Path, typer.Option("--out", help="Where the runs and sweep.html are kept.")] = Path("runs/sweep"),
    fresh: Fresh = False,
    as_json: Json = False,
) -> None:
    """Ask the same questions under several settings: a table, and a plot of quality against time."""
    from rag_assistant.cli.progress import watched
    from rag_assistant.errors import UsageError
    from rag_assistant.evaluate.harness import Plan, choose, open_for
    from rag_assistant.evaluate.judges import VerifierJudge
    from rag_assistant.evaluate.metrics import BY_NAME
    from rag_assistant.evaluate.sweep import combinations, sweep_table, write_sweep
    from rag_assistant.evaluate.sweep import sweep as sweep_over

    if measure not in BY_NAME:
        raise UsageError(f"no measure {measure!r}: there are {', '.join(BY_NAME)}")
    chosen = combinations(settings or [])
    assistant, paths = open_for(files or [], index_dir)
    plan = Plan(
        cases=choose(good_cases(assistant, paths), split, limit, seed),
        mode=mode or assistant.settings.answer.mode,
        judge=VerifierJudge(),
        seed=seed,
        fresh=fresh,
        workers=workers,
        controls=False,
    )
    with watched(err()) as progress:
        swept = sweep_over(files or [], index_dir, chosen, plan, folder, progress)
    page = write_sweep(swept, measure, folder)
    if as_json:
        print_json([one.as_dict() for one in swept])
    else:
        print(sweep_table(swept))
    err().print(f"Plot: {page}", style="dim", markup=False, soft_wrap=True)
