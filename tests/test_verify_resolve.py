from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rag_assistant.records import Draft, DraftSentence, Paper, Quote
from rag_assistant.sentences import sentence_spans
from rag_assistant.verify import Resolver, resolve, resolve_sentence

TIDE = Paper(
    "tide",
    "TideNet: Forecasting harbour levels with small models",
    "TideNet forecasts harbour levels with 12M parameters. It reads 90 days of gauge data. "
    "TideNet outperforms HydroFormer by 13.7% on the Gulf benchmark.",
)
LOAF = Paper(
    "loaf",
    "LoafCam: Watching bread rise",
    "LoafCam estimates the rise of bread dough from a phone camera. Training takes 3 hours on one GPU.",
)


def draft(raw: str, **given: object) -> Draft:
    return Draft((), (TIDE, LOAF), "llm", raw=raw, **given)  # type: ignore[arg-type]


def test_markers_are_renumbered_in_order_of_appearance() -> None:
    resolved = resolve(
        draft(
            "LoafCam estimates how bread dough rises from a phone camera [2]. TideNet forecasts harbour levels "
            "[1]. Training LoafCam takes 3 hours on one GPU [2]."
        )
    )
    assert resolved.text == (
        "LoafCam estimates how bread dough rises from a phone camera [1]. TideNet forecasts harbour levels [2]. "
        "Training LoafCam takes 3 hours on one GPU [1]."
    )
    assert [(one.number, one.paper.id) for one in resolved.citations] == [(1, "loaf"), (2, "tide")]
    assert [quote.text for quote in resolved.citations[0].quotes] == [
        "LoafCam estimates the rise of bread dough from a phone camera.",
        "Training takes 3 hours on one GPU.",
    ]


def test_a_marker_that_names_nothing_goes() -> None:
    resolved = resolve(draft("TideNet forecasts harbour levels [1][7]."))
    assert [one.paper.id for one in resolved.sentences[0].citations] == ["tide"]
    assert resolved.notes == ("1 citation number that names no source was removed",)


def test_a_wrong_marker_moves_to_the_paper_that_says_it() -> None:
    resolved = resolve(draft("TideNet forecasts harbour levels [2]."))
    assert [one.paper.id for one in resolved.sentences[0].citations] == ["tide"]
    assert "1 citation was moved to the paper that bears it out" in resolved.notes


def test_a_marker_moves_from_a_paper_of_the_same_subject_to_the_one_that_says_it_outright() -> None:
    ebb = Paper("ebb", "EbbNet", "EbbNet, with 9M parameters, is one of the small models that forecast harbour levels.")
    said = "TideNet forecasts harbour levels with 12M parameters."
    resolved = resolve(Draft((), (ebb, TIDE), "llm", raw=said.replace(".", " [1].")))
    assert [one.paper.id for one in resolved.citations] == ["tide"]
    own = resolve(Draft((), (ebb, TIDE), "llm", raw="EbbNet is a small model with 9M parameters [1]."))
    assert [one.paper.id for one in own.citations] == ["ebb"]


def test_a_sentence_without_a_marker_is_attributed() -> None:
    resolved = resolve(draft("LoafCam estimates the rise of dough from a phone camera."))
    assert [one.paper.id for one in resolved.sentences[0].citations] == ["loaf"]
    assert resolved.sentences[0].verdict == "supported"


def test_what_nothing_bears_out_is_marked_or_dropped() -> None:
    raw = "TideNet forecasts harbour levels [1]. Penguins prefer jazz on Tuesdays [1]."
    marked = resolve(draft(raw), unsupported="mark")
    assert [one.verdict for one in marked.sentences] == ["supported", "unsupported"]
    assert marked.sentences[1].citations == ()
    assert marked.sentences[1].reasons
    assert marked.text == "TideNet forecasts harbour levels [1]. Penguins prefer jazz on Tuesdays [?]."
    dropped = resolve(draft(raw), unsupported="drop")
    assert dropped.text == "TideNet forecasts harbour levels [1]."
    assert "1 sentence was left out: no paper bears it out" in dropped.notes


