"""``rag-assistant papers``: what is in the collection, and the forms that can be read."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer

from rag_assistant.cli.options import IndexDir, Json
from rag_assistant.cli.shell import open_assistant, out, print_json, say_bundled

papers_app = typer.Typer(help="Look at the papers of the collection.", no_args_is_help=True)


@papers_app.command("list")
def list_(index_dir: IndexDir = None, as_json: Json = False) -> None:
    """Every paper of the collection: id and title."""
    from rag_assistant.present import paper_dict
    from rag_assistant.present.terminal import safe

    assistant = open_assistant(index_dir)
    say_bundled(assistant)
    if as_json:
        print_json([paper_dict(paper) for paper in assistant.papers()])
    else:
        for paper in assistant.papers():
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


@papers_app.command("export")
def export(
    index_dir: IndexDir = None,
    form: Annotated[Literal["jsonl", "bibtex"], typer.Option("--format", help="What is printed.")] = "jsonl",
) -> None:
    """All papers on standard output, in a form that ingest reads again."""
    from rag_assistant.present import paper_bibtex, paper_dict

    for paper in open_assistant(index_dir).papers():
        print(json.dumps(paper_dict(paper), ensure_ascii=False) if form == "jsonl" else paper_bibtex(paper))


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
