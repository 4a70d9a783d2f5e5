"""The verbs of the command line."""

from __future__ import annotations

import json
import sys
from glob import has_magic
from pathlib import Path
from typing import Annotated, Literal

import typer

from rag_assistant import __version__
from rag_assistant.cli.eval import eval_app
from rag_assistant.cli.index import index_app
from rag_assistant.cli.models import models_app
from rag_assistant.cli.options import Filter, IndexDir, Json, K, Model, ModeOption, PromptsDir
from rag_assistant.cli.papers import papers_app
from rag_assistant.cli.shell import err, open_assistant, out, prepare_readers, print_json, say_bundled

app = typer.Typer(
    name="rag-assistant",
    help="Questions over paper abstracts, answered on your own machine with citations that can be checked.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(papers_app, name="papers")
app.add_typer(index_app, name="index")
app.add_typer(models_app, name="models")
app.add_typer(eval_app, name="eval")


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Says what to type where nothing was typed."""
    if version:
        print(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(
            "rag-assistant answers questions over paper abstracts, with citations.\n\n"
            "  rag-assistant demo                       three questions over the bundled papers\n"
            '  rag-assistant ask "your question"        an answer with its sources\n'
            "  rag-assistant ingest PATH…               your own papers\n"
            "  rag-assistant serve --open               the chat page\n"
            "  rag-assistant --help                     everything else"
        )


@app.command()
def ingest(
    paths: Annotated[list[str], typer.Argument(help="Files, folders or globs of abstracts.")],
    index_dir: IndexDir = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", help="Columns of tables and JSON, such as title=Name,abstract=Text; may be repeated."),
    ] = None,
    sync: Annotated[
        bool, typer.Option("--sync", help="Take out papers that came from these paths and are gone from them.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when anything was rejected.")] = False,
    as_json: Json = False,
) -> None:
    """Read papers and index them."""
    from rag_assistant.cli.progress import watched
    from rag_assistant.corpus import parse_columns
    from rag_assistant.present import report_dict
    from rag_assistant.present.terminal import print_rejections, print_report

    mapping = parse_columns(columns) if columns else None
    assistant = open_assistant(index_dir)
    with watched(err()) as progress:
        report = assistant.ingest(paths, mapping=mapping, sync=sync, progress=progress)
    prepare_readers(err())
    if as_json:
        print_json(report_dict(report))
    elif report.papers:
        print_report(out(), report)
        again = f'rag-assistant ask --index-dir {assistant.index_dir} "…"'
        err().print(f"Next: {again}", style="dim", soft_wrap=True, markup=False)
    else:
        print_rejections(err(), report)
    missing = any(not has_magic(path) and not Path(path).exists() for path in paths)
    if not report.papers or missing or (strict and report.rejected):
        raise typer.Exit(1)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="In plain words; - reads it from standard input.")],
    index_dir: IndexDir = None,
    mode: ModeOption = None,
    model: Model = None,
    prompts: PromptsDir = None,
    k: K = None,
    filters: Filter = None,
    as_json: Json = False,
    form: Annotated[
        Literal["terminal", "markdown", "bibtex", "svg"], typer.Option("--format", help="How the answer is printed.")
    ] = "terminal",
) -> None:
    """Answer one question, with citations."""
    from rag_assistant.cli.answering import answer_live
    from rag_assistant.present import answer_bibtex, answer_dict, answer_markdown, answer_svg
    from rag_assistant.retrieve import parse_filters

    text = sys.stdin.read() if question == "-" else question
    chosen = parse_filters(filters or [])
    assistant = open_assistant(index_dir, model=model, prompts=prompts)
    say_bundled(assistant)
    prepare_readers(err())
    if as_json or form != "terminal":
        answer = assistant.ask(text, mode, k=k, filters=chosen)
        if as_json:
            print_json(answer_dict(answer))
        else:
            printed = {"markdown": answer_markdown, "bibtex": answer_bibtex, "svg": answer_svg}[form]
            print(printed(answer), end="")
    else:
        answer_live(out(), assistant.stream(text, mode, k=k, filters=chosen))


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="An answer as ask --json printed it.")],
    index_dir: IndexDir = None,
    as_json: Json = False,
) -> None:
    """Ask a kept answer's question again under the same settings; exit with 1 where the answer is another."""
    from rag_assistant.present import answer_dict
    from rag_assistant.present.terminal import print_answer
    from rag_assistant.replay import load_answer
    from rag_assistant.replay import replay as ask_again

    found = ask_again(load_answer(file), index_dir)
    if as_json:
        print_json(
            {"same": not found.differences, "differences": found.differences, "answer": answer_dict(found.answer)}
        )
    else:
        print_answer(out(), found.answer)
    for line in found.differences:
        err().print(f"Not as it was: {line}", style="yellow", soft_wrap=True, markup=False)
    if found.differences:
        raise typer.Exit(1)
    err().print("The same answer.", style="dim")


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="In plain words, a name, or a title.")],
    index_dir: IndexDir = None,
    k: K = 10,
    filters: Filter = None,
    as_json: Json = False,
) -> None:
    """Find papers, without an answer, and see why each was found."""
    from rag_assistant.present import hit_dict
    from rag_assistant.present.terminal import print_hits
    from rag_assistant.retrieve import parse_filters

    assistant = open_assistant(index_dir)
    say_bundled(assistant)
    hits = assistant.search(question, k, parse_filters(filters or []))
    if as_json:
        print_json([hit_dict(hit) for hit in hits])
    else:
        print_hits(out(), hits)


