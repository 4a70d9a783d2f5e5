"""A process that has imported everything an ingest needs, and forks a child for each ingest that it is told of.

``python -m tests.faults.killing INDEX`` reads a source file's path from each line of standard input, prints the number
of the process that ingests it, and, when that has ended, its exit status. So the second or more that imports take is
spent once, and a kill falls into the ingest itself.
"""

from __future__ import annotations

import os
import sys

import bm25s  # noqa: F401
import chromadb  # noqa: F401
import onnxruntime  # noqa: F401
import Stemmer  # noqa: F401
import tokenizers  # noqa: F401

from rag_assistant import Assistant


def main() -> None:
    """Serves until standard input ends. Nothing that starts threads is called before a fork."""
    index = sys.argv[1]
    for line in sys.stdin:
        child = os.fork()
        if not child:
            Assistant.open(index).ingest([line.strip()])
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(status, flush=True)


if __name__ == "__main__":
    main()
