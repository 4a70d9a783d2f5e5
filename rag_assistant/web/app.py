"""Gradio's page mounted under FastAPI, behind its guard."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rag_assistant.errors import SettingsError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from rag_assistant.assistant import Assistant

STATIC = Path(__file__).parent / "static"
PARTS = Path(__file__).parent / "parts"
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]", "testserver")
_FONT = (
    "ui-sans-serif",
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "Noto Sans",
    "Liberation Sans",
    "sans-serif",
)
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace")


def make_app(assistant: Assistant, *, host: str | None = None) -> FastAPI:
    """See :func:`rag_assistant.web.make_app`."""
    web = assistant.settings.web
    bound = web.host if host is None else host
    require_password(bound, web.password)
    # Read by Gradio when it is imported; without them it asks its maker for news and keeps a history of runs.
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ.setdefault("HF_HUB_OFFLINE", "1")

    import gradio as gr
    from fastapi import FastAPI
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.staticfiles import StaticFiles

    from rag_assistant.web import evaluation_page, papers_page
    from rag_assistant.web.guard import Guard
    from rag_assistant.web.page import make_page
    from rag_assistant.web.site import Site

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        assistant.warm_up()
        yield

    app = FastAPI(openapi_url=None, lifespan=lifespan)
    app.mount("/page", StaticFiles(directory=STATIC))
    gr.mount_gradio_app(
        app,
        make_page(assistant),
        path="/",
        server_name=bound,
        footer_links=[],
        run_history=False,
        auth=_login(web.password),
        auth_message="A password is needed to ask here. Any name will do.",
        allowed_paths=[],
        blocked_paths=["/"],
        favicon_path=str(STATIC / "icon.png"),
        show_error=False,
        max_file_size=1,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=gr.themes.Base(font=_FONT, font_mono=_MONO),
    )
    # Gradio's mount takes every path that is left, so what is ours stands before it.
    mounted = (getattr(route, "app", None) for route in app.routes)
    (gradio_app,) = [one for one in mounted if isinstance(one, gr.routes.App)]
    site = Site(assistant, gradio_app)
    app.router.routes[:0] = [*papers_page.routes(site), *evaluation_page.routes(site)]
    app.add_middleware(Guard, head=_head(), body=(PARTS / "splash.html").read_text(encoding="utf-8"))
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=trusted_hosts(bound), www_redirect=False)
    return app


def require_password(host: str, password: str | None) -> None:
    """Refuses an address that others can reach where anyone could ask.

    Raises:
        SettingsError: the address is another than loopback and no password is set.
    """
    if not is_loopback(host) and not password:
        raise SettingsError(
            f"{host} can be reached by others, and no password is set: "
            "set RAG_ASSISTANT_WEB__PASSWORD, or bind 127.0.0.1"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def trusted_hosts(host: str) -> list[str]:
    """What a Host header may say: the local names and the bound one.

    A wildcard address has as many names as its machine; a password guards it, which a page under a rebound name lacks.
    """
    if host in ("0.0.0.0", "::", "[::]", ""):  # noqa: S104  compared with, not bound
        return ["*"]
    bare = host.strip("[]")
    return [*_LOCAL_HOSTS, "::1", bare, f"[{bare}]"]


def _login(password: str | None) -> object:
    """Gradio's check of a name and a password; any name will do."""
    if not password:
        return None
    return lambda _name, given: secrets.compare_digest(given.encode(), password.encode())


def versioned(name: str) -> str:
    """The path of a style or script of ours, another whenever it changes so that no browser keeps an old one."""
    return f"page/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]}"


def katex_path() -> str:
    """Where Gradio serves the KaTeX of its own Markdown, an ES module; "" where it brings none any more."""
    import gradio

    assets = Path(gradio.__file__).parent / "templates" / "frontend" / "assets"
    return next((f"assets/{path.name}" for path in sorted(assets.glob("katex-*.js"))), "")


def _head() -> str:
    return (
        '<meta name="color-scheme" content="light dark">'
        f'<link rel="stylesheet" href="{versioned("page.css")}">'
        f'<link rel="stylesheet" href="{versioned("drawer.css")}">'
        f'<script src="{versioned("page.js")}"></script>'
        f'<script src="{versioned("conversations.js")}"></script>'
        f'<meta name="ra-katex" content="{katex_path()}"><script src="{versioned("formulas.js")}"></script>'
    )
