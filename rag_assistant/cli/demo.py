"""The first five minutes: what it is doing, three questions and their answers, and what comes next."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

from rag_assistant.cli.shell import prepare_readers
from rag_assistant.present.terminal import print_answer

if TYPE_CHECKING:
    from rich.console import Console

QUESTIONS = (
    ("A fact", "How long a context window does LongRoPE reach, and with how many fine-tuning steps?"),
    ("A comparison", "Compare LongLoRA and LongRoPE: how does each of them extend the context window?"),
    ("One that the papers do not answer", "What dose of aspirin prevents a second heart attack?"),
)


def run(console: Console) -> None:
    """Answers the three questions over the bundled papers, whatever else is indexed."""
    from rag_assistant.assistant import Assistant
    from rag_assistant.bundled import is_built
    from rag_assistant.settings import load_settings

    settings = load_settings()
    if not is_built(settings):
        console.print("Indexing the bundled papers (once; half a minute on two cores) …", style="dim")
    prepare_readers(console)
    begun = time.perf_counter()
    assistant = Assistant.open_bundled(settings=settings)
    papers, seconds = assistant.index.manifest.papers, time.perf_counter() - begun
    console.print(f"{papers} papers, each a digest of an abstract, ready after {seconds:.1f} s.", style="dim")
    console.print("Three questions; no LLM and no network is needed for what follows.\n", style="dim")
    for label, question in QUESTIONS:
        console.rule(f"[bold]{label}", align="left", style="dim")
        console.print(f"[bold green]?[/] [bold]{question}[/]\n")
        print_answer(console, assistant.ask(question, "extractive"))
        console.print()
    program = _program()
    console.rule("[bold]Next", align="left", style="dim")
    console.print(f"  the chat page:     [bold]{program} serve --open[/]", soft_wrap=True)
    console.print(f"  your own papers:   [bold]{program} ingest PATH…[/]", soft_wrap=True)


def _program() -> str:
    """What a reader has to type to call this program from where he stands."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{_typed(Path(sys.executable))} -m rag_assistant"
    return _typed(called)


def _typed(program: Path) -> str:
    found = which(program.name)
    if found and Path(found) == program.absolute():
        return program.name
    here = Path.cwd()
    return str(program.relative_to(here) if program.is_relative_to(here) else program)
