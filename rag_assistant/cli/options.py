"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

IndexDir = Annotated[
    Path | None, typer.Option("--index-dir", help="Where the index is kept.", show_default="the configured one")
]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
ModeName = Literal["auto", "llm", "extractive"]
ModeOption = Annotated[
    ModeName | None, typer.Option("--mode", help="Who writes: an LLM, nobody, or whichever is there.")
]
Model = Annotated[str | None, typer.Option("--model", help="The LLM's name on its server.")]
PromptsDir = Annotated[
    Path | None, typer.Option("--prompts", help="A folder with prompt files of your own.", show_default="the package's")
]
K = Annotated[int | None, typer.Option("-k", "--k", help="How many papers.", min=1, max=1000)]
Filter = Annotated[
    list[str] | None, typer.Option("--filter", help="Such as year>=2024, author=Chen, venue=ACL; may be repeated.")
]
