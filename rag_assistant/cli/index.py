"""``rag-assistant index``: what the index holds, whether it is whole, building it anew, tidying it."""

from __future__ import annotations

import typer

from rag_assistant.cli.options import IndexDir, Json
from rag_assistant.cli.shell import err, open_assistant, print_json

index_app = typer.Typer(help="Look at the index, verify it, build it anew, tidy it.", no_args_is_help=True)


@index_app.command("info")
def info(index_dir: IndexDir = None, as_json: Json = False) -> None:
    """What the index holds, what made it, and how well Chroma's graph was found to search."""
    from dataclasses import asdict

    index = open_assistant(index_dir).index
    manifest = index.manifest
    values = {
        **asdict(manifest),
        "fingerprint": manifest.fingerprint,
        "search": "exact, all passages compared" if index.vectors.exact else "by Chroma's graph",
        "folder": str(index.folder),
    }
    if as_json:
        print_json(values)
    else:
        for name, value in values.items():
            print(f"{name:24}{value}")


@index_app.command("verify")
def verify(index_dir: IndexDir = None, as_json: Json = False) -> None:
    """Read every byte of the index, ask Chroma, and say what is wrong and what mends it."""
    from rag_assistant.index.examine import faults
    from rag_assistant.index.generation import require_current
    from rag_assistant.settings import load_settings

    settings = load_settings(index_dir=index_dir)
    found = faults(settings.index_dir, settings, deep=True)
    if not found:
        require_current(settings.index_dir)
    if as_json:
        print_json([{"what": fault.what, "mend": fault.mend, "harmless": fault.harmless} for fault in found])
    else:
        for fault in found:
            print(fault)
        if not found:
            print(f"{settings.index_dir} is whole")
    if any(not fault.harmless for fault in found):
        raise typer.Exit(1)


@index_app.command("rebuild")
def rebuild(index_dir: IndexDir = None, as_json: Json = False) -> None:
    """Build the index anew from the papers kept beside it, with the settings in force."""
    from rag_assistant import ingestion
    from rag_assistant.cli.progress import watched
    from rag_assistant.settings import load_settings

    settings = load_settings(index_dir=index_dir)
    with watched(err()) as progress:
        manifest, embedded = ingestion.rebuild(settings, progress=progress)
    if as_json:
        print_json({"papers": manifest.papers, "passages": manifest.passages, "embedded": embedded})
    else:
        print(f"{manifest.papers} papers, {manifest.passages} passages, {embedded} embedded anew")


@index_app.command("gc")
def gc(index_dir: IndexDir = None, as_json: Json = False) -> None:
    """Remove what nobody needs any more: old generations that nobody reads, vectors of texts that are gone."""
    from dataclasses import asdict

    from rag_assistant.index.tidy import tidy
    from rag_assistant.settings import load_settings

    tidied = tidy(load_settings(index_dir=index_dir).index_dir)
    if as_json:
        print_json(asdict(tidied))
    else:
        freed = f"{tidied.freed / 1e6:.1f} MB freed"
        print(f"{tidied.generations} generations and {tidied.vectors} vectors removed, {freed}")
