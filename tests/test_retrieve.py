"""Searches as people type them, over an index of small papers that look alike on purpose."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import settings as running
from hypothesis import strategies as st

from rag_assistant.errors import EncoderError
from rag_assistant.index.build import ingest
from rag_assistant.index.embed import load_encoder
from rag_assistant.index.lexical import LexicalIndex, terms
from rag_assistant.index.open import Index
from rag_assistant.records import Hit, Paper
from rag_assistant.retrieve import search
from rag_assistant.retrieve.naming import named_papers
from rag_assistant.settings import DEFAULT_MODEL, load_settings
from tests.papers import make_papers

MORE = {
    "B^3-Net: Buoys That Count Boats": (
        "Counting boats by hand is dull. B^3-Net lets a buoy count passing boats with a microphone and a small "
        "camera. Over a summer it missed 3% of boats."
    ),
    "Detecting Ships": "We detect ships with cameras on cranes. In clear weather 97% of ships are found.",
    "Detecting Ships in Fog with Sound": (
        "Fog horns echo from hulls. We detect ships in fog from echoes alone, at up to two miles."
    ),
    "Waiting at Locks": (
        "Barges wait at locks. A schedule learned from five years of passages halves the wait. We also tried it in "
        "the Zuiderhaven harbour, where the gain was small."
    ),
    "Harbour Seals Rest More at Low Tide": (
        "We followed forty harbour seals with tags. They rest twice as long at low tide, and the accuracy of the "
        "tags was checked by eye."
    ),
    "GullSpeak-M: Listening from a Mast": "GullSpeak-M hears gulls from a mast; GullSpeak-Lite needs no mast.",
    "Mast: Wind on Tall Poles": "Tall poles bend in wind. We bend a mast of larch.",
    "Paint for Hulls in Cold Water": "Cold water slows fouling. We compare six paints over two winters in a harbour.",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    papers = make_papers() + [Paper(f"m{number}", *pair) for number, pair in enumerate(MORE.items(), 1)]
    settings = load_settings(index_dir=tmp_path_factory.mktemp("retrieve") / "index")
    ingest(settings.index_dir, settings, lambda: load_encoder(DEFAULT_MODEL), papers, {})
    return Index(settings.index_dir, settings, lambda: load_encoder(DEFAULT_MODEL))


def hits(index: Index, question: str, k: int = 5, **changed: object) -> Sequence[Hit]:
    return search(index, question, load_settings().retrieve.model_copy(update=changed), k)


def first(index: Index, question: str) -> str:
    return hits(index, question)[0].paper.title.partition(":")[0]


@pytest.mark.parametrize("title", [*MORE, *(paper.title for paper in make_papers())])
def test_a_title_typed_whole_finds_its_paper_first(index: Index, title: str) -> None:
    assert hits(index, title)[0].paper.title == title
    assert hits(index, title.lower().replace(":", ""))[0].paper.title == title


def test_a_short_title_comes_before_longer_ones_that_begin_with_it(index: Index) -> None:
    assert hits(index, "Detecting ships")[0].paper.title == "Detecting Ships"


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What is HarborNet?", "HarborNet"),
        ("harbornet ships fog", "HarborNet"),
        ("harbor net", "HarborNet"),
        ("B3-Net", "B^3-Net"),
        ("b3net boats", "B^3-Net"),
        ("b3 net", "B^3-Net"),
        ("What was tried in Zuiderhaven?", "Waiting at Locks"),
        ("harbrnet", "HarborNet"),
        ("tidegtp forecast", "TideGPT"),
        ("kelpbnak segmentaiton", "KelpBank"),
        ("GullSpeak", "GullSpeak"),
        ("GullSpeak-M", "GullSpeak-M"),
        ("gullspeak m", "GullSpeak-M"),
        ("What is GullSpeak-Lite?", "GullSpeak-M"),
        ("what is mast", "Mast"),
    ],
)
def test_a_name_that_one_paper_has_finds_it_first_however_it_is_typed(index: Index, question: str, name: str) -> None:
    assert first(index, question) == name


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Compare GullSpeak with KelpBank", {"GullSpeak", "KelpBank"}),
        ("KelpBank vs TideGPT: how was each trained?", {"KelpBank", "TideGPT"}),
        ("difference between creeping ropes and kelp segmentation", {"Slow Rope", "KelpBank"}),
    ],
)
def test_both_things_compared_stand_at_the_top(index: Index, question: str, names: set[str]) -> None:
    assert {hit.paper.title.partition(":")[0] for hit in hits(index, question, 2)} == names


def test_two_ordinary_words_before_a_colon_are_no_name() -> None:
    lexical = LexicalIndex.build(
        [("Sea Ice: A Primer", "Floes, or sea-ice."), *((f"{n}", "The sea is cold. There is ice.") for n in range(9))]
    )
    papers = {0: Paper("a", "Other", "Ice at sea."), 1: Paper("b", "Sea Ice: A Primer", "Floes.")}
    assert named_papers(lexical, "Does sea ice make ships late in harbours?", (), papers) == []
    assert named_papers(lexical, "what is sea ice", (), papers) == [1]


def test_filters_hold_for_every_part_and_every_name(index: Index) -> None:
    settings = load_settings().retrieve
    found = search(index, "Compare GullSpeak with KelpBank", settings, 10, {"title": "tidegpt|slow rope"})
    assert {hit.paper.id for hit in found} == {"p2", "p6"}


def test_a_filter_makes_no_paper_look_better_than_it_is(index: Index) -> None:
    settings = load_settings().retrieve
    question = "How well are ships found in fog?"
    everywhere = {hit.paper.id: hit.score for hit in search(index, question, settings, 14)}
    best, *_, poor, _ = everywhere
    alone = {id_: search(index, question, settings, filters={"id": id_})[0].score for id_ in (best, poor)}
    assert alone[best] == pytest.approx(everywhere[best])
    assert alone[poor] == pytest.approx(everywhere[poor])
    assert alone[poor] < alone[best] / 2


def test_scores_fall_from_at_most_1_to_at_least_0_and_ranks_count_up(index: Index) -> None:
    for question in ("detecting ships in fog", "Compare GullSpeak with KelpBank", "zzzz", "b3 net", "the of and"):
        found = hits(index, question, 20)
        scores = [hit.score for hit in found]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        assert [hit.rank for hit in found] == list(range(1, len(found) + 1))
        assert len({hit.paper.id for hit in found}) == len(found)


def test_a_hit_says_why_it_was_found(index: Index) -> None:
    best = hits(index, "Which detector hears ships in fog by their echoes?")[0]
    assert best.paper.title == "Detecting Ships in Fog with Sound"
    assert {"ships", "fog", "echoes"} <= set(best.matched)
    assert "which" not in best.matched
    found = hits(index, "Which detector hears ships in fog by their echoes?", 12)
    for side, place in (("dense", "dense_rank"), ("lexical", "lexical_rank")):
        scored = [hit for hit in found if getattr(hit, side) is not None]
        in_order = sorted(scored, key=lambda hit: -getattr(hit, side))
        assert [getattr(hit, place) for hit in in_order] == list(range(1, len(scored) + 1))
    wordless = [hit for hit in found if hit.lexical is None]
    assert wordless
    assert all(hit.lexical_rank is None and not hit.matched for hit in wordless)


def test_a_question_is_answered_the_same_twice(index: Index) -> None:
    assert hits(index, "ships and ropes in fog", 12) == hits(index, "ships and ropes in fog", 12)


def test_a_smaller_page_is_the_beginning_of_a_larger_one(index: Index) -> None:
    question = "How do ships find a harbour?"
    assert [hit.paper.id for hit in hits(index, question, 3)] == [hit.paper.id for hit in hits(index, question, 12)][:3]


@pytest.fixture(scope="module")
def words() -> LexicalIndex:
    return LexicalIndex.build(
        [
            ("Accuracy of tags", "The accuracy of translation is measured over a long context."),
            ("LongRope", "LongRope reads a long context of grammar books."),
            ("Third", "Another context, another grammar, another accuracy."),
        ]
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("acuracy", "accuracy"),
        ("transaltion", "translation"),
        ("grammer", "grammar"),
        ("longcontext", "context"),
        ("long rope", "longrope"),
    ],
)
def test_a_word_that_no_paper_has_is_looked_for_as_the_papers_write_it(
    words: LexicalIndex, typed: str, meant: str
) -> None:
    assert terms(meant)[0] in words.question_terms(typed)


@pytest.mark.parametrize("typed", ["acuracy", "LongRpoe", "HyperNeedle", "gpt7", "cat"])
def test_what_no_paper_has_stays_unknown_though_it_is_looked_for_otherwise(words: LexicalIndex, typed: str) -> None:
    assert not any(words.knows(term) for term in terms(typed))
    assert words.document_frequency(terms(typed)[0]) == 0


@pytest.mark.parametrize("typed", ["cat", "gpt7", "xyzzyplugh", "zaccuracy"])
def test_a_word_that_is_like_none_finds_nothing(words: LexicalIndex, typed: str) -> None:
    assert words.question_terms(typed) == {}
    assert words.scores(typed).tolist() == [0, 0, 0]


def test_a_right_spelling_counts_more_than_a_wrong_one(words: LexicalIndex) -> None:
    assert words.scores("grammar")[1] > words.scores("grammer")[1] > 0


def test_a_pasted_text_is_searched_in_time(index: Index) -> None:
    assert hits(index, "ships in fog " + " ".join(f"wrod{'abcdefghij'[n % 10]}{n}" for n in range(5_000)))


ODD = {
    "one word of letters": "fogs" * 5_000,
    "one word of a script without spaces": "霧の中の船" * 4_000,
    "one letter": "a" * 60_000,
    "a mark of many letters": "\ufdfa" * 20_000,
    "letters and digits by turns": "A1" * 10_000,
    "two long things compared": f"compare {'ship' * 2_400} and {'rope' * 2_400}",
    "many things compared": "fog vs rope " * 1_600,
    "hyphens": "fog-" * 5_000,
    "ten thousand words": " ".join(f"f{n}g" for n in range(10_000)),
    "misspelt words": " ".join("abcdefghij"[n % 10] * 3 + "fog" * (n % 20) for n in range(64)),
    "no words": "🌫️?!" * 5_000,
    "controls": "fog\x00\x1b[31m\u202e\r" * 2_000,
    "half characters": "fog \udcff\ud800" * 2_000,
    "accents": ("f" + "\u0301" * 50) * 400,
}


@pytest.mark.parametrize("question", ODD.values(), ids=ODD)
def test_no_question_takes_a_second(index: Index, question: str) -> None:
    hits(index, "warm up")
    assert seconds(index, question) < 1


@running(max_examples=15, deadline=None)
@given(
    pieces=st.lists(st.text(max_size=12) | st.sampled_from([" vs ", " and ", "compare ", "-", "^", "HarborNet", "fgo"]),
                    max_size=12),
    times=st.integers(1, 2_000),
    between=st.sampled_from(["", " ", "-", "\n", ": "]),
)  # fmt: skip
def test_whatever_is_typed_is_answered_in_time_and_in_order(
    index: Index, pieces: list[str], times: int, between: str
) -> None:
    question = between.join(pieces * times)[:8_000]
    assert seconds(index, question) < 1
    found = hits(index, question, 12)
    assert [hit.rank for hit in found] == list(range(1, len(found) + 1))
    assert all(1 >= one.score >= other.score >= 0 for one, other in pairwise(found))
    assert bool(found) == bool(question.strip())


def seconds(index: Index, question: str) -> float:
    """What the search itself takes of a processor, however busy the machine is; the model's own threads left out."""
    began = thread_time()
    hits(index, question)
    return thread_time() - began


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of one layer with random weights: it can't rank, but it is read and run like any other."""
    import torch
    from sentence_transformers import CrossEncoder
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder = tmp_path_factory.mktemp("cross-encoder")
    letters = [*"abcdefghijklmnopqrstuvwxyz0123456789.,:%"]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    pieces = BertWordPieceTokenizer(str(folder / "vocab.txt"))
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=128, num_labels=1, initializer_range=1.0,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder / "model")
    BertTokenizerFast(tokenizer_object=pieces._tokenizer).save_pretrained(folder / "model")
    CrossEncoder(str(folder / "model"), device="cpu").save(str(folder / "model"))
    return folder / "model"


def test_a_reranker_decides_the_order_of_the_first_papers_and_only_theirs(index: Index, cross_encoder: Path) -> None:
    from rag_assistant.index.rerank import load_reranker

    question = "How do boats stay safe in bad weather?"
    plain = hits(index, question, 12)
    found = hits(index, question, 12, reranker=str(cross_encoder), rerank=5)
    assert {hit.paper.id for hit in found[:5]} == {hit.paper.id for hit in plain[:5]}
    assert [hit.paper.id for hit in found[5:]] == [hit.paper.id for hit in plain[5:]]
    texts = [f"{hit.paper.title}\n{hit.passage.text}" for hit in found[:5]]
    judged = load_reranker(str(cross_encoder)).scores(question, texts)
    assert judged.tolist() == sorted(judged.tolist(), reverse=True)
    assert judged[0] > judged[4]
    scores = [hit.score for hit in found]
    assert scores == sorted(scores, reverse=True)


def test_a_reranker_that_is_not_there_is_named(index: Index, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(EncoderError, match="empty"):
        hits(index, "ships", reranker=str(tmp_path / "empty"))
