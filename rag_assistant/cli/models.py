"""``rag-assistant models``: what the LLM server has, fetching more, and choosing one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from rag_assistant.cli.options import Json
from rag_assistant.cli.shell import err, print_json
from rag_assistant.errors import LLMError, LLMTimeoutError, LLMUnavailableError

if TYPE_CHECKING:
    from rag_assistant.answer.models import ModelDetails, ModelInfo, Server

models_app = typer.Typer(help="The LLMs that the server has.", no_args_is_help=True)

_MODEL_VARIABLE = "RAG_ASSISTANT_LLM__MODEL"


@models_app.command("list")
def list_(as_json: Json = False) -> None:
    """Every model of the server; the one that would answer is marked."""
    from dataclasses import asdict

    from rag_assistant.answer.models import find_model, server_for
    from rag_assistant.settings import load_settings

    settings = load_settings().llm
    server = server_for(settings)
    models = server.models()
    chosen = find_model(models, settings.model)
    details = _details(server, models)
    if as_json:
        rows = []
        for model in models:
            one = details.get(model.name)
            known = {"window": one.window if one else None, "thinks": one.thinks if one else None}
            rows.append({**asdict(model), **known, "chosen": model == chosen})
        print_json(rows)
        return
    for model in models:
        size = "" if model.size is None else f"{model.size / 1e9:.1f} GB"
        one = details.get(model.name)
        window = f"{one.window:,} tokens" if one else ""
        thinks = "thinks" if one and one.thinks else ""
        line = f"{'*' if model == chosen else ' '} {model.name:40} {size:>9} {model.quantization or '':10} {window:>16}"
        print(f"{line} {thinks}".rstrip())
    if settings.model and chosen is None:
        err().print(f"llm.model is {settings.model}, which is not among them: rag-assistant models pull", markup=False)


def _details(server: Server, models: tuple[ModelInfo, ...]) -> dict[str, ModelDetails]:
    """Window and thinking of each, as far as the server says; after one that can't be had no more are waited for."""
    details: dict[str, ModelDetails] = {}
    if server.api == "ollama":
        for model in models:
            try:
                details[model.name] = server.show(model.name)
            except LLMError as error:
                err().print(f"{model.name}: {error}", style="dim", markup=False, soft_wrap=True)
                break
    return details


@models_app.command("pull")
def pull(model: Annotated[str, typer.Argument(help="Such as qwen3:4b-instruct.")]) -> None:
    """Have the server fetch a model, and watch it do so."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    from rag_assistant.answer.models import server_for
    from rag_assistant.settings import load_settings

    console = err()
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("asking the server", total=None)
        status = ""
        for step in server_for(load_settings().llm).pull(model):
            if step.status != status and not console.is_terminal:
                console.print(step.status, markup=False)
            if step.status != status:
                # Each layer counts its own bytes from nothing.
                bar.reset(task, description=step.status, total=step.total)
            status = step.status
            bar.update(task, completed=step.completed or 0, total=step.total)
    console.print(f"{model} is there; have it answer: rag-assistant models use {model}", markup=False, soft_wrap=True)


@models_app.command("use")
def use(model: Annotated[str, typer.Argument(help="Such as qwen3:4b-instruct.")]) -> None:
    """Write a model into the settings file as the one that answers."""
    from rag_assistant.answer.models import server_for
    from rag_assistant.cli.settings_file import write_setting
    from rag_assistant.settings import load_settings

    settings, name = load_settings().llm, model
    try:
        name = server_for(settings).choose(model).name
    except (LLMUnavailableError, LLMTimeoutError) as error:
        err().print(f"not checked, for {error}", style="yellow", markup=False, soft_wrap=True)
    path = write_setting("llm", "model", name)
    print(f"llm.model is now {name} ({path})")
    if os.environ.get(_MODEL_VARIABLE):
        said = f"{_MODEL_VARIABLE}={os.environ[_MODEL_VARIABLE]} is set in the environment, and wins over the file"
        err().print(said, style="yellow", markup=False, soft_wrap=True)
