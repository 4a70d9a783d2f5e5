from __future__ import annotations

import random
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag_assistant.sentences import sentences
from rag_assistant.verify import check
from tests.papers import PASSAGE


@pytest.mark.parametrize(
    "sentence",
    [
        "TideNet reads gauge data of 90 days.",
        "TideNet has 12 million parameters.",
        "TideNet beats HydroFormer by 13.7 percent on the Gulf benchmark.",
        "TideNet needs four times less memory than HydroFormer.",
        "No labelled storms are needed by TideNet.",
    ],
)
def test_what_the_passage_says_is_supported(sentence: str) -> None:
    verdict = check(sentence, [PASSAGE])
    assert verdict.supported, verdict


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("TideNet has 21 million parameters.", "figure 21 million isn't in the passage"),
        ("TideNet outperforms HydroFormer by 17.3% on the Gulf benchmark.", "figure 17.3% isn't in the passage"),
        ("StormCast outperforms HydroFormer by 13.7% on the Gulf benchmark.", "StormCast isn't named there"),
        ("HydroFormer outperforms TideNet on the Gulf benchmark.", "the other way round"),
        ("The storms used by TideNet come from Norwegian newspapers.", "newspapers"),
    ],
)
def test_what_it_does_not_say_is_not_and_the_reason_names_it(sentence: str, reason: str) -> None:
    verdict = check(sentence, [PASSAGE])
    assert not verdict.supported, verdict
    assert any(reason in one for one in verdict.reasons), verdict.reasons


def test_evidence_is_the_sentence_that_says_it() -> None:
    verdict = check(
        "TideNet needs a quarter of HydroFormer's memory on the Gulf benchmark.", ["Nothing here.", PASSAGE]
    )
    best = verdict.evidence[0]
    assert best.passage == 1
    assert best.text.startswith("On the Gulf benchmark, TideNet outperforms")
    assert PASSAGE[best.start : best.end] == best.text


@pytest.mark.parametrize("passages", [[], [""], ["   \n "]])
def test_nothing_to_check_against_is_unsupported(passages: list[str]) -> None:
    verdict = check("TideNet is small.", passages)
    assert not verdict.supported
    assert verdict.reasons


def test_a_sentence_without_words_is_unsupported() -> None:
    assert not check("…", [PASSAGE]).supported


_ALPHABET = st.text(
    alphabet=st.one_of(
        st.sampled_from("abAB .,!?-'%$\\\n0123456789"),
        st.sampled_from(
            ["e\u0301", "\u05d0", "\u0661", "\u200f", "\ud83d", "²", "½", "ß", "İ", "ﬁ", "、", "\U0001f600"]
        ).map(lambda s: s[0]),
        st.characters(),
    ),
    max_size=120,
)


@given(_ALPHABET, st.lists(_ALPHABET, max_size=3))
@settings(max_examples=150, deadline=None)
@example("a\u0301 12%", ["\u05d0\u05d1 a\u0301 12%. B", "\ud83d"])
def test_any_text_is_checked_the_same_each_time_and_quotes_are_exact(sentence: str, passages: list[str]) -> None:
    verdict = check(sentence, passages)
    assert verdict == check(sentence, passages)
    assert 0 <= verdict.score <= 1
    for one in verdict.evidence:
        assert passages[one.passage][one.start : one.end] == one.text


@given(st.lists(_ALPHABET, min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_a_copied_sentence_is_always_supported(parts: list[str]) -> None:
    passage = ". ".join(parts)
    for sentence in sentences(passage):
        if any(char.isalnum() for char in sentence):
            assert check(sentence, [passage]).supported


_WORDS = [
    "TideNet",
    "beats",
    "GPT-4",
    "by",
    "13.7%",
    "on",
    "5",
    "tasks",
    "with",
    "2,048",
    "tokens",
    "x²",
    "v1.5",
    "٣٤",
    "in",
    "2023",
    "a",
    "3x",
    "gain",
    "10^6",
]


@given(st.lists(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=9), min_size=1, max_size=4), st.randoms())
@settings(max_examples=200, deadline=None)
def test_a_changed_digit_is_never_supported(lines: list[list[str]], chance: random.Random) -> None:
    passage = " ".join(" ".join(["The", *words]) + "." for words in lines)
    found = sentences(passage)
    sentence = chance.choice(found)
    digits = [place for place, char in enumerate(sentence) if char in "0123456789"]
    if not digits:
        return
    place = chance.choice(digits)
    other = chance.choice([digit for digit in "0123456789" if digit != sentence[place]])
    changed = sentence[:place] + other + sentence[place + 1 :]
    if changed in found:
        return  # the passage says that too
    assert not check(changed, [passage]).supported


def test_importing_the_verifier_loads_no_heavy_library() -> None:
    heavy = "torch", "chromadb", "sentence_transformers", "gradio", "llama_index", "onnxruntime", "sklearn", "scipy"
    code = (
        "import sys; from rag_assistant.verify import check; check('A b 1%.', ['A b 1%. C d.', 'x']);"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
