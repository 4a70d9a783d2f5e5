"""The page as Gradio sees it: components, and what happens when they are used.

The markup is made in :mod:`rag_assistant.web.render`; the look and the behaviour in the browser are in ``static/``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, Literal

import gradio as gr

from rag_assistant.errors import RagAssistantError
from rag_assistant.present import answer_dict
from rag_assistant.records import Mode
from rag_assistant.web.examples import welcome_html
from rag_assistant.web.feedback import Feedback
from rag_assistant.web.render import turn_html, turns_html
from rag_assistant.web.session import Session
from rag_assistant.web.wishes import MOST_PAPERS, Wishes, filters_html, llm_html

if TYPE_CHECKING:
    from rag_assistant.assistant import Assistant

TITLE = "rag_assistant"
_PARTS = Path(__file__).parent / "parts"
# Questions that wait while the rest are being answered; past it the page says that it is busy.
_QUEUE = 200
# Gradio's client hangs up when the last event that it knows of ends. The click that ends one is an event too, and its
# answer would be lost were it not known by then; so what was halted ends this much (seconds) later.
_LINGER = 0.4
_MODES = [("Auto", "auto"), ("Language model", "llm"), ("Papers’ own words", "extractive")]


def make_page(assistant: Assistant) -> gr.Blocks:
    """The page over one assistant, shared by all visitors; each visitor's conversation is its own."""

    def converse(question: str, session: Session | None, mode: Mode, k: float, line: str) -> Iterator[tuple[Any, ...]]:
        if not question.strip():
            return
        session = session or Session(assistant)
        yield from _show(session, question, mode, k, line)

    def retry(session: Session | None, mode: Mode, k: float, line: str) -> Iterator[tuple[Any, ...]]:
        question = session.take_back() if session else ""
        if session and question:
            yield from _show(session, question, mode, k, line)

    def edit(session: Session | None) -> tuple[Any, ...]:
        question = session.take_back() if session else ""
        return (question, *_redraw(session))

    def stop(session: Session | None) -> tuple[Any, ...]:
        if session:
            session.stop()
        return _redraw(session)

    def failed(session: Session | None) -> tuple[Any, ...]:
        # Gradio calls what was cancelled a failure too; what was stopped stays stopped.
        if session:
            session.fail("Something went wrong on the server; its log says what.")
        return _redraw(session)

    def clear(session: Session | None) -> tuple[Any, ...]:
        if session:
            session.close()
        return "", "", "", None

    def restore(kept: object) -> list[Any]:
        return _restored(as_configured, kept)

    def opine(sent: str, session: Session | None) -> tuple[Any, ...]:
        if session:
            feedback.take(session, sent)
        return _redraw(session)

    def ask_api(question: str, mode: Literal["auto", "llm", "extractive"] = "auto") -> dict[str, Any]:
        """Answers one question, apart from any conversation: the answer with its citations, as docs/web.md has it."""
        try:
            return answer_dict(assistant.ask(question, mode))
        except RagAssistantError as error:
            raise gr.Error(str(error)) from None

    settings = assistant.settings
    feedback = Feedback(settings.index_dir)
    limit = settings.answer.max_question_chars
    as_configured = [settings.answer.mode, min(settings.retrieve.k, MOST_PAPERS), ""]
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        gr.HTML(_part("header"), elem_id="ra-header", **_STATIC)
        with gr.Column(elem_id="ra-main"):
            welcome = gr.HTML("", elem_id="ra-welcome", **_STATIC)
            history = gr.HTML("", elem_id="ra-history", **_STATIC)
            live = gr.HTML("", elem_id="ra-live", **_STATIC)
        with gr.Column(elem_id="ra-composer"):
            with gr.Row(elem_id="ra-box"):
                question = gr.Textbox(
                    label="Question",
                    show_label=False,
                    container=False,
                    placeholder="Ask the papers …",
                    lines=1,
                    max_lines=8,
                    max_length=limit,
                    autofocus=True,
                    elem_id="ra-question",
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off", enterkeyhint="send"),
                )
                send = gr.Button("Ask", elem_id="ra-send", variant="primary")
                halt = gr.Button("Stop", elem_id="ra-stop")
            mode = gr.Radio(
                _MODES, value=as_configured[0], label="Who writes the answer", elem_id="ra-mode", container=False
            )
            llm = gr.HTML("", elem_id="ra-llm", **_STATIC)
            with gr.Accordion("Settings", open=False, elem_id="ra-settings"):
                k = gr.Slider(1, MOST_PAPERS, as_configured[1], step=1, label="Papers read", elem_id="ra-k")
                line = gr.Textbox(
                    label="Which papers",
                    placeholder="year=2021..2023 source=refs.bib category=cs.CL",
                    max_lines=1,
                    max_length=1_000,
                    elem_id="ra-filter",
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
                )
                left = gr.HTML("", elem_id="ra-filtered", **_STATIC)
            kept = gr.BrowserState(as_configured, storage_key="ra-settings", secret=TITLE)
        gr.HTML(_part("panel") + _part("opinion"), elem_id="ra-side", **_STATIC)
        opinion = gr.Textbox(label="Opinion", elem_id="ra-opinion", elem_classes="ra-hidden")
        judge = gr.Button("Keep the opinion", elem_id="ra-opine", elem_classes="ra-hidden")
        again, change, new = (
            gr.Button(label, elem_id=name, elem_classes="ra-hidden")
            for label, name in (("Retry", "ra-retry"), ("Edit", "ra-edit"), ("New chat", "ra-clear"))
        )
        state = gr.State(None)

        shown = [question, history, live, state]
        wished = [mode, k, line]
        asking = gr.on([question.submit, send.click], converse, [question, state, *wished], shown, **_IN_TURN)
        retrying = again.click(retry, [state, *wished], shown, **_IN_TURN)
        for event in (asking, retrying):
            event.failure(failed, [state], [history, live], **_QUIET)
        stopping = halt.click(stop, [state], [history, live], **_QUIET_NOW)
        changing = change.click(edit, [state], [question, history, live], **_QUIET_NOW)
        clearing = new.click(clear, [state], shown, **_QUIET_NOW)
        for event in (stopping, changing, clearing):
            event.then(None, cancels=[asking, retrying], **_QUIET)
        judge.click(opine, [opinion, state], [history, live], **_QUIET_NOW)
        page.load(lambda: welcome_html(assistant), None, [welcome], **_QUIET)
        # The LLM is looked for afterwards: while that takes its time, what the visitor changes already must stay.
        restored = page.load(restore, [kept], wished, **_QUIET_NOW)
        restored.then(lambda mode: llm_html(assistant, mode), [mode], [llm], **_QUIET_NOW)
        mode.change(lambda mode: llm_html(assistant, mode), [mode], [llm], **_QUIET_NOW)
        line.change(lambda line: filters_html(assistant, line), [line], [left], **_LATEST)
        for field in wished:
            field.change(lambda *values: list(values), wished, [kept], **_LATEST)
        gr.api(ask_api, api_name="ask")
    page.queue(default_concurrency_limit=settings.web.concurrency, max_size=_QUEUE, api_open=False)
    return page


