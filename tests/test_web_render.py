"""Answers as HTML for the page: what a reader sees, and that nothing of a paper or a model acts."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_assistant.records import Answer, Citation, Hit, Paper, Passage, Quote, Sentence
from rag_assistant.web.cards import sources_html
from rag_assistant.web.marks import marked
from rag_assistant.web.render import turn_html
from rag_assistant.web.safe import paper_url, text, web_url
from rag_assistant.web.turn import Turn
from tests.papers import make_papers

# Everything that the renderer itself writes; an element or attribute beyond these came out of somebody's text.
ELEMENTS = {
    *(
        "a",
        "article",
        "b",
        "bdi",
        "blockquote",
        "br",
        "button",
        "details",
        "div",
        "footer",
        "h2",
        "h3",
        "h4",
        "i",
        "li",
    ),
    *("mark", "ol", "p", "section", "span", "strong", "summary", "ul"),
}
ATTRIBUTES = {
    *(
        "aria-hidden",
        "aria-label",
        "aria-pressed",
        "class",
        "hidden",
        "href",
        "rel",
        "role",
        "style",
        "tabindex",
        "target",
        "title",
        "type",
    ),
}
HOSTILE = (
    "<script>fetch('//evil.example')</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "</bdi></article><iframe src=//evil.example>",
    "<style>@import '//evil.example'</style>",
    "![x](https://evil.example/pixel.png) [y](javascript:alert(1))",
    "&lt;script&gt;&#60;script&#62;",
    "${alert(1)} {{constructor.constructor('alert(1)')()}} `",
    "\x1b[2J\u202eevil\u2066\x00",
)


class Markup(HTMLParser):
    """The elements of a piece of HTML, the text in each mark, and whether every element is closed in its turn."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.marks: list[tuple[str, str]] = []
        self.words = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "br":
            self.open.append(tag)
        if tag == "mark":
            self.marks.append((dict(attrs)["data-quotes"] or "", ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data
        if "mark" in self.open:
            keys, before = self.marks[-1]
            self.marks[-1] = (keys, before + data)

    def of(self, name: str) -> list[dict[str, str | None]]:
        """Attributes of every element with a class."""
        return [attrs for _, attrs in self.tags if name in (attrs.get("class") or "").split()]


def quote(paper: Paper, words: str) -> Quote:
    start = paper.abstract.index(words)
    return Quote(paper.id, words, start, start + len(words))


def hit(paper: Paper, rank: int, score: float) -> Hit:
    return Hit(
        Passage(f"{paper.id}.0", paper.id, paper.abstract, 0, len(paper.abstract)), paper, score, rank, 0.5, None
    )


def make_turn(*, verdict: str = "supported", reasons: tuple[str, ...] = ()) -> Turn:
    ships, tides, *_ = make_papers()
    words = "It runs at 30 frames per second on one laptop GPU."
    citation = Citation(1, ships, (quote(ships, words),))
    sentence = Sentence("HarborNet runs at 30 frames per second.", (citation,), verdict, 0.9, reasons)  # type: ignore[arg-type]
    answer = Answer(
        "How fast is it?",
        "How fast is HarborNet?",
        sentence.marked,
        (sentence,),
        (citation,),
        (hit(ships, 1, 0.9), hit(tides, 2, 0.4)),
        abstained=False,
        reason=None,
        mode="llm",
        model="small:1b",
        timings={"total": 1.25},
        notes=("a note",),
    )
    return Turn(3, "How fast is it?", "done", "How fast is HarborNet?", answer.hits, answer=answer)


def test_citation_stands_before_the_full_stop_and_carries_its_quote() -> None:
    markup = Markup(turn_html(make_turn()))
    assert "HarborNet runs at 30 frames per second\xa0[1]." in markup.words
    (cite,) = markup.of("ra-cite")
    assert cite["data-tip"] == "“It runs at 30 frames per second on one laptop GPU.”"
    assert cite["data-goto"] in {card["data-card"] for card in markup.of("ra-card")}
    assert markup.marks == [(cite["data-quotes"], "It runs at 30 frames per second on one laptop GPU.")]


def test_uncited_papers_come_after_the_cited_with_their_rank() -> None:
    words = Markup(turn_html(make_turn())).words
    assert words.index("Cited · 1") < words.index("HarborNet: Detecting") < words.index("Found, not cited · 1")
    assert words.index("Found, not cited · 1") < words.index("TideGPT: Forecasting") < words.index("0.40 · rank 2")


def test_how_it_was_made_is_said() -> None:
    words = Markup(turn_html(make_turn())).words
    for said in ("Understood as How fast is HarborNet?", "small:1b · 2 papers read · 1.2 s", "a note"):
        assert said in words


def test_thoughts_are_folded_and_escaped_and_only_the_answers_own() -> None:
    turn = make_turn()
    assert turn.answer is not None
    thought = replace(turn, answer=replace(turn.answer, thinking="First <b>this</b>,\nthen that."))
    markup = turn_html(thought)
    assert '<details class="ra-thoughts"><summary>' in markup
    assert "First &lt;b&gt;this&lt;/b&gt;,<br>then that." in markup
    assert "ra-thoughts" not in turn_html(turn)
    assert thought.answer is not None
    assert "ra-thoughts" not in turn_html(replace(thought, answer=replace(thought.answer, mode="extractive")))


@pytest.mark.parametrize("verdict", ["partly", "unsupported"])
def test_doubtful_sentence_is_marked_with_the_reason(verdict: str) -> None:
    markup = Markup(turn_html(make_turn(verdict=verdict, reasons=("the figure 30 is not in the paper",))))
    assert len(markup.of(f"ra-{verdict}")) == 1
    (doubt,) = markup.of("ra-doubt")
    assert doubt["data-tip"] == "the figure 30 is not in the paper"
    assert Markup(turn_html(make_turn())).of("ra-doubt") == []


def test_abstention_lists_the_nearest_papers_and_looks_unlike_an_answer() -> None:
    turn = make_turn()
    assert turn.answer is not None
    answer = replace(
        turn.answer,
        sentences=(),
        citations=(),
        abstained=True,
        text="The indexed papers do not answer this.",
        reason="why",
    )
    markup = Markup(turn_html(replace(turn, answer=answer)))
    assert markup.of("ra-abstained")
    assert not markup.of("ra-answer")
    links = [attrs["data-goto"] for tag, attrs in markup.tags if tag == "a" and "data-goto" in attrs]
    cards = [card["data-card"] for card in markup.of("ra-card")]
    assert links == cards == ["t3r1", "t3r2"]


def test_only_the_latest_turn_can_be_asked_again() -> None:
    def pressed(html: str) -> set[str | None]:
        return {attrs["data-press"] for _, attrs in Markup(html).tags if "data-press" in attrs}

    assert pressed(turn_html(make_turn())) == {"ra-retry", "ra-edit"}
    assert pressed(turn_html(make_turn(), latest=False)) == set()


def test_unchecked_text_is_shown_while_it_is_written_and_after_a_stop() -> None:
    writing = Turn(1, "q", "writing", draft="Half an <i>answer")
    assert "Half an <i>answer" in Markup(turn_html(writing)).words
    stopped = Markup(turn_html(writing.stopped()))
    assert "Half an <i>answer" in stopped.words
    assert "Stopped · not checked" in stopped.words
    assert make_turn().stopped().state == "done"


def test_failure_is_told() -> None:
    turn = Turn(1, "q").failed("nothing answers at <address>")
    markup = Markup(turn_html(turn))
    assert "Nothing answers at <address>" in markup.words
    assert [attrs["role"] for attrs in markup.of("ra-failure")] == ["alert"]


@pytest.mark.parametrize("words", HOSTILE)
def test_nobodys_text_becomes_markup(words: str) -> None:
    paper = Paper("p", words, f"Before. {words} After.", authors=(words,), year=2024, url=words, doi=words, venue=words)
    cited = Citation(1, paper, (Quote("p", words, 8, 8 + len(words)),))
    answer = Answer(
        words,
        words + "?",
        words,
        (Sentence(words, (cited,), "partly", 0.5, (words,)),),
        (cited,),
        (hit(paper, 1, 1.0), hit(replace(paper, id="r"), 2, 0.5)),
        abstained=False,
        reason=None,
        mode="llm",
        model=words,
        notes=(words,),
        draft=words,
    )
    abstained = replace(answer, abstained=True, sentences=(), citations=(), reason=words)
    turns = [
        Turn(1, words, "done", words + "?", answer.hits, answer=answer),
        Turn(2, words, "done", words + "?", answer.hits, answer=abstained),
        Turn(3, words, "writing", words, answer.hits, draft=words),
        Turn(4, words).failed(words),
    ]
    markup = Markup("".join(turn_html(turn, latest=False) for turn in turns))
    assert {tag for tag, _ in markup.tags} <= ELEMENTS
    names = {name for _, attrs in markup.tags for name in attrs if not name.startswith("data-")}
    assert names <= ATTRIBUTES
    links = [attrs["href"] or "" for tag, attrs in markup.tags if tag == "a"]
    assert links
    assert all(link.startswith("#") for link in links)
    assert not any(char in markup.words for char in "\x00\x1b\u202e\u2066")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://arxiv.org/abs/2401.00001", True),
        ("http://example.org/a?b=c&d=e#f", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("https:alert(1)", False),
        ("//example.org/x", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("https://[broken", False),
        ("https://example.org/\tx", False),
        ("file:///etc/passwd", False),
        (None, False),
    ],
)
def test_only_web_links_are_links(url: str | None, shown: bool) -> None:
    assert (web_url(url) is not None) is shown
    html = sources_html(1, None, [hit(replace(make_papers()[0], url=url), 1, 0.5)])
    assert ("<a " in html) is shown
    assert html.count('rel="noopener noreferrer"') == int(shown)


def test_paper_without_a_link_is_found_by_its_numbers() -> None:
    paper = make_papers()[0]
    assert paper_url(replace(paper, arxiv_id="2401.00001v2")) == "https://arxiv.org/abs/2401.00001v2"
    assert paper_url(replace(paper, doi="10.1000/a b")) is None
    assert paper_url(replace(paper, doi='10.1000/x"y', arxiv_id="2401.00001")) == "https://doi.org/10.1000/x%22y"
    assert paper_url(replace(paper, arxiv_id="../../evil")) is None


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5))
def test_marks_are_exactly_the_quotes(abstract: str, spans: list[tuple[int, int]]) -> None:
    quotes = [Quote("p", abstract[a:b], a, b) for a, b in spans if a < b <= len(abstract)]
    markup = Markup(marked(abstract, quotes))
    shown = Markup(text(abstract)).words
    assert markup.words == shown
    for one in quotes:
        pieces = [words for keys, words in markup.marks if f"{one.start}-{one.end}" in keys.split()]
        assert "".join(pieces) == Markup(text(one.text)).words
