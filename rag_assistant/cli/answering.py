"""Answers in the terminal as they are written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rag_assistant.errors import LLMError, QuestionError
from rag_assistant.present.terminal import print_answer, safe
from rag_assistant.records import AnotherDraft, Answer, AnswerDone, Event, Mode, RetrievalDone, Token

if TYPE_CHECKING:
    from rich.console import Console

    from rag_assistant.assistant import Assistant


def answer_live(console: Console, events: Iterator[Event]) -> Answer:
    """Shows what a model writes while it writes, where someone watches, and then the checked answer in its place."""
    from rich.live import Live
    from rich.text import Text

    answer: Answer | None = None
    with Live(console=console, transient=True, refresh_per_second=12, auto_refresh=console.is_terminal) as live:
        draft, thinking = "", ""
        for event in events:
            if isinstance(event, RetrievalDone) and console.is_terminal:
                live.update(Text(f"{len(event.hits)} papers found, writing …", style="dim"))
            elif isinstance(event, Token) and console.is_terminal:
                if event.thinking:
                    thinking += event.text
                else:
                    draft += event.text
                shown = Text(safe(thinking[-400:]), style="dim italic") if not draft else Text(safe(draft), style="dim")
                live.update(shown)
            elif isinstance(event, AnotherDraft) and console.is_terminal:
                draft, thinking = "", ""
                live.update(Text(f"{event.reason} …", style="dim"))
            elif isinstance(event, AnswerDone):
                answer = event.answer
                live.update(Text(""))
    if answer is None:  # pragma: no cover  a stream ends with its answer or raises
        raise AssertionError("the stream ended without an answer")
    print_answer(console, answer)
    return answer


def converse(console: Console, assistant: Assistant, mode: Mode | None) -> None:
    """Reads questions until an empty line at the end of input; an error ends a question, never the conversation."""
    conversation = assistant.conversation(mode)
    if sys.stdin.isatty():
        console.print("Ask about the papers. Ctrl-D ends the conversation.", style="dim")
    while True:
        try:
            question = input("\n> " if sys.stdin.isatty() else "")
        except EOFError:
            return
        if not question.strip():
            continue
        try:
            answer_live(console, conversation.stream(question))
        except (QuestionError, LLMError) as error:
            console.print(str(error), style="red", soft_wrap=True)
