"""An answer as a picture: what the terminal shows, as an SVG file that loads nothing from anywhere."""

from __future__ import annotations

import io
import re

from rag_assistant.present.terminal import print_answer, safe
from rag_assistant.records import Answer

_WIDTH = 96  # characters


def answer_svg(answer: Answer) -> str:
    """The question and its answer as the terminal shows them, as SVG."""
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True, highlight=False, emoji=False)
    console.print(Text.assemble(("? ", "bold green"), (safe(answer.question), "bold")))
    console.print()
    print_answer(console, answer)
    picture = console.export_svg(title="rag-assistant ask", unique_id="answer")
    # rich's own template fetches its font from a content delivery network.
    return re.sub(r"\s*@font-face \{.*?\}", "", picture, flags=re.DOTALL).replace("Fira Code, ", "")