_STATIC: dict[str, Any] = {"js_on_load": None, "apply_default_css": False, "container": False, "padding": False}
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
# A question sent while another is being answered is asked next.
_IN_TURN: dict[str, Any] = {**_QUIET, "trigger_mode": "always_last"}
# What a visitor does to his own page waits for nobody.
_QUIET_NOW: dict[str, Any] = {**_QUIET, "concurrency_limit": None, "trigger_mode": "multiple"}
_LATEST: dict[str, Any] = {**_QUIET_NOW, "trigger_mode": "always_last"}


def _part(name: str) -> str:
    """Constant markup, as one line: Gradio takes the value as it is."""
    lines = (_PARTS / f"{name}.html").read_text(encoding="utf-8").splitlines()
    return "".join(line.strip() for line in lines)


def _show(session: Session, question: str, mode: Mode, k: float, line: str) -> Iterator[tuple[Any, ...]]:
    """Values for the question box, the turns before, the turn at hand and the state, as the answer grows."""
    for place, turn in enumerate(session.ask(question, Wishes(mode, round(k), line))):
        if place == 0:
            yield "", turns_html(session.turns[:-1]), turn_html(turn), session
        else:
            yield gr.skip(), gr.skip(), turn_html(turn), gr.skip()
    if session.halted:
        # Gradio sends what came last once more at the end, and it is no longer so.
        yield (gr.skip(), *_redraw(session), gr.skip())
        sleep(_LINGER)


def _restored(as_configured: list[Any], kept: object) -> list[Any]:
    """What a browser kept of the settings, as configured where it kept none or something else."""
    if not isinstance(kept, list) or len(kept) != len(as_configured):
        return as_configured
    mode, k, line = kept
    known = mode in [name for _, name in _MODES] and isinstance(k, int | float) and isinstance(line, str)
    return [mode, min(max(k, 1), MOST_PAPERS), line] if known else as_configured


def _redraw(session: Session | None) -> tuple[str, str]:
    if session is None or not session.turns:
        return "", ""
    return turns_html(session.turns[:-1]), turn_html(session.turns[-1])
