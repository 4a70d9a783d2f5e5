"""The page as Gradio sees it: components, and what happens when they are used.

The markup is made in :mod:`rag_assistant.web.render`; the look and the behaviour in the browser are in ``static/``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, Literal

import gradio as gr

from rag_assistant.errors import RagAssistantError, WebError
from rag_assistant.present import answer_dict
from rag_assistant.records import Mode
from rag_assistant.web.examples import welcome_html
from rag_assistant.web.feedback import Feedback
from rag_assistant.web.kept import kept_json, read_kept
from rag_assistant.web.render import turn_html
from rag_assistant.web.safe import text
from rag_assistant.web.session import Session
from rag_assistant.web.turn import Turn
from rag_assistant.web.wishes import MOST_PAPERS, Wishes, filters_html, llm_html, model_choices

if TYPE_CHECKING:
    from rag_assistant.assistant import Assistant

TITLE = "rag_assistant"
_PARTS = Path(__file__).parent / "parts"
# Questions that wait while the rest are being answered; past it the page says that it is busy.
_QUEUE = 200
# Of so many visitors the conversation is held, the last ones; and for so long (seconds) after a question. Whom that
# forgets comes back to his conversation through his browser's own copy.
_VISITORS, _IDLE = 200, 24 * 3600
# Gradio's client hangs up when the last event that it knows of ends. The click that ends one is an event too, and its
# answer would be lost were it not known by then; so what was halted ends this much (seconds) later.
_LINGER = 0.4
_CONFIGURED_MODEL = ("As configured", "")
_STRICTNESS = [("Mark", "mark"), ("Leave out", "drop")]
_MODES = [("Auto", "auto"), ("Language model", "llm"), ("Papers’ own words", "extractive")]


def make_page(assistant: Assistant) -> gr.Blocks:
    """The page over one assistant, shared by all visitors; each visitor's conversation is its own."""

    def converse(
        request: gr.Request, question: str, session: Session | None, *wishes: Any
    ) -> Iterator[tuple[Any, ...]]:
        if not question.strip():
            return
        session = session or Session(assistant)
        yield from _show(session, question, Wishes.read(list(wishes), settings))
        forget_copies(request)

    def retry(request: gr.Request, session: Session | None, *wishes: Any) -> Iterator[tuple[Any, ...]]:
        question = session.take_back() if session else ""
        if session and question:
            yield from _show(session, question, Wishes.read(list(wishes), settings))
        forget_copies(request)

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

    def resume(sent: str, session: Session | None) -> tuple[Any, ...]:
        if not sent:
            return (gr.skip(),) * 3
        if session:
            session.close()
        try:
            key, turns = read_kept(sent)
        except WebError as error:
            return f'<div class="ra-failure" role="alert">{text(str(error))}</div>', "", None
        session = Session(assistant, key, turns)
        return (*_redraw(session), session)

    def restore(kept: object) -> list[Any]:
        read = Wishes.read(kept, settings)
        values: list[Any] = read.values
        if read.model:
            # A field that offers choices takes none but these; the server's others come as soon as it has answered.
            values[3] = gr.Radio([_CONFIGURED_MODEL, (read.model, read.model)], value=read.model)
        return values

    def see_models(mode: Mode, model: str) -> tuple[Any, ...]:
        return llm_html(assistant, mode, model), gr.Radio(model_choices(assistant, model), value=model)

    def forget_copies(request: gr.Request) -> None:
        # Gradio copies all that it sends a visitor once more, for links to a page as it stood, of which there are none
        # here; with every question a whole conversation's markup would stay in memory.
        held = page.state_holder.session_data.get(request.session_hash)
        if held is not None:
            held.config_values.clear()

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
    configured = Wishes.configured(settings)
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
                _MODES, value=configured.mode, label="Who writes the answer", elem_id="ra-mode", container=False
            )
            llm = gr.HTML("", elem_id="ra-llm", **_STATIC)
            with gr.Accordion("Settings", open=False, elem_id="ra-settings"):
                model = gr.Radio([_CONFIGURED_MODEL], value="", label="Model", elem_id="ra-model")
                unsupported = gr.Radio(
                    _STRICTNESS, value=configured.unsupported, label="Sentences not borne out", elem_id="ra-strictness"
                )
                k = gr.Slider(1, MOST_PAPERS, configured.k, step=1, label="Papers read", elem_id="ra-k")
                line = gr.Textbox(
                    label="Which papers",
                    placeholder="year>=2023 category=cs.CL",
                    max_lines=1,
                    max_length=1_000,
                    elem_id="ra-filter",
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off", spellcheck=False),
                )
                left = gr.HTML("", elem_id="ra-filtered", **_STATIC)
            kept = gr.BrowserState(configured.values, storage_key="ra-settings", secret=TITLE)
        gr.HTML(_part("panel") + _part("opinion") + _part("drawer"), elem_id="ra-side", **_STATIC)
        opinion = gr.Textbox(label="Opinion", elem_id="ra-opinion", elem_classes="ra-hidden")
        judge = gr.Button("Keep the opinion", elem_id="ra-opine", elem_classes="ra-hidden")
        sent = gr.Textbox(label="Conversation", elem_id="ra-sent", elem_classes="ra-hidden")
        again, change, new, come_back = (
            gr.Button(label, elem_id=name, elem_classes="ra-hidden")
            for label, name in (
                ("Retry", "ra-retry"),
                ("Edit", "ra-edit"),
                ("New chat", "ra-clear"),
                ("Open", "ra-resume"),
            )
        )
        state = gr.State(None, time_to_live=_IDLE)

        shown = [question, history, live, state]
        wished = [mode, k, line, model, unsupported]
        asking = gr.on([question.submit, send.click], converse, [question, state, *wished], shown, **_IN_TURN)
        retrying = again.click(retry, [state, *wished], shown, **_IN_TURN)
        for event in (asking, retrying):
            event.failure(failed, [state], [history, live], **_QUIET)
        stopping = halt.click(stop, [state], [history, live], **_QUIET_NOW)
        changing = change.click(edit, [state], [question, history, live], **_QUIET_NOW)
        clearing = new.click(clear, [state], shown, **_QUIET_NOW)
        # What the browser kept of the conversation is not put into a field first: it would be sent with every event.
        opening = gr.on(
            [page.load, come_back.click], resume, [sent, state], [history, live, state], js=_FROM_BROWSER, **_QUIET_NOW
        )
        for event in (stopping, changing, clearing, opening):
            event.then(None, cancels=[asking, retrying], **_QUIET)
        judge.click(opine, [opinion, state], [history, live], **_QUIET_NOW)
        page.load(lambda: welcome_html(assistant), None, [welcome], **_QUIET)
        # The LLM is looked for afterwards: while that takes its time, what the visitor changes already must stay.
        restored = page.load(restore, [kept], wished, **_QUIET_NOW)
        restored.then(see_models, [mode, model], [llm, model], **_QUIET_NOW)
        gr.on(
            [mode.change, model.change],
            lambda mode, model: llm_html(assistant, mode, model),
            [mode, model],
            [llm],
            **_LATEST,
        )
        line.change(lambda line: filters_html(assistant, line), [line], [left], **_LATEST)
        for field in wished:
            field.change(lambda *values: list(values), wished, [kept], **_LATEST)
        gr.api(ask_api, api_name="ask")
    page.state_session_capacity = _VISITORS
    page.queue(default_concurrency_limit=settings.web.concurrency, max_size=_QUEUE, api_open=False)
    return page


# The conversation to open, out of the browser's own store; nothing where a new one begins.
_FROM_BROWSER = "async (_, state) => [await window.raConversations.wanted(), state]"
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


def _show(session: Session, question: str, wishes: Wishes) -> Iterator[tuple[Any, ...]]:
    """Values for the question box, the turns before, the turn at hand and the state, as the answer grows."""
    for place, turn in enumerate(session.ask(question, wishes)):
        if place == 0:
            yield ("", *_redraw(session), session)
        else:
            yield gr.skip(), gr.skip(), _live(session, turn), gr.skip()
    if session.halted:
        # Gradio sends what came last once more at the end, and it is no longer so.
        yield (gr.skip(), *_redraw(session), gr.skip())
        sleep(_LINGER)


def _redraw(session: Session | None) -> tuple[str, str]:
    if session is None or not session.turns:
        return "", ""
    return session.history_html(), _live(session, session.turns[-1])


def _live(session: Session, turn: Turn) -> str:
    """The last turn, with what the browser is to keep of it: when it begins, and when it is over."""
    return turn_html(turn, kept="" if turn.state == "writing" else kept_json(session.key, turn))