@app.command()
def chat(index_dir: IndexDir = None, mode: ModeOption = None, model: Model = None, prompts: PromptsDir = None) -> None:
    """Ask question after question in the terminal; a follow-up may lean on what was said before."""
    from rag_assistant.cli.answering import converse

    assistant = open_assistant(index_dir, model=model, prompts=prompts)
    say_bundled(assistant)
    prepare_readers(err())
    converse(out(), assistant, mode)


@app.command()
def serve(
    index_dir: IndexDir = None,
    host: Annotated[str | None, typer.Option(help="Address to bind.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to bind.", show_default="7860")] = None,
    model: Model = None,
    prompts: PromptsDir = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Serve the chat page."""
    from rag_assistant.web import serve as serve_page

    assistant = open_assistant(index_dir, model=model, prompts=prompts)
    say_bundled(assistant)
    prepare_readers(err())
    web = assistant.settings.web
    serve_page(
        assistant,
        host=web.host if host is None else host,
        port=web.port if port is None else port,
        open_browser=open_browser,
    )


@app.command()
def demo() -> None:
    """Answer three questions over the bundled papers: a fact, a comparison, and one that is declined."""
    from rag_assistant.cli.demo import run

    run(out())


@app.command()
def doctor(index_dir: IndexDir = None, as_json: Json = False) -> None:
    """Check what the assistant stands on, and say what mends each fault."""
    from rag_assistant.cli.doctor import examine, print_findings

    findings = examine(index_dir)
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        print_findings(out(), findings)
    if any(finding.state == "fault" for finding in findings):
        raise typer.Exit(1)


@app.command()
def config(as_json: Json = False) -> None:
    """Show the settings in force and where they can be changed."""
    from rag_assistant.settings import ENV_PREFIX, config_file, load_settings

    settings = load_settings()
    values = settings.model_dump(mode="json")
    values["web"]["password"] = "***" if settings.web.password else None
    if as_json:
        print_json(values)
        return
    print(f"# file: {config_file() or 'none; rag_assistant.toml here would be read'}")
    print(f"# environment: {ENV_PREFIX}NAME or {ENV_PREFIX}GROUP__NAME")
    for name, value in values.items():
        if isinstance(value, dict):
            print(f"\n[{name}]")
            for inner, one in value.items():
                print(f"{inner} = {json.dumps(one)}")
        else:
            print(f"{name} = {json.dumps(value)}")


@app.command(hidden=True)
def reference(pages: Annotated[list[Path], typer.Argument(help="Markdown files.")]) -> None:
    """Make the generated parts of documentation pages anew."""
    from rag_assistant.cli.reference import refresh_files

    for page in refresh_files(pages):
        print(page)
