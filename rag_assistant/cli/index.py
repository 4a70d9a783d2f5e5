"""``rag-assistant index``: what the index holds, and building it anew."""

from __future__ import annotations

import typer

from rag_assistant.cli.options import IndexDir, Json
from rag_assistant.cli.shell import err, open_assistant, print_json

index_app = typer.Typer(help="Look at the index or build it anew.", no_args_is_help=True)


@index_app.command("info")
def info(index_dir: IndexDir = None, as_json: Json = False) -> None:
    """What the index holds and what made it."""
    from dataclasses import asdict

    assistant = open_assistant(index_dir)
    manifest = assistant.index.manifest
    values = {**asdict(manifest), "fingerprint": manifest.fingerprint, "folder": str(assistant.index.folder)}
    if as_json:
        print_json(values)
    else:
        for name, value in values.items():
            print(f"{name:24}{value}")


@index_app.command("rebuild")
def rebuild(index_dir: IndexDir = None, as_json: Json = False) -> None:
    """Build the index anew from the papers kept beside it, with the settings in force."""
    from rag_assistant import assistant
    from rag_assistant.cli.progress import watched
    from rag_assistant.settings import load_settings

    settings = load_settings(index_dir=index_dir)
    with watched(err()) as progress:
        manifest, embedded = assistant.rebuild(settings, progress=progress)
    if as_json:
        print_json({"papers": manifest.papers, "passages": manifest.passages, "embedded": embedded})
    else:
        print(f"{manifest.papers} papers, {manifest.passages} passages, {embedded} embedded anew")
