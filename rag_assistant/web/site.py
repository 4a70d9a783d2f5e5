"""The pages beside the chat, which need nothing of Gradio but its login: their frame, and who may do what on them."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from html import escape
from string import Template
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from rag_assistant.errors import RagAssistantError
from rag_assistant.web.app import PARTS, katex_path, versioned

if TYPE_CHECKING:
    from gradio.routes import App
    from starlette.requests import Request

    from rag_assistant.assistant import Assistant

PAGES = {"Papers": "papers", "Evaluation": "evaluation"}


class Site:
    """What every page beside the chat stands on: the assistant, and Gradio's application for its login."""

    def __init__(self, assistant: Assistant, gradio_app: App) -> None:
        self.assistant = assistant
        self._gradio = gradio_app

    def signed_in(self, request: Request) -> bool:
        """Whether no password is set, or Gradio's login has taken it from this browser."""
        if self._gradio.auth is None:
            return True
        names = (f"access-token-{self._gradio.cookie_id}", f"access-token-unsecure-{self._gradio.cookie_id}")
        return any(request.cookies.get(name) in self._gradio.tokens for name in names)

    def may_change(self, request: Request) -> bool:
        """Whether a visitor may add and remove papers: with the password, or from this machine where none is set."""
        if self.assistant.settings.web.password:
            return self.signed_in(request)
        try:
            return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
        except ValueError:
            return False

    def shown(self, title: str, render: Callable[[Request], str]) -> Callable[[Request], Response]:
        """An endpoint that shows HTML in the frame; an error of the package's takes its place, a stranger logs in."""

        def endpoint(request: Request) -> Response:
            if not self.signed_in(request):
                return RedirectResponse("/", 303)
            try:
                return HTMLResponse(framed(title, render(request)), headers={"cache-control": "no-store"})
            except RagAssistantError as error:
                body = f'<p class="rl-wrong" role="alert">{escape(str(error))}</p>'
                return HTMLResponse(framed(title, body), 400)

        return endpoint

    def refusal(self, request: Request) -> Response | None:
        """What is answered to a change that the visitor may not make; None where he may."""
        if self.may_change(request):
            return None
        return PlainTextResponse("Papers are changed from this machine only, or where a password is set.", 403)


def framed(title: str, body: str) -> str:
    """A whole page; ``body`` is HTML already."""
    links = {"Chat": ".", **PAGES}
    nav = "".join(
        f'<a href="{path}"{" aria-current=page" if name == title else ""}>{name}</a>' for name, path in links.items()
    )
    frame = Template((PARTS / "frame.html").read_text(encoding="utf-8"))
    return frame.substitute(
        title=escape(title),
        nav=nav,
        body=body,
        page_css=versioned("page.css"),
        page_js=versioned("page.js"),
        library_css=versioned("library.css"),
        library_js=versioned("library.js"),
        formulas_js=versioned("formulas.js"),
        katex=katex_path(),
    )
