"""Measures of one answer against values worked out by hand, and against trec_eval's own code."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from rag_assistant.errors import EncoderError
from rag_assistant.evaluate.cases import Case
from rag_assistant.evaluate.citations import CitedSentence, cited_sentences, judged_values
from rag_assistant.evaluate.intervals import bootstrap, compare_paired
from rag_assistant.evaluate.metrics import (
    BY_NAME,
    answer_values,
    evidence_quoted,
    exact_quotes,
    fact_recall,
    has_fact,
    paper_values,
    ranking_values,
)
from rag_assistant.records import Answer, Citation, Paper, Quote, Sentence

RED = Paper("r", "Red: A Study", "Red is warm. It has 40 shades.")
BLUE = Paper("b", "Blue", "Blue is cold.")


def case(**fields: object) -> Case:
    given: dict[str, object] = {"id": "a", "type": "factual", "question": "q?", "gold_titles": ("A B",)}
    return Case(**{**given, **fields})  # type: ignore[arg-type]


def answer(*sentences: Sentence, abstained: bool = False, mode: str = "extractive") -> Answer:
    citations = {citation.paper.id: citation for one in sentences for citation in one.citations}
    text = " ".join(one.text for one in sentences)
    timings = {"retrieve": 0.01, "write": 0.02, "verify": 0.03, "total": 0.06}
    return Answer(
        "q?", "q?", text, sentences, tuple(citations.values()), (), abstained, None, mode, None, timings  # type: ignore[arg-type]
    )  # fmt: skip


def says(text: str, *papers: Paper, quote: bool = True) -> Sentence:
    citations = tuple(
        Citation(number, paper, (Quote(paper.id, paper.abstract[:12], 0, 12),) if quote else ())
        for number, paper in enumerate(papers, 1)
    )
    return Sentence(text, citations, "supported", 1.0)


@pytest.mark.parametrize(
    ("text", "fact", "holds"),
    [
        ("It has 12,317 questions.", "12317", True),
        ("It has 12317 questions.", "12,317", True),
        ("a gain of 2.9$\\times$", "2.9", True),
        ("a gain of 12.9", "2.9", False),
        ("a gain of 2.95", "2.9", False),
        ("16 tasks", "6", False),
        ("self-supervised", "self-supervis", True),
        ("unsupervised", "supervis", False),
        ("a 2.9× gain", "2.9x", True),
        ("82.7\\% of them", "82.7%", True),
    ],
)
def test_a_fact_is_found_from_the_beginning_of_a_word_and_a_figure_to_its_end(
    text: str, fact: str, holds: bool
) -> None:
    assert has_fact(text, [fact]) is holds


def test_papers_cited_by_hand() -> None:
    two = case(gold_titles=("A B", "C D"), min_cites=2)
    found = paper_values(two, ["A B", "E F", "G H"], declined=False)
    assert found == {
        "paper_precision": pytest.approx(1 / 3),
        "paper_recall": 0.5,
        "paper_f1": pytest.approx(2 * (1 / 3) * 0.5 / (1 / 3 + 0.5)),
        "needed_papers": 0.0,
    }
    whole = paper_values(two, ["a b", "C-D"], declined=False)
    assert list(whole.values()) == [1.0, 1.0, 1.0, 1.0]
    declined = paper_values(two, [], declined=True)
    assert list(declined.values()) == [None, 0.0, 0.0, 0.0]


def test_any_paper_of_many_will_do() -> None:
    some = case(gold_titles=("A", "B", "C"), mode="any", min_cites=2)
    assert paper_values(some, ["A", "C"], declined=False)["needed_papers"] == 1
    assert paper_values(some, ["A", "D"], declined=False)["needed_papers"] == 0


def test_facts_evidence_and_quotes_by_hand() -> None:
    asked = case(facts=(("warm",), ("cold", "icy"), ("green",)), evidence=("Red is warm.", "It has 40 shades."))
    said = answer(says("Red is warm, not icy.", RED))
    assert fact_recall(asked, said.text) == pytest.approx(2 / 3)
    assert fact_recall(case(), said.text) is None
    assert evidence_quoted(asked, said) == 0.5
    assert exact_quotes(said) == 1.0
    broken = replace(said, citations=(Citation(1, RED, (Quote("r", "Red is cold.", 0, 12), Quote("r", "Red", 0, 3))),))
    assert exact_quotes(broken) == 0.5
    assert exact_quotes(answer(says("Red.", RED, quote=False))) is None


def test_a_whole_answer_by_hand() -> None:
    asked = case(gold_titles=("Red: a study",), facts=(("warm",),))
    values = answer_values(asked, answer(says("Red is warm.", RED), says("Blue is cold.", BLUE)))
    assert values["right"] == 1
    assert values["paper_precision"] == 0.5
    assert (values["answered"], values["declined"]) == (1.0, None)
    assert (values["sentences"], values["words"], values["seconds"]) == (2, 6, 0.06)
    assert values["verify_seconds"] == 0.03
    assert values["tokens"] is None
    # Cited rightly, but a fact short.
    assert answer_values(replace(asked, facts=(("green",),)), answer(says("Red is warm.", RED)))["right"] == 0
    declined = answer_values(asked, answer(abstained=True))
    assert (declined["right"], declined["answered"], declined["facts"], declined["words"]) == (0, 0.0, 0.0, None)
    assert set(values) <= set(BY_NAME)


def test_a_question_without_answer_is_right_only_when_declined() -> None:
    nobody = case(type="unanswerable", gold_titles=(), min_cites=0)
    assert answer_values(nobody, answer(abstained=True))["right"] == 1
    answered = answer_values(nobody, answer(says("Red is warm.", RED)))
    assert (answered["right"], answered["declined"], answered["paper_precision"]) == (0, 0.0, None)


def test_ranking_measures_are_those_of_trec_eval() -> None:
    pytrec_eval = pytest.importorskip("pytrec_eval")
    chance = random.Random(3)
    names = [f"p{number}" for number in range(30)]
    for _ in range(40):
        ranked = chance.sample(names, chance.randrange(1, 15))
        relevant = set(chance.sample(names, chance.randrange(1, 14)))
        judged = pytrec_eval.RelevanceEvaluator({"q": dict.fromkeys(relevant, 1)}, {"ndcg_cut.10", "recall.5,10"})
        reciprocal = pytrec_eval.RelevanceEvaluator({"q": dict.fromkeys(relevant, 1)}, {"recip_rank"})
        whole = judged.evaluate({"q": {name: -float(place) for place, name in enumerate(ranked)}})["q"]
        ten = reciprocal.evaluate({"q": {name: -float(place) for place, name in enumerate(ranked[:10])}})["q"]
        ours = ranking_values(ranked, relevant)
        assert ours["ndcg_10"] == pytest.approx(whole["ndcg_cut_10"])
        assert ours["recall_5"] == pytest.approx(whole["recall_5"])
        assert ours["recall_10"] == pytest.approx(whole["recall_10"])
        assert ours["mrr_10"] == pytest.approx(ten["recip_rank"])


def test_a_ranking_by_hand() -> None:
    ours = ranking_values(["n", "x", "m", "y"], {"x", "y", "z"})
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert ours["ndcg_10"] == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert ours["recall_5"] == pytest.approx(2 / 3)
    assert ours["mrr_10"] == 0.5
    assert set(ranking_values(["x"], set()).values()) == {None}


class Contains:
    """A judge that wants every word of the claim in the premises; it counts what it is asked."""

    name = "words"

    def __init__(self) -> None:
        self.asked = 0

    def supports(self, claim: str, premises: Sequence[str]) -> bool:
        self.asked += 1
        return set(claim.lower().split()) <= set(" ".join(premises).lower().split())


A, B, C = "red blue", "green", "red blue green"


def test_alce_by_hand() -> None:
    sentences = [
        CitedSentence("red", (A,)),  # borne out, one citation: needed
        CitedSentence("red green", (A, B)),  # only together: both needed
        CitedSentence("red", (A, B)),  # B alone doesn't, and without it A does: B is not needed
        CitedSentence("yellow", (A,)),  # not borne out
        CitedSentence("green", ()),  # no citation
    ]
    found = judged_values(sentences, Contains())
    assert found["citation_recall"] == 3 / 5
    assert found["citation_precision"] == (1 + 2 + 1 + 0) / 6


def test_a_citation_that_alone_bears_the_sentence_out_is_needed_even_beside_another() -> None:
    found = judged_values([CitedSentence("green", (B, C))], Contains())
    assert found["citation_precision"] == 1


def test_scholarqabench_leaves_short_sentences_out_and_carries_citations_on() -> None:
    long = "red " * 14  # 55 characters
    sentences = [
        CitedSentence("yellow", (B,)),  # short
        CitedSentence(long.strip(), (A,)),
        CitedSentence(f"{long}blue", ()),  # takes A
        CitedSentence(f"{long}green", ()),  # takes A, which lacks green
    ]
    found = judged_values(sentences, Contains())
    assert found["lenient_recall"] == pytest.approx(2 / 3)
    assert found["lenient_precision"] == pytest.approx(2 / 3)
    assert found["citation_recall"] == 1 / 4
    assert judged_values([CitedSentence("short", (A,))], Contains())["lenient_recall"] is None


def test_without_citations_precision_is_nought_and_without_sentences_nothing_is_measured() -> None:
    assert judged_values([CitedSentence("red", ())], Contains())["citation_precision"] == 0
    assert set(judged_values([], Contains()).values()) == {None}


def test_a_judge_is_asked_each_thing_once_and_of_three_citations_at_most() -> None:
    judge = Contains()
    judged_values([CitedSentence("red", (A,)), CitedSentence("red", (A,))], judge)
    assert judge.asked == 1
    papers = [Paper(f"p{number}", f"T{number}", "x") for number in range(5)]
    assert len(cited_sentences(answer(says("red", *papers)))[0].premises) == 3


def test_a_judge_that_fails_is_not_hushed_up() -> None:
    class Broken(Contains):
        def supports(self, claim: str, premises: Sequence[str]) -> bool:
            raise EncoderError("gone")

    with pytest.raises(EncoderError):
        judged_values([CitedSentence("red", (A,))], Broken())


def test_an_interval_holds_the_mean_narrows_with_more_and_is_the_same_for_a_seed() -> None:
    few, many = bootstrap([0.0, 1.0] * 10), bootstrap([0.0, 1.0] * 1_000)
    assert few.low < few.mean == 0.5 < few.high
    assert many.high - many.low < (few.high - few.low) / 5
    # The normal approximation: 1.96 standard errors.
    assert many.high - many.mean == pytest.approx(1.96 * 0.5 / math.sqrt(2_000), rel=0.1)
    assert bootstrap([0.0, 1.0, 1.0], 5) == bootstrap([0.0, 1.0, 1.0], 5)
    assert (bootstrap([1.0]).low, bootstrap([1.0]).high) == (1.0, 1.0)


def test_interval_and_p_are_those_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    chance = random.Random(5)
    changes = [chance.choice((-1.0, 0.0, 0.5, 1.0)) for _ in range(12)]
    theirs = stats.permutation_test(
        (changes,), lambda one: sum(one) / len(one), permutation_type="samples", n_resamples=1e5
    )
    ours = compare_paired([0.0] * 12, changes)
    assert ours.p == pytest.approx(theirs.pvalue)
    values = [chance.random() for _ in range(200)]
    interval = stats.bootstrap((values,), lambda one: sum(one) / len(one), method="percentile", vectorized=False)
    ends = interval.confidence_interval
    assert (bootstrap(values).low, bootstrap(values).high) == pytest.approx((ends.low, ends.high), abs=0.003)


def test_a_permutation_test_by_hand() -> None:
    # Five losses, no gain: 2 of the 32 flips are as far from nought.
    assert compare_paired([1.0] * 5 + [0.0] * 3, [0.0] * 8).p == 2 / 32
    assert compare_paired([1.0, 0.0], [0.0, 1.0]).p == 1.0
    assert compare_paired([0.5], [0.5]).p == 1.0
    lost = compare_paired([1.0] * 40, [0.0] * 20 + [1.0] * 20)
    assert lost.p < 0.001
    assert lost.change.mean == -0.5
    assert lost.change.high < 0
    with pytest.raises(ValueError, match="shorter"):
        compare_paired([1.0, 0.0], [1.0])
