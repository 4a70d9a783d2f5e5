"""The papers of the collection: found, listed a page at a time, opened, added and removed."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from rag_assistant.errors import IndexNotFoundError, RagAssistantError
from rag_assistant.present import paper_bibtex
from rag_assistant.records import Paper
from rag_assistant.retrieve.filters import to_sql
from rag_assistant.web.adding import keep, progress_lines, shown_place
from rag_assistant.web.app import PARTS
from rag_assistant.web.cards import authors
from rag_assistant.web.guard import MAX_UPLOAD
from rag_assistant.web.safe import attribute, paper_url, text
from rag_assistant.web.site import Site, framed
from rag_assistant.web.wishes import typed_filters

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from rag_assistant.assistant import Assistant

PAGE_SIZE = 50
_ORDERS = {
    "added": ("Added last", "ordinal desc"),
    "first": ("Added first", "ordinal"),
    "title": ("Title", "title collate nocase"),
    "newest": ("Newest year", "year desc nulls last"),
    "oldest": ("Oldest year", "year nulls last"),
}
_MOST_FILES = 200


def routes(site: Site) -> list[Route]:
    """The page's paths."""
    return [
        Route("/papers", site.shown("Papers", lambda request: _list(site, request))),
        Route("/papers/paper", site.shown("Papers", lambda request: _paper(site, request))),
        Route("/papers/add", _adding(site), methods=["POST"]),
        Route("/papers/remove", _removing(site), methods=["POST"]),
    ]


def _list(site: Site, request: Request) -> str:
    asked = {name: request.query_params.get(name, "").strip() for name in ("q", "filter", "sort", "page")}
    order = asked["sort"] if asked["sort"] in _ORDERS else "added"
    number = max(int(asked["page"]), 1) if asked["page"].isdecimal() and len(asked["page"]) < 8 else 1
    adding = _add_form(site.assistant) if site.may_change(request) else ""
    removed = (
        '<p class="rl-said" role="status">The paper was taken out.</p>' if "removed" in request.query_params else ""
    )
    form = _search_form(asked["q"], asked["filter"], order)
    try:
        found = _found(site.assistant, asked["q"], asked["filter"], order, number)
    except IndexNotFoundError:
        return f"<h1>Papers</h1>{adding}<p>No papers yet.</p>"
    except RagAssistantError as error:
        found = f'<p class="rl-wrong" role="alert">{text(str(error))}</p>'
    return f"<h1>Papers</h1>{removed}{adding}{form}{found}"


