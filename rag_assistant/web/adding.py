"""Papers brought through the page: kept beside the index, read in, and what became of them told step by step.

What is uploaded is kept because a paper's record names the place where it was read.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from queue import SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, Any, BinaryIO

from rag_assistant.errors import RagAssistantError
from rag_assistant.records import IngestReport
from rag_assistant.web.safe import text

if TYPE_CHECKING:
    from rag_assistant.assistant import Assistant

_TELL_EVERY = 0.1  # seconds between two steps that are told
_MOST_SHOWN = 200  # rejections, and duplicates, in a report
_LONGEST_NAME = 100


def uploads_dir(index_dir: Path) -> Path:
    """Where uploaded files are kept: beside the index, each in a folder named by its digest."""
    return index_dir.with_name(f"{index_dir.name}-uploads")


def shown_place(index_dir: Path, place: str) -> str:
    """A place as it is shown: of an uploaded file, its name alone."""
    return re.sub(rf"^{re.escape(str(uploads_dir(index_dir)))}/[0-9a-f]{{12}}/", "", place)


def keep(index_dir: Path, files: Iterable[tuple[str, BinaryIO]], pasted: str) -> list[Path]:
    """Keeps uploaded files and pasted text, and gives their paths; the same file brought again has the same one."""
    given = [(name, file) for name, file in files if name]
    if pasted.strip():
        given.append(("pasted.txt", io.BytesIO(pasted.replace("\r\n", "\n").encode())))
    return [_kept(uploads_dir(index_dir), name, file) for name, file in given]


def _kept(folder: Path, name: str, file: BinaryIO) -> Path:
    whole = hashlib.sha256()
    file.seek(0)
    while piece := file.read(1 << 20):
        whole.update(piece)
    digest = whole.hexdigest()[:12]
    # No separators, no wildcards, no hidden files: the name is a visitor's.
    safe = re.sub(r"[^\w.+ -]", "_", name)[-_LONGEST_NAME:].lstrip(". ") or "papers"
    path = folder / digest / safe
    path.parent.mkdir(parents=True, exist_ok=True)
    file.seek(0)
    with path.open("wb") as out:
        shutil.copyfileobj(file, out)
    return path


def progress_lines(assistant: Assistant, paths: Sequence[Path]) -> Iterator[str]:
    """Reads papers in, and gives JSON lines: ``{"stage", "done", "total"}`` over and over, at the end ``{"report"}``,
    HTML, or ``{"error"}``. It is carried to its end even where nobody listens any more.
    """
    if not paths:
        yield _line({"error": "nothing was given: choose files, or paste text"})
        return
    lines: SimpleQueue[str | None] = SimpleQueue()
    told = 0.0

    def watched(stage: str, done: int, total: int | None) -> None:
        nonlocal told
        if done == total or monotonic() - told >= _TELL_EVERY:
            told = monotonic()
            lines.put(_line({"stage": stage, "done": done, "total": total}))

    def work() -> None:
        try:
            report = assistant.ingest(paths, progress=watched)
            if not report.papers:
                for path in paths:
                    shutil.rmtree(path.parent, ignore_errors=True)
            lines.put(_line({"report": report_html(assistant.index_dir, report)}))
        except RagAssistantError as error:
            lines.put(_line({"error": str(error)}))
        finally:
            lines.put(None)

    threading.Thread(target=work, name="adding").start()
    yield from iter(lines.get, None)


def report_html(index_dir: Path, report: IngestReport) -> str:
    """What an ingest did: counts, and each rejection and duplicate with its place and the reason."""
    counts = {
        "added": len(report.added),
        "updated": len(report.updated),
        "unchanged": len(report.unchanged),
        "duplicates": len(report.duplicates),
        "rejected": len(report.rejected),
    }
    said = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) or "nothing found"
    rejected = [shown_place(index_dir, str(one)) for one in report.rejected]
    duplicates = [
        f"{shown_place(index_dir, str(one.source))}: {one.title} is {one.paper_id} already ({one.reason})"
        for one in report.duplicates
    ]
    link = '<p><a href="papers">Show the papers</a></p>' if report.papers else ""
    return f"<p><b>{said}</b></p>{_listed('Rejected', rejected)}{_listed('Duplicates', duplicates)}{link}"


def _listed(heading: str, items: Sequence[str]) -> str:
    if not items:
        return ""
    more = f"<li>… and {len(items) - _MOST_SHOWN:,} more</li>" if len(items) > _MOST_SHOWN else ""
    shown = "".join(f"<li><bdi>{text(item)}</bdi></li>" for item in items[:_MOST_SHOWN])
    return f"<h2>{heading}</h2><ul>{shown}{more}</ul>"


def _line(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False) + "\n"
