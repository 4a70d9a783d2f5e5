"""Progress of an ingest, drawn on standard error and only where someone watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

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
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class RateColumn(ProgressColumn):
        """How many are done a second."""

        def render(self, task: Task) -> Text:
            rate = "" if task.speed is None else f"{_size(task.fields['stage'], task.speed)}/s"
            return Text(rate, style="progress.data.speed")

    label, amount = TextColumn("{task.description}"), TextColumn("{task.fields[amount]}")
    columns = (label, BarColumn(), amount, RateColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def progress(stage: str, done: int, total: int) -> None:
            amount = f"{_size(stage, done)} of {_size(stage, total)}"
            if stage not in tasks:
                tasks[stage] = bar.add_task(_LABELS.get(stage, stage), total=total, amount=amount, stage=stage)
            bar.update(tasks[stage], completed=done, total=total, amount=amount)

        yield progress


def _size(stage: str, count: float) -> str:
    """Bytes while reading, else a count of passages."""
    from rich.filesize import decimal

    return decimal(int(count)) if stage == "reading" else f"{count:,.0f}"
