"""What the verifier's models learn from: faults that are faults, rewordings that are none, tables, thresholds."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from rag_assistant.evaluate import negations, swaps
from rag_assistant.evaluate import verifier_examples as examples
from rag_assistant.evaluate.cross_encoder_pairs import balanced, batches_of, pair_of
from rag_assistant.evaluate.public_claims import area, best_f1_threshold, supported_counts
from rag_assistant.evaluate.second_opinion import best_threshold
from rag_assistant.evaluate.train_verifier import fit
from rag_assistant.evaluate.verifier_examples import Example, part_of
from rag_assistant.evaluate.word_tables import rarity_table, shares_of
from rag_assistant.index.cross_encoder import PairTokenizer
from rag_assistant.index.embed import model_folder
from rag_assistant.settings import DEFAULT_MODEL
from rag_assistant.verify import model, signals

PAPERS = [
    (
        "TideNet: harbour levels",
        "TideNet outperforms HydroFormer by 13.7% without any labelled storms. It reads gauge data from 40 harbours.",
    ),
    (
        "OwlMap: hearing in the dark",
        "OwlMap localises voles using a recurrent network over cochlear spectrograms. It cannot follow two voles.",
    ),
]


@pytest.mark.parametrize(
    ("sentence", "denials"),
    [
        ("TideNet can forecast floods.", {"TideNet cannot forecast floods.", "TideNet is unable to forecast floods."}),
        ("TideNet reduces memory.", {"TideNet raises memory.", "TideNet never reduces memory."}),
        ("TideNet is right without labels.", {"TideNet is right only with labels."}),
    ],
)
def test_a_denial_changes_what_is_said(sentence: str, denials: set[str]) -> None:
    found = {negations.deny(sentence, random.Random(seed)) for seed in range(40)}
    assert denials <= found
    assert sentence not in found


def test_a_negation_is_said_in_another_way_and_what_is_not_negated_is_left() -> None:
    assert negations.deny_again("It cannot follow two voles.", random.Random(0)) != "It cannot follow two voles."
    assert negations.deny_again("It follows two voles.", random.Random(0)) is None


def test_sides_of_a_verb_and_of_a_preposition_change_places() -> None:
    found = {swaps.swap_around("The router guides the experts.", random.Random(seed)) for seed in range(5)}
    assert found == {"The experts guides the router."}
    assert swaps.swap_around("It prefers gauges over satellites.", random.Random(0)) == (
        "It prefers satellites over gauges."
    )


def test_a_strange_term_and_a_strange_phrase_come_from_elsewhere() -> None:
    passage = " ".join(PAPERS[0])
    said = "TideNet reads gauge data."
    changed = swaps.swap_term(said, random.Random(0), ["spectrogram", "harbour"], passage)
    assert changed == "TideNet reads spectrogram data."
    assert swaps.swap_term(said, random.Random(0), ["harbour"], passage) is None
    hung = swaps.hang_phrase(said, random.Random(0), ["over cochlear spectrograms"], passage)
    assert hung == "TideNet reads gauge data over cochlear spectrograms."
    assert swaps.hang_phrase(said, random.Random(0), ["from 40 harbours"], passage) is None


def test_examples_of_abstracts_have_faults_only_where_they_are_unsupported() -> None:
    found = list(examples.from_abstracts(PAPERS))
    assert found == list(examples.from_abstracts(PAPERS))
    texts = {title: f"{title}\n{abstract}" for title, abstract in PAPERS}
    assert {one.supported for one in found} == {True, False}
    for one in found:
        if "wrong_source" in one.kind:
            assert one.passage != texts[one.paper]
        else:
            assert one.passage == texts[one.paper]
            assert one.supported == (one.sentence == one.base)


def test_parts_are_fixed_and_about_a_third_is_kept_out() -> None:
    parts = [part_of(f"Paper number {number}") for number in range(900)]
    assert parts == [part_of(f"paper  NUMBER {number}") for number in range(900)]
    shares = {part: parts.count(part) / 900 for part in set(parts)}
    assert shares["kept_out"] == pytest.approx(1 / 3, abs=0.06)
    assert shares["cross_encoder"] == pytest.approx(4 / 9, abs=0.06)
    assert shares["trees"] == pytest.approx(2 / 9, abs=0.06)


def test_the_words_that_a_fault_put_in_are_known() -> None:
    folder = model_folder(DEFAULT_MODEL)
    assert folder is not None
    base, wrong = "TideNet reads gauge data.", "TideNet never reads gauge data."
    example = Example(wrong, "\n".join(PAPERS[0]), False, "negated_deny", PAPERS[0][0], base)
    pair = pair_of(example, PairTokenizer(folder))
    assert pair.at_fault is not None
    _, _, spans = PairTokenizer(folder).pair(wrong, "")
    assert [wrong[a:b] for (a, b), bad in zip(spans, pair.at_fault, strict=True) if bad] == ["never"]


def test_a_false_sentence_comes_right_after_the_true_one_that_it_was_made_of() -> None:
    folder = model_folder(DEFAULT_MODEL)
    assert folder is not None
    text = "\n".join(PAPERS[0])
    base, wrong = "HydroFormer is beaten by TideNet.", "TideNet is beaten by HydroFormer."
    drawn = [
        (Example(base, text, True, "case paraphrase"), 1.0),
        *[(Example(wrong, text, False, "case swapped_entity", PAPERS[0][0], base), 1.0)] * 40,
        (Example(wrong, text, False, "swapped_sides", PAPERS[0][0], base), 1.0),
    ]
    batches = batches_of(drawn, PairTokenizer(folder), seed=0)
    assert max(map(len, batches)) <= 32
    with_rival = 0
    for batch in batches:
        for place, pair in enumerate(batch):
            if pair.rival is not None:
                with_rival += 1
                assert batch[place - 1] is pair.rival
                assert pair.rival.supported
    assert with_rival == 40, "of a fault put in by rule the true forms are learned from anyway"


def test_a_training_case_tells_what_a_false_sentence_was_made_of(tmp_path: Path) -> None:
    case = {"id": "1", "sentence": "No.", "passage_title": PAPERS[0][0], "label": "unsupported", "kind": "negated"}
    (tmp_path / "cases.jsonl").write_text(json.dumps({**case, "made_of": "Yes."}))
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims" / "corpus.jsonl").write_text("")
    (found,) = examples.from_cases([tmp_path / "cases.jsonl"], PAPERS, tmp_path)
    assert (found.sentence, found.base, found.supported) == ("No.", "Yes.", False)


def test_both_labels_weigh_the_same() -> None:
    drawn = [
        (Example("a", "b", supported, "k"), weight) for supported, weight in ((True, 1.0), (False, 1.0), (False, 6.0))
    ]
    weights = balanced(drawn)
    assert weights[0] == pytest.approx(weights[1] + weights[2])
    assert sum(weights) == pytest.approx(3)


def test_rarity_is_that_of_the_collection_that_has_a_word_most_often_and_names_have_none() -> None:
    field = ["models read TideNet"] * 8 + ["models write"] * 2
    other = ["owls read", "owls hunt", "owls hunt", "models hunt"]
    shares = shares_of([field, other])
    assert shares["model"] == 1
    assert shares["owl"] == 0.75
    assert shares["hunt"] == 0.75
    assert "tidenet" not in shares
    assert "write" not in shares, "two texts are too few"
    table = rarity_table({"model": 1.0, "owl": 0.1, "vole": 0.01, "zymurgy": 0.0001})
    assert table["stems"] == {"0": "model", "3": "owl", "5": "vole"}


def test_the_area_under_the_curve_and_f1() -> None:
    assert area([0.9, 0.2, 0.5, 0.5], [True, False, True, False]) == 0.875
    assert best_f1_threshold([0.9, 0.8, 0.4, 0.1], [True, True, False, False]) == 0.8
    counts = supported_counts([True, True, False, False], [True, False, True, False])
    assert counts.f1().startswith("0.500 ")


def test_the_threshold_is_the_best_and_the_trees_written_say_what_was_fitted() -> None:
    assert 0.4 < best_threshold([0.1, 0.3, 0.6, 0.9], [False, False, True, True]) < 0.6
    chance = np.random.default_rng(0)
    rows = chance.random((150, len(signals.NAMES)))
    labels = rows[:, 1] > 0.5
    fitted, trees, bias = fit(rows.tolist(), labels.tolist(), [1.0] * 150)
    ours = model.from_numbers({"signals": signals.NAMES, "bias": bias, "trees": trees})
    theirs = fitted.predict_proba(rows[:20])[:, 1]
    found = [model.logistic(ours.log_odds_of(row)) for row in rows[:20].tolist()]
    assert found == pytest.approx(theirs.tolist(), abs=0.01)


def test_at_most_a_tenth_of_the_supported_is_refused() -> None:
    scores = [0.2, 0.45, 0.5, 0.55, *[0.9] * 6, 0.3, 0.3, *[0.65] * 4]
    supported = [True] * 10 + [False] * 6
    # From 0.65 on all would be caught, and four of ten refused.
    assert 0.3 < best_threshold(scores, supported) <= 0.45


def test_the_cross_encoder_is_weighed_with_the_trees() -> None:
    second = model.SecondOpinion(trees=1.0, entailed=0.5, at_fault=-0.25, bias=0.1)
    assert second.probability(0.4, 1.0, 4.0) == pytest.approx(model.logistic(0.0))
    assert second.probability(0.4, 2.0, 4.0) > 0.5 > second.probability(0.4, 1.0, 5.0)


def test_the_shipped_model_names_its_command_and_its_signals() -> None:
    stored = json.loads((Path(model.__file__).parent / "model.json").read_text("utf-8"))
    assert stored["made_by"].startswith("python -m rag_assistant.evaluate.train_verifier ")
    assert tuple(stored["signals"]) == signals.NAMES
    second = model.load().second
    assert second is not None
    assert second.trees > 0
    assert second.entailed > 0
