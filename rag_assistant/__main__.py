"""``python -m rag_assistant`` is the command line."""

from rag_assistant.cli import main

main()
