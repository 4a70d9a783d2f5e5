"""Progress of an ingest, drawn on standard error and only where someone watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from rag_assistant.index.build import Progress

_LABELS = {
    "reading": "Reading",
    "passages": "Cutting passages",
    "embedding": "Embedding",
    "writing": "Writing the index",
}


@contextmanager
def watched(console: Console) -> Iterator[Progress]:
    """A progress function that draws a bar with rate and time left."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    amount = TextColumn("{task.fields[amount]}")
    columns = (TextColumn("{task.description}"), BarColumn(), amount, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, object] = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(_LABELS.get(stage, stage), total=total, amount="")
            bar.update(tasks[stage], completed=done, total=total, amount=_amount(stage, done, total))  # type: ignore[arg-type]

        yield progress


def _amount(stage: str, done: int, total: int) -> str:
    """How much is done of how much: bytes while reading, else passages."""
    from rich.filesize import decimal

    return f"{decimal(done)} of {decimal(total)}" if stage == "reading" else f"{done:,} of {total:,}"
