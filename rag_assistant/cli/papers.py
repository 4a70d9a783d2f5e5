"""``rag-assistant papers``: what is in the collection, and the forms that can be read."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Literal

import typer

from rag_assistant.cli.options import Filter, IndexDir, Json
from rag_assistant.cli.shell import open_assistant, out, print_json, say_bundled

papers_app = typer.Typer(help="Look at the papers of the collection, take some out.", no_args_is_help=True)


@papers_app.command("list")
def list_(index_dir: IndexDir = None, filters: Filter = None, as_json: Json = False) -> None:
    """Papers of the collection: id and title."""
    from rag_assistant.present import paper_dict
    from rag_assistant.present.terminal import safe
    from rag_assistant.retrieve import parse_filters

    assistant = open_assistant(index_dir)
    say_bundled(assistant)
    papers = assistant.papers(parse_filters(filters or []))
    if as_json:
        print_json([paper_dict(paper) for paper in papers])
    else:
        for paper in papers:
            print(f"{paper.id}  {safe(paper.title)}")


@papers_app.command("show")
def show(
    paper_id: Annotated[str, typer.Argument(help="As papers list gives it.")],
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """One paper, whole, and where it was read."""
    from rag_assistant.present import paper_dict
    from rag_assistant.present.terminal import print_paper

    paper = open_assistant(index_dir).paper(paper_id)
    if as_json:
        print_json(paper_dict(paper))
    else:
        print_paper(out(), paper)


@papers_app.command("remove")
def remove(
    ids: Annotated[list[str] | None, typer.Argument(help="As papers list gives them.")] = None,
    source: Annotated[
        str | None, typer.Option("--source", help="A file or folder; papers read elsewhere too stay.")
    ] = None,
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """Take papers out of the collection."""
    from rag_assistant.present import report_dict

    report = open_assistant(index_dir).remove(ids or (), source=source)
    if as_json:
        print_json(report_dict(report))
    else:
        print(f"{len(report.removed)} removed")


@papers_app.command("export")
def export(
    index_dir: IndexDir = None,
    form: Annotated[Literal["jsonl", "bibtex", "csv"], typer.Option("--format", help="What is printed.")] = "jsonl",
    filters: Filter = None,
) -> None:
    """Papers on standard output, in a form that ingest reads again."""
    from rag_assistant.present import paper_bibtex, paper_dict, write_csv
    from rag_assistant.retrieve import parse_filters

    papers = open_assistant(index_dir).papers(parse_filters(filters or []))
    if form == "csv":
        write_csv(papers, sys.stdout)
        return
    for paper in papers:
        print(json.dumps(paper_dict(paper), ensure_ascii=False) if form == "jsonl" else paper_bibtex(paper, whole=True))


@papers_app.command("reports")
def reports(
    number: Annotated[int | None, typer.Argument(help="Which one, whole; none: the last ten, a line each.")] = None,
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """What the last ingests and removals did."""
    from rag_assistant.errors import UsageError
    from rag_assistant.present import report_dict
    from rag_assistant.present.terminal import print_report, report_line

    assistant = open_assistant(index_dir)
    kept = assistant.reports(10 if number is None else 100)
    if number is not None:
        kept = [one for one in kept if one.number == number]
        if not kept:
            raise UsageError(f"no report {number} is kept: rag-assistant papers reports lists the last ones")
    if as_json:
        print_json([{"number": one.number, "at": one.at, **report_dict(one.report)} for one in kept])
    elif number is not None:
        print_report(out(), kept[0].report, every=True)
    else:
        for one in kept:
            print(f"{one.number:>4}  {one.at}  {report_line(one.report)}")


@papers_app.command("formats")
def formats(as_json: Json = False) -> None:
    """The forms that ingest reads, with an example each."""
    from rag_assistant.corpus import READERS

    if as_json:
        print_json([{"form": reader.form, "example": reader.example} for reader in READERS])
        return
    for reader in READERS:
        print(reader.form)
        print("".join(f"    {line}\n" for line in reader.example.strip().splitlines()))
