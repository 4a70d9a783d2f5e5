"""What an empty page offers: how many papers there are, and a few questions that they answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from rag_assistant.errors import IndexNotFoundError, RagAssistantError
from rag_assistant.web.safe import attribute, text

if TYPE_CHECKING:
    from rag_assistant.assistant import Assistant

SHOWN = 4
BUNDLED = (
    "How does LongRoPE extend the context window, and how far?",
    "How can a vision-language model handle a million tokens of video?",
    "Compare LongLoRA and LongRoPE: how does each extend the context window?",
    "Which papers propose a benchmark for long-context understanding?",
)
_TITLES_READ = 2_000
_LONGEST = 90
_NAMED = re.compile(r"([^\s:]*(?:[A-Z].*[A-Z]|\d|[a-z][A-Z])[^\s:]*): \S")


def example_questions(titles: Iterable[str]) -> list[str]:
    """Questions made of a collection's titles: papers that name what they bring first, spread evenly through it."""
    read = [" ".join(title.split()) for title in islice(titles, _TITLES_READ)]
    named = _spread([match[1] for title in read if (match := _NAMED.match(title))], SHOWN + 1)
    questions = [f"What is {name}, and how well does it work?" for name in named[: SHOWN - 1]]
    if len(named) > SHOWN:
        questions = [*questions[: SHOWN - 1], f"Compare {named[-2]} and {named[-1]}."]
    plain = [title for title in read if not _NAMED.match(title) and len(title) <= _LONGEST]
    questions += [f"What does “{title}” find?" for title in _spread(plain, SHOWN - len(questions))]
    return questions[:SHOWN]


def welcome_html(assistant: Assistant) -> str:
    """What stands on the page before the first question."""
    try:
        count = assistant.index.manifest.papers
        bundled = assistant.bundled
        questions = BUNDLED if bundled else example_questions(paper.title for paper in assistant.papers())
    except IndexNotFoundError as error:
        return _hello(
            "No papers yet.", f"Add some with <code>rag-assistant ingest PATH…</code> ({text(str(error))})", ()
        )
    except RagAssistantError as error:
        return _hello("The papers can’t be read.", text(str(error)), ())
    papers = f"{count:,} {'paper' if count == 1 else 'papers'}"
    what = "bundled with the program" if bundled else "in your collection"
    lead = f"<b>{papers}</b> {what}. Every sentence of an answer shows the words that bear it out."
    return _hello("What would you like to know?", lead, questions)


def _hello(heading: str, lead: str, questions: Sequence[str]) -> str:
    listed = "".join(
        f'<li><button type="button" class="ra-example" data-ask="{attribute(question)}">'
        f"<bdi>{text(question)}</bdi></button></li>"
        for question in questions
    )
    examples = f'<ul class="ra-examples" aria-label="Example questions">{listed}</ul>' if listed else ""
    return f'<div class="ra-welcome"><h1>{heading}</h1><p>{lead}</p>{examples}</div>'


def _spread(items: Sequence[str], count: int) -> list[str]:
    """At most ``count`` of the items, evenly through them."""
    if count <= 0 or not items:
        return []
    if len(items) <= count:
        return list(items)
    return [items[round(place * (len(items) - 1) / max(count - 1, 1))] for place in range(count)]