def test_a_sentence_that_is_said_again_is_left_out() -> None:
    raw = "TideNet forecasts harbour levels [1]. Penguins prefer jazz [1]. "
    resolved = resolve(draft(raw * 20))
    assert [one.text for one in resolved.sentences] == ["TideNet forecasts harbour levels.", "Penguins prefer jazz."]
    assert "38 sentences that were said before were left out" in resolved.notes


def test_a_changed_figure_is_not_let_through() -> None:
    resolved = resolve(draft("TideNet outperforms HydroFormer by 17.3% on the Gulf benchmark [1]."))
    assert resolved.sentences[0].verdict != "supported"
    assert any("17.3%" in reason for reason in resolved.sentences[0].reasons)
    assert resolved.text.endswith("[?].")


def test_two_papers_for_one_sentence_are_both_cited_only_if_both_bear_it() -> None:
    resolved = resolve(draft("TideNet forecasts harbour levels [1][2]."))
    assert [one.paper.id for one in resolved.sentences[0].citations] == ["tide"]


def test_exact_quotes_of_a_copying_writer_are_kept() -> None:
    text = "It reads 90 days of gauge data."
    start = TIDE.abstract.index(text)
    quote = Quote("tide", text, start, start + len(text))
    sentence = DraftSentence(f"[TideNet] {text}", (1,), (quote,))
    resolved = resolve(Draft((sentence,), (TIDE,), "extractive"))
    assert resolved.sentences[0].verdict == "supported"
    assert resolved.sentences[0].score == 1
    assert resolved.citations[0].quotes == (quote,)
    assert resolved.text == f"[TideNet] {text[:-1]} [1]."


def test_a_quote_that_is_not_exact_is_not_believed() -> None:
    quote = Quote("tide", "It reads 91 days of gauge data.", 54, 85)
    sentence = DraftSentence("It reads 91 days of gauge data.", (1,), (quote,))
    resolved = resolve(Draft((sentence,), (TIDE,), "extractive"))
    assert resolved.sentences[0].verdict == "unsupported"


def test_an_abstaining_draft_passes_through() -> None:
    resolved = resolve(draft("The papers do not say.", abstained=True))
    assert (resolved.text, resolved.sentences, resolved.citations) == ("The papers do not say.", (), ())


def test_sentences_can_be_checked_as_they_stream() -> None:
    resolver = Resolver((TIDE, LOAF), unsupported="drop")
    assert resolver.add(DraftSentence("Penguins prefer jazz.", (1,))) is None
    checked = resolver.add(DraftSentence("TideNet forecasts harbour levels.", (1,)))
    assert checked is not None
    assert checked.marked == "TideNet forecasts harbour levels [1]."
    assert resolver.result().sentences == (checked,)
    assert resolve_sentence(DraftSentence("TideNet forecasts harbour levels.", (1,)), (TIDE,)) == checked


_TEXT = st.text(alphabet=st.sampled_from("aB1 .!\n[]é\u0301\u05d0\ud800%"), max_size=60)


@given(_TEXT, _TEXT, _TEXT, st.sampled_from(["drop", "mark"]))
@settings(max_examples=100, deadline=None)
def test_quotes_are_whole_sentences_of_the_abstract_for_any_text(raw: str, title: str, abstract: str, how: str) -> None:
    paper = Paper("p", title, abstract)
    resolved = resolve(Draft((), (paper, LOAF), "llm", raw=raw + abstract), unsupported=how)  # type: ignore[arg-type]
    assert [one.number for one in resolved.citations] == list(range(1, len(resolved.citations) + 1))
    for citation in (*resolved.citations, *(one for sentence in resolved.sentences for one in sentence.citations)):
        for quote in citation.quotes:
            assert citation.paper.abstract[quote.start : quote.end] == quote.text
            assert (quote.start, quote.end) in sentence_spans(citation.paper.abstract)
