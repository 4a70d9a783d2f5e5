"""A folder of exported files, made beside its place and put there as a whole."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag_assistant.errors import EncoderError


@contextmanager
def work_folder(export: Path) -> Iterator[Path]:
    """A folder to export into; whatever is still in it at the end is removed.

    Raises:
        EncoderError: it can't be made, or what is written inside fails for want of space or rights.
    """
    try:
        export.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".export-", dir=export.parent))
    except OSError as error:
        raise EncoderError(f"{export.parent} can't be written ({error.strerror}): set XDG_CACHE_HOME") from error
    try:
        yield work
    except OSError as error:
        raise EncoderError(f"the model could not be exported to {export}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def put_in_place(work: Path, export: Path, last: str) -> None:
    """Has the folder ``work`` take the place of ``export``, of which ``last`` is the file that is written last."""
    shutil.rmtree(export, ignore_errors=True)
    try:
        work.rename(export)
    except OSError:
        # Another process exported the same meanwhile: its files serve as well.
        if not (export / last).is_file():
            raise
