"""What the verifier's signals say of single sentences, whatever the trees make of them."""

from __future__ import annotations

import dataclasses
import time

import pytest

from rag_assistant.verify import check, copying
from rag_assistant.verify.check import _objection, _unread
from rag_assistant.verify.model import THRESHOLD
from rag_assistant.verify.names import names_of
from rag_assistant.verify.reading import read_sentence, read_source
from rag_assistant.verify.signals import Signals, measure
from tests.papers import PASSAGE


def measured(sentence: str, passage: str) -> Signals:
    return measure(read_sentence(sentence), read_source((passage,)))[0]


def test_digits_without_end_are_checked_too() -> None:
    assert check("1" * 400, ["9" * 400]).supported is False


def test_names_of_a_long_chain_of_hyphens_are_read_at_once() -> None:
    begun = time.perf_counter()
    names_of("a-" * 8_000)
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize("text", ["at 50 kHz", "3 dB", "16 GB of memory", "a rate of 1e-4"])
def test_a_unit_behind_a_figure_is_no_name(text: str) -> None:
    assert names_of(text) == []


_DENIED = (
    "The claim that BeeNet is always better than AntNet is false. It is unclear whether larger batches help training."
)


@pytest.mark.parametrize("part", ["BeeNet is always better than AntNet", "larger batches help training."])
def test_a_part_of_a_sentence_that_denies_it_is_no_certain_copy(part: str) -> None:
    assert copying.compare(part, [_DENIED], read_source((_DENIED,)).whole) == "other"
    stated = f"Moreover, {part}"
    assert copying.compare(part, [stated, _DENIED], read_source((stated, _DENIED)).whole) == "copy"


def test_a_whole_sentence_is_a_copy_whatever_it_denies() -> None:
    for sentence in _DENIED.replace("false. ", "false.\n").split("\n"):
        assert copying.compare(sentence, [_DENIED], read_source((_DENIED,)).whole) == "copy"


@pytest.mark.parametrize(
    ("sentence", "passage", "odds"),
    [
        ("It works for six languages.", "It works for six of eight languages.", 0),
        ("Accuracy drops by 7.3 points.", "Accuracy falls by 2 points, then from 71.5% to 64.2%.", 0),
        ("It works for five languages.", "It works for six of eight languages.", 1),
        ("It gains 5 points.", "It gains 2 points, the best 34% of tasks, others 29% of tasks.", 1),
    ],
)
def test_counts_at_odds_knows_counts_that_are_joined(sentence: str, passage: str, odds: int) -> None:
    assert measured(sentence, passage).counts_at_odds == odds


def test_from_a_to_b_is_not_from_b_to_a() -> None:
    passage = "Throughput rises from 1200 to 2400 tokens per second."
    assert measured("Throughput goes from 2,400 to 1,200 tokens per second.", passage).figures_crossed == 1
    assert measured("Throughput goes from 1,200 to 2,400 tokens per second.", passage).figures_crossed == 0


def test_more_and_less_are_compared_within_a_clause() -> None:
    passage = "Hallucinations decrease by 12.5%, while refusals increase slightly."
    assert measured("Hallucinations increase by 12.5%.", passage).direction > 0
    assert measured("Hallucinations decrease by 12.5%.", passage).direction == 0
    assert measured("Refusals increase slightly.", passage).direction == 0


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("EnCodex is larger than OtterVQ.", "OtterVQ is smaller than EnCodex."),
        ("FerryRoute underperforms SwitchNet.", "FerryRoute is outperformed by SwitchNet."),
    ],
)
def test_the_converse_of_a_comparison_agrees(sentence: str, passage: str) -> None:
    found = measured(sentence, passage)
    assert (found.direction, found.opposite, found.order_inverted, found.swapped) == (0, 0, 0, 0)


def test_the_converse_with_its_sides_kept_does_not() -> None:
    assert measured("OtterVQ is larger than EnCodex.", "OtterVQ is smaller than EnCodex.").swapped > 0


def test_but_begins_another_comparison() -> None:
    passage = "AntNet learns fast, but BeeNet outperforms HydroNet on code."
    assert measured("HydroNet outperforms BeeNet on code.", passage).swapped == 1
    assert (
        measured("HydroNet and LynxNet outperform AntNet.", passage).swapped < 1
    )  # what stands before "but" has no part in it


def test_removing_denies_only_what_is_removed() -> None:
    (removing,) = read_source(("Removing the shared expert reduces accuracy on code.",)).sentences
    denied = {removing.words[place].lower for place in removing.negated}
    assert "expert" in denied
    assert not denied & {"reduces", "accuracy", "code"}


def test_with_is_not_without() -> None:
    passage = "Training diverges without the commitment loss, but it converges otherwise."
    assert measured("Training diverges with the commitment loss.", passage).source_not == 1
    assert measured("Training diverges without the commitment loss.", passage).source_not == 0


@pytest.mark.parametrize(
    ("signals_found", "objection"),
    [
        ({}, 0),
        ({"direction": 0.3, "opposite": 0.3}, 1),
        ({"direction": 0.3, "opposite": 0.3, "agreement": 1.0}, 0),
        ({"hedges": 1.0, "beyond": 1.0}, 1),
        ({"hedges": 1.0}, 0),
        ({"source_not": 0.2}, 1),
        ({"figures_lacking": 1.0}, 3),
    ],
)
def test_signals_that_are_rarely_wrong_object_and_figures_most(
    signals_found: dict[str, float], objection: float
) -> None:
    plain, *_ = measure(read_sentence("TideNet reads gauge data of 90 days."), read_source((PASSAGE,)))
    found = dataclasses.replace(plain, **{"agreement": 0.0, **signals_found})
    assert _objection(found) == objection
    assert (_unread(0.9, found) < THRESHOLD) is (objection > 0)


def test_the_same_word_of_something_else_is_no_agreement() -> None:
    passage = "Latency increases with depth."
    assert measured("Newspapers increase overnight.", passage).agreement == 0
    assert measured("Latency increases.", passage).agreement == 1
