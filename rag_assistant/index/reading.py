"""Telling a generation that somebody reads from one that may be removed.

A reader holds a shared lock on the generation's manifest. The system lets go of it when the process ends, however it
ends. Where the system has no such locks (Windows), a file that is open can't be removed anyway.
"""

from __future__ import annotations

import contextlib
import os
import sys
import weakref
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_FILE = "manifest.json"


class Reading:
    """A reader's hold on a generation; ends with :meth:`close`, or when nobody has the object any more."""

    def __init__(self, folder: Path) -> None:
        """Takes hold.

        Raises:
            FileNotFoundError: the generation is gone, or never was whole.
        """
        descriptor = os.open(folder / _FILE, os.O_RDONLY)
        self.close = weakref.finalize(self, os.close, descriptor)
        if sys.platform != "win32":
            # Some network file systems have no locks: there a generation is only as safe as the one kept in reserve.
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_SH)


def is_read(folder: Path) -> bool:
    """Whether any process, this one included, has hold of a generation."""
    if sys.platform == "win32":
        return False
    try:
        descriptor = os.open(folder / _FILE, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
