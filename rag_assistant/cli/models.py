"""``rag-assistant models``: what the LLM server has, and fetching more."""

from __future__ import annotations

from typing import Annotated

import typer

from rag_assistant.cli.options import Json
from rag_assistant.cli.shell import err, print_json

models_app = typer.Typer(help="The LLMs that the server has.", no_args_is_help=True)


@models_app.command("list")
def list_(as_json: Json = False) -> None:
    """Every model of the server; the one that would answer is marked."""
    from dataclasses import asdict

    from rag_assistant.answer.models import best_model, server_for
    from rag_assistant.settings import load_settings

    settings = load_settings().llm
    models = server_for(settings).models()
    chosen = settings.model or getattr(best_model(models), "name", None)
    if as_json:
        print_json([{**asdict(model), "chosen": model.name == chosen} for model in models])
        return
    for model in models:
        size = "" if model.size is None else f"{model.size / 1e9:.1f} GB"
        print(
            f"{'*' if model.name == chosen else ' '} {model.name:40} {size:>9} {model.quantization or '':10}".rstrip()
        )


@models_app.command("pull")
def pull(model: Annotated[str, typer.Argument(help="Such as llama3.2.")]) -> None:
    """Have the server fetch a model."""
    from rich.progress import Progress

    from rag_assistant.answer.models import server_for
    from rag_assistant.settings import load_settings

    console = err()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("asking the server", total=None)
        for step in server_for(load_settings().llm).pull(model):
            bar.update(task, description=step.status, completed=step.completed or 0, total=step.total)
    console.print(f"{model} is there.", highlight=False)
