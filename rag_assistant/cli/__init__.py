"""The command line: a thin shell over the Python API.

Answers go to standard output, everything else to standard error. Exit codes: 0 ok, 1 error, 2 usage, 3 no index, 4 an
LLM asked for but not to be had, 130 interrupted. Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Runs the command line and exits."""
    from rag_assistant.errors import RagAssistantError

    _quiet_libraries()
    try:
        from rag_assistant.cli.commands import app

        app()
    except RagAssistantError as error:
        print(f"rag-assistant: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("rag-assistant: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output has gone (head, a closed pager): nothing is wrong, and nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _quiet_libraries() -> None:
    # Set before any of them is imported: no telemetry, no hub, no warnings about forked tokenizers, no idle threads.
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Comparing vectors waits for memory, not for the processor: a second thread of numpy gains little on a free machine
    # and, on a busy one, spends twenty times as long waiting for its turn (docs/performance.md).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


if __name__ == "__main__":
    main()
