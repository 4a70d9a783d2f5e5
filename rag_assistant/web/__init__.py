"""The chat page: Gradio, mounted under FastAPI. Importing this imports neither; serving does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from rag_assistant.assistant import Assistant

__all__ = ["make_app", "serve"]


def make_app(assistant: Assistant, *, host: str | None = None) -> FastAPI:
    """The page as an ASGI application.

    Args:
        assistant: who answers.
        host: the address that it will be bound to; None: ``settings.web.host``.

    Raises:
        SettingsError: the address is another than loopback and no password is set.
    """
    from rag_assistant.web.app import make_app

    return make_app(assistant, host=host)


def serve(assistant: Assistant, *, host: str, port: int, open_browser: bool = False) -> None:
    """Serves the page until interrupted.

    Args:
        assistant: who answers.
        host: the address to bind.
        port: 0 takes a free one, named on standard error.
        open_browser: opens the page in the user's browser once it is there.

    Raises:
        SettingsError: the address is another than loopback and no password is set.
        WebError: the address can't be bound, such as a port in use.
    """
    from rag_assistant.web.server import serve

    serve(assistant, host=host, port=port, open_browser=open_browser)
