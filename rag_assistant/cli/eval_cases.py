"""``rag-assistant eval validate`` and ``add``: the questions themselves."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from rag_assistant.cli.eval_run import Files
from rag_assistant.cli.options import IndexDir, Json
from rag_assistant.cli.shell import err, print_json


def validate(
    files: Files = None,
    index_dir: IndexDir = None,
    skip: Annotated[
        list[str] | None,
        typer.Option("--skip", help="A check to leave out: title, fact, evidence, answerable; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check case files against the papers that they ask about; exits with 1 where anything is wrong."""
    from rag_assistant.errors import UsageError
    from rag_assistant.evaluate.cases import read_cases
    from rag_assistant.evaluate.harness import open_for
    from rag_assistant.evaluate.validate import CHECKS
    from rag_assistant.evaluate.validate import validate as check_cases

    if unknown := [name for name in skip or () if name not in CHECKS]:
        raise UsageError(f"no check {unknown[0]!r}: there are {', '.join(CHECKS)}")
    assistant, paths = open_for(files or [], index_dir)
    read = read_cases(paths)
    findings = check_cases(read, assistant.papers(), assistant.search, skip or ())
    if as_json:
        print_json({"cases": len(read.cases), "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            print(finding)
        bad = len({finding.case for finding in findings if finding.case})
        print(f"{len(read.cases)} cases, {len(read.rejected)} lines rejected, {bad} cases with something wrong")
    if findings:
        raise typer.Exit(1)


def add(
    answer: Annotated[Path, typer.Argument(help="What rag-assistant ask --json printed.")],
    file: Annotated[Path, typer.Option("--to", help="The file of cases.")] = Path("evals/drafts.jsonl"),
    bad: Annotated[bool, typer.Option("--bad", help="The answer was not what was wanted.")] = False,
    note: Annotated[str, typer.Option("--note", help="What is to be said of it.")] = "",
) -> None:
    """Make an answer the draft of a case, to be looked over; runs leave drafts out."""
    from rag_assistant.evaluate.case_drafts import add_draft, draft_case
    from rag_assistant.replay import load_answer

    case = draft_case(load_answer(answer), "bad" if bad else "good", note)
    if add_draft(file, case):
        print(f"{case.id} added to {file}")
        err().print("Look it over, then take out its “draft”.", style="dim")
    else:
        print(f"{case.id} is in {file} already")
