"""The commands that measure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from rag_assistant.cli.eval_cases import add, validate
from rag_assistant.cli.eval_compare import compare, report, sweep
from rag_assistant.cli.eval_gate import accept, gate
from rag_assistant.cli.eval_run import run
from rag_assistant.cli.options import IndexDir, Json
from rag_assistant.cli.shell import print_json

eval_app = typer.Typer(help="Measure retrieval, answers and the verifier.", no_args_is_help=True)
for command in (run, report, compare, sweep, validate, add, gate, accept):
    eval_app.command(command.__name__)(command)


@eval_app.command("retrieval")
def eval_retrieval(
    beir: Annotated[
        Path | None, typer.Option("--beir", help="A folder with corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv.")
    ] = None,
    questions: Annotated[
        Path | None, typer.Option("--questions", help="Cases of your own, over the index of --index-dir.")
    ] = None,
    split: Annotated[str | None, typer.Option("--split", help="Which judgements.", show_default="test, all")] = None,
    index_dir: Annotated[
        Path | None, typer.Option("--index-dir", help="Where the index is kept.", show_default="the cache")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", help="Only the first questions.", min=1)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Measure what is found, beside BM25 alone, vectors alone and their plain fusion."""
    from dataclasses import asdict

    from rich.console import Console

    from rag_assistant.cli.progress import watched
    from rag_assistant.errors import UsageError
    from rag_assistant.evaluate.beir import load_beir
    from rag_assistant.evaluate.cases import load_cases
    from rag_assistant.evaluate.retrieval import (
        cases_as_collection,
        collection_index,
        limited,
        measure_retrieval,
        report_table,
    )
    from rag_assistant.index.embed import load_encoder
    from rag_assistant.index.open import Index
    from rag_assistant.settings import load_settings

    both = beir is not None and questions is not None
    if both or (beir is None and questions is None):
        raise UsageError("name one collection: --beir FOLDER, or --questions FILE over your own index")
    err = Console(stderr=True, highlight=False, emoji=False)
    settings = load_settings(index_dir=index_dir)
    with watched(err) as progress:
        if beir is not None:
            split = split or "test"
            collection = limited(load_beir(beir, split), limit)
            index = collection_index(
                collection, settings, lambda: load_encoder(settings.embedding.model), index_dir, progress
            )
        elif questions is not None:
            cases = [case for case in load_cases(questions) if split in (None, case.split)]
            index = Index(settings.index_dir, settings, lambda: load_encoder(settings.embedding.model))
            collection = limited(cases_as_collection(cases, index.catalog.all_papers(), questions.name), limit)
        report = measure_retrieval(collection, split or "all", index, settings, progress)
        index.close()
    if collection.empty:
        err.print(f"{collection.empty} documents without title and text were left out", markup=False)
    print(json.dumps(asdict(report), indent=1) if as_json else report_table(report))


@eval_app.command("benchmark")
def eval_benchmark(
    papers: Annotated[list[str], typer.Argument(help="Files or folders of abstracts to index in a temporary place.")],
    limit: Annotated[int, typer.Option("--limit", help="Papers in the race of building.", min=2)] = 400,
    rounds: Annotated[int, typer.Option("--rounds", help="How often the race is run.", min=1)] = 3,
    parts: Annotated[
        list[str] | None,
        typer.Option("--part", help="race, updates, asking; may be repeated.", show_default="all"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Measure building, updating and asking, beside the model alone and llama-index's own pipeline."""
    from dataclasses import asdict

    from rag_assistant.cli.shell import err
    from rag_assistant.corpus import collect
    from rag_assistant.errors import SourceError, UsageError
    from rag_assistant.evaluate.benchmark import PARTS, measure, report_table
    from rag_assistant.settings import load_settings

    if unknown := set(parts or ()) - {*PARTS}:
        raise UsageError(f"no part {unknown.pop()!r}: there are {', '.join(PARTS)}")
    settings = load_settings()
    found = collect(papers, settings.corpus).papers
    if not found:
        raise SourceError(f"no papers in {', '.join(papers)}: name files or folders of abstracts")
    say = err()
    report = measure(found, limit, rounds, settings, lambda text: say.print(text, style="dim"), parts or PARTS)
    print(json.dumps(asdict(report), indent=1) if as_json else report_table(report))


@eval_app.command("growth")
def eval_growth(
    papers: Annotated[list[str], typer.Argument(help="Files or folders of abstracts to make others of.")],
    sizes: Annotated[
        list[int] | None,
        typer.Option("--size", help="Passages; may be repeated.", show_default="1000, 10000, 100000", min=100),
    ] = None,
    earlier: Annotated[
        Path | None, typer.Option("--earlier", help="JSON of an earlier run, whose sizes are put beside these.")
    ] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="An SVG file to draw into.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Measure how building, changing, keeping and asking an index grow with its size."""
    from rag_assistant.cli.shell import err
    from rag_assistant.corpus import collect
    from rag_assistant.evaluate.growth import draw_growth, growth_json, growth_table, measure_growth, read_growth
    from rag_assistant.settings import load_settings

    settings = load_settings()
    before = [] if earlier is None else read_growth(earlier)
    found = collect(papers, settings.corpus).papers
    say = err()
    grown = before + measure_growth(
        found, sizes or [1_000, 10_000, 100_000], settings, lambda text: say.print(text, style="dim")
    )
    if plot is not None:
        draw_growth(grown, plot)
    print(growth_json(grown) if as_json else growth_table(grown))


@eval_app.command("verifier")
def eval_verifier(
    file: Annotated[
        Path | None, typer.Argument(help="Verifier cases; none: the ones that come along.", show_default=False)
    ] = None,
    index_dir: IndexDir = None,
    split: Annotated[str | None, typer.Option("--split", help="Only that part of the cases.")] = None,
    as_json: Json = False,
) -> None:
    """Audit the verifier: which faults it catches, by kind, and how often it cries wolf."""
    from dataclasses import asdict

    from rag_assistant.cli.shell import open_assistant
    from rag_assistant.data import data_path
    from rag_assistant.evaluate.verifier import evaluate_verifier, load_verifier_cases

    assistant = open_assistant(index_dir)
    cases = load_verifier_cases(file or data_path("evals/verifier.jsonl"))
    chosen = [case for case in cases if split in (None, case.split)]
    report = evaluate_verifier(chosen, {paper.title: paper.text for paper in assistant.papers()})
    if as_json:
        fields = asdict(report)
        fields["wrong"] = [case.id for case, _ in report.wrong]
        print_json(fields)
    else:
        print(report.table())