def _found(assistant: Assistant, question: str, line: str, order: str, number: int) -> str:
    """One page of the list; with a question, the papers that fit it best."""
    filters = typed_filters(line)
    if question:
        hits = assistant.search(question, PAGE_SIZE, filters)
        count = f"The {len(hits)} nearest papers, best first" if hits else "No paper fits"
        return f'<p class="rl-count">{count}</p>{_rows([hit.paper for hit in hits])}'
    catalog = assistant.index.catalog
    where, values = to_sql(filters) if filters else ("1", [])
    whole = catalog.count(where, values)
    last = max(1, -(-whole // PAGE_SIZE))
    number = min(number, last)
    papers = catalog.page(where, values, _ORDERS[order][1], (number - 1) * PAGE_SIZE, PAGE_SIZE)
    bundled = " bundled with the program" if assistant.bundled else ""
    said = f"{whole:,} paper{'' if whole == 1 else 's'}{bundled}"
    said += f", page {number:,} of {last:,}" if last > 1 else ""
    return f'<p class="rl-count">{said}</p>{_rows(papers)}{_turns(line, order, number, last)}'


def _rows(papers: list[Paper]) -> str:
    rows = "".join(
        f'<li><a href="papers/paper?{attribute(urlencode({"id": paper.id}))}"><bdi>{text(paper.title)}</bdi></a>'
        f'<p class="rl-about"><bdi>{_about(paper)}</bdi></p></li>'
        for paper in papers
    )
    return f'<ol class="rl-list">{rows}</ol>'


def _about(paper: Paper) -> str:
    parts = [authors(paper), str(paper.year or ""), text(paper.venue or ""), text(", ".join(paper.categories))]
    return " · ".join(part for part in parts if part)


def _turns(line: str, order: str, number: int, last: int) -> str:
    """Links to the pages around."""

    def link(label: str, page: int) -> str:
        query = urlencode({"filter": line, "sort": order, "page": page})
        return f'<a href="papers?{attribute(query)}">{label}</a>' if 1 <= page <= last else f"<span>{label}</span>"

    if last == 1:
        return ""
    around = link("← Before", number - 1) + link("Next →", number + 1)
    return f'<nav class="rl-turns" aria-label="Pages of the list">{around}</nav>'


def _search_form(question: str, line: str, order: str) -> str:
    options = "".join(
        f'<option value="{name}"{" selected" if name == order else ""}>{label}</option>'
        for name, (label, _) in _ORDERS.items()
    )
    return (
        '<form class="rl-form" method="get" action="papers" role="search">'
        f'<label>Search <input name="q" type="search" maxlength="1000" value="{attribute(question)}"'
        ' placeholder="words, a name or a title"></label>'
        f'<label>Filter <input name="filter" maxlength="1000" value="{attribute(line)}"'
        ' placeholder="year&gt;=2024 author=Chen"></label>'
        f'<label>Sort <select name="sort">{options}</select></label><button>Show</button></form>'
    )


def _add_form(assistant: Assistant) -> str:
    own = "The bundled papers answer until you add your own; from then on, yours alone do."
    form = Template((PARTS / "add.html").read_text(encoding="utf-8"))
    return form.substitute(most=MAX_UPLOAD, note=f"<p>{own}</p>" if assistant.bundled else "")


def _paper(site: Site, request: Request) -> str:
    assistant = site.assistant
    paper = assistant.paper(request.query_params.get("id", ""))
    links = {"DOI": paper.doi, "arXiv": paper.arxiv_id, "Id": paper.id, "Published": paper.published}
    facts = "".join(f"<dt>{name}</dt><dd><bdi>{text(value)}</bdi></dd>" for name, value in links.items() if value)
    url = paper_url(paper)
    link = f'<a href="{attribute(url)}" target="_blank" rel="noopener noreferrer">{text(url)}</a>' if url else ""
    places = "".join(
        f"<li><bdi>{text(shown_place(assistant.index_dir, str(place)))}</bdi></li>" for place in paper.source
    )
    about = (str(paper.year or ""), paper.venue, *paper.categories)
    bibtex = f'<button type="button" class="rl-copy" data-copy="{attribute(paper_bibtex(paper))}">Copy BibTeX</button>'
    return (
        '<p><a href="papers">← All papers</a></p>'
        f'<article class="rl-paper"><h1><bdi>{text(paper.title)}</bdi></h1>'
        f'<p class="rl-about"><bdi>{text(", ".join(paper.authors))}</bdi></p>'
        f'<p class="rl-about"><bdi>{text(" · ".join(filter(None, about)))}</bdi></p>'
        f'<p class="rl-abstract"><bdi>{text(paper.abstract)}</bdi></p><p>{link}</p><dl>{facts}</dl>'
        f"<h2>Where it was read</h2><ul>{places}</ul>"
        f"<p>{bibtex}</p>"
        f"{_remove_form(paper) if site.may_change(request) and not assistant.bundled else ''}</article>"
    )


def _remove_form(paper: Paper) -> str:
    return (
        '<details class="rl-remove"><summary>Remove …</summary><p>The paper is taken out of the collection. '
        "Adding its file again brings it back.</p>"
        f'<form method="post" action="papers/remove"><input type="hidden" name="id" value="{attribute(paper.id)}">'
        "<button>Remove this paper</button></form></details>"
    )


def _removing(site: Site) -> Callable[[Request], Awaitable[Response]]:
    async def remove(request: Request) -> Response:
        if refused := site.refusal(request):
            return refused
        form = await request.form()
        try:
            await run_in_threadpool(site.assistant.remove, [str(form.get("id", ""))])
        except RagAssistantError as error:
            body = f'<p class="rl-wrong" role="alert">{text(str(error))}</p><p><a href="papers">← All papers</a></p>'
            return HTMLResponse(framed("Papers", body), 400)
        return RedirectResponse("/papers?removed=1", 303)

    return remove


def _adding(site: Site) -> Callable[[Request], Awaitable[Response]]:
    async def add(request: Request) -> Response:
        if refused := site.refusal(request):
            return refused
        async with request.form(max_files=_MOST_FILES, max_part_size=MAX_UPLOAD) as form:
            given = [
                (one.filename or "papers", one.file) for one in form.getlist("files") if isinstance(one, UploadFile)
            ]
            paths = await run_in_threadpool(keep, site.assistant.index_dir, given, str(form.get("text", "")))
        return StreamingResponse(progress_lines(site.assistant, paths), media_type="application/x-ndjson")

    return add
