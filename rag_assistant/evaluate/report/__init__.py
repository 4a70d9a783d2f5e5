"""A run as one HTML file that needs nothing else: it opens from the disk, on a phone, in the dark and on paper."""

from __future__ import annotations

from pathlib import Path

from rag_assistant.evaluate.report.page import report_page
from rag_assistant.evaluate.runs import Run

__all__ = ["report_page", "write_report"]


def write_report(run: Run, before: Run | None = None) -> Path:
    """Writes ``report.html`` into the run's folder.

    Args:
        run: with at least one result.
        before: a run to compare with.

    Raises:
        UsageError: the two have no question in common.
    """
    path = run.folder / "report.html"
    path.write_text(report_page(run, before), encoding="utf-8")
    return path
