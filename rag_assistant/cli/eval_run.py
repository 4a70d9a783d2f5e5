"""``rag-assistant eval run``: asks the questions of case files and measures the answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag_assistant.cli.options import IndexDir, Json, ModeOption
from rag_assistant.cli.shell import err, print_json

if TYPE_CHECKING:
    from rag_assistant.assistant import Assistant
    from rag_assistant.evaluate.cases import CasesRead

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="Files of cases; none: the bundled questions over the bundled papers.", show_default=False),
]
SplitOption = Annotated[Literal["dev", "held_out"] | None, typer.Option("--split", help="Only that part of the cases.")]
Limit = Annotated[int | None, typer.Option("--limit", help="Only so many questions, drawn by --seed.", min=1)]
Seed = Annotated[int, typer.Option("--seed", help="Of the draw, the intervals and the random control.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", help="A setting, such as retrieve.k=4; may be repeated.", metavar="SETTING")
]
JudgeOption = Annotated[
    Literal["verifier", "nli", "llm"], typer.Option("--judge", help="Who says whether a citation bears a sentence out.")
]
NLIModel = Annotated[str | None, typer.Option("--nli-model", help="A CrossEncoder's name or folder, for --judge nli.")]
Workers = Annotated[int, typer.Option("--workers", help="Questions asked at once; seconds get longer.", min=1, max=64)]
RunDir = Annotated[
    Path | None, typer.Option("--run", help="The run's folder.", show_default="runs/NAME by what is asked")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Forget what the folder holds and begin anew.")]


def run(
    files: Files = None,
    index_dir: IndexDir = None,
    mode: ModeOption = None,
    split: SplitOption = None,
    limit: Limit = None,
    seed: Seed = 0,
    settings: Set = None,
    judge: JudgeOption = "verifier",
    nli_model: NLIModel = None,
    workers: Workers = 1,
    folder: RunDir = None,
    fresh: Fresh = False,
    baseline: Annotated[
        Path | None, typer.Option("--baseline", help="A run to compare with, in the report and in the table.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask the questions of case files, measure the answers, write a report; after a stop the same command goes on."""
    from rag_assistant.cli.progress import watched
    from rag_assistant.cli.shell import say_indexing
    from rag_assistant.evaluate.compare import compare, comparison_table
    from rag_assistant.evaluate.harness import Plan, carry_out, choose, open_for, parse_settings
    from rag_assistant.evaluate.judges import DEFAULT_NLI, make_judge
    from rag_assistant.evaluate.report import write_report
    from rag_assistant.evaluate.runs import read_run
    from rag_assistant.evaluate.summary import summary_dict
    from rag_assistant.evaluate.tables import run_table

    before = None if baseline is None else read_run(baseline)
    assistant, paths = open_for(files or [], index_dir, parse_settings(settings or []))
    if assistant.bundled:
        say_indexing(assistant.settings)
    plan = Plan(
        cases=choose(good_cases(assistant, paths), split, limit, seed),
        mode=mode or assistant.settings.answer.mode,
        judge=make_judge(judge, assistant.settings, nli_model or DEFAULT_NLI),
        seed=seed,
        stem=paths[0].stem,
        folder=folder,
        fresh=fresh,
        workers=workers,
    )
    try:
        with watched(err()) as progress:
            done, summary = carry_out(assistant, plan, progress)
    except KeyboardInterrupt:
        err().print("Stopped; what was answered is kept, and the same command goes on from there.", style="yellow")
        raise
    report = write_report(done, before)
    comparison = None if before is None else compare(before, done, seed)
    if as_json:
        fields = {"run": str(done.folder), "report": str(report), **summary_dict(summary)}
        print_json(fields if comparison is None else {**fields, "baseline": comparison.as_dict()})
    else:
        print(run_table(summary))
        if comparison is not None:
            print(f"\n{comparison_table(comparison)}")
    err().print(f"Report: {report}", style="dim", markup=False, soft_wrap=True)


def good_cases(assistant: Assistant, paths: list[Path]) -> CasesRead:
    """The cases that can be asked; bad lines, and cases whose paper isn't there, are said on standard error."""
    from rag_assistant.evaluate.cases import known_only, read_cases

    read = known_only(read_cases(paths), (paper.title for paper in assistant.papers()))
    for rejection in read.rejected:
        err().print(str(rejection), style="yellow", markup=False, soft_wrap=True)
    return read
