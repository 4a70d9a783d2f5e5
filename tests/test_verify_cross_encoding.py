from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from rag_assistant.errors import EncoderError
from rag_assistant.evaluate.mean_adapter import mean_of
from rag_assistant.index.adapter import Adapter
from rag_assistant.index.cross_encoder import WINDOW, Judgement, PairTokenizer
from rag_assistant.index.embed import model_folder
from rag_assistant.settings import DEFAULT_MODEL
from rag_assistant.verify import cross_encoding
from rag_assistant.verify.coverage import align
from rag_assistant.verify.reading import read_sentence, read_source
from tests.papers import PASSAGE


def judged(sentence: str) -> Judgement:
    source = read_source((PASSAGE,))
    evidence = cross_encoding.evidence_for(align(read_sentence(sentence), source), source)
    judgement = cross_encoding.judge(sentence, evidence)
    assert judgement is not None, cross_encoding.ENCODER.missing()
    return judgement


@pytest.fixture(scope="module")
def tokenizer() -> PairTokenizer:
    folder = model_folder(DEFAULT_MODEL)
    assert folder is not None
    return PairTokenizer(folder)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("TideNet reads gauge data of 90 days.", "TideNet reads satellite images of 90 days."),
        ("TideNet outperforms HydroFormer.", "TideNet does not outperform HydroFormer."),
        ("TideNet has 12 million parameters.", "Owls hunt mice at night."),
    ],
)
def test_what_the_passage_says_is_put_above_what_it_does_not(right: str, wrong: str) -> None:
    assert judged(right).logit > judged(wrong).logit


def test_a_judgement_is_the_same_each_time_and_tells_of_each_word_piece_where_it_stands() -> None:
    sentence = "TideNet reads 90 days of gauge data with a genetic algorithm."
    one = judged(sentence)
    cross_encoding._judge.cache_clear()
    assert judged(sentence) == one
    assert [sentence[start:end] for start, end, _ in one.faults][-2:] == ["algorithm", "."]


def test_words_at_fault_are_whole_neighbours_together_and_the_worst_first() -> None:
    sentence = "TideNet reads tomograms of the sea floor."
    faults = ((0, 4, -2.0), (4, 7, -2.0), (8, 13, -3.0), (14, 18, 0.5), (18, 23, 0.2), (24, 26, -1.0), (31, 34, 1.5))
    assert cross_encoding.at_fault(sentence, Judgement(0.0, faults)) == ("sea", "tomograms")


def test_the_evidence_is_the_best_sentences_in_order_and_then_the_title() -> None:
    source = read_source((PASSAGE,))
    alignment = align(read_sentence("The encoder stays frozen, and results on rivers are limited."), source)
    evidence = cross_encoding.evidence_for(alignment, source)
    assert evidence.startswith("It does not need labelled storms")
    assert "Results on rivers" in evidence
    assert evidence.endswith("small models")


def test_a_pair_is_cut_to_the_window_at_its_end(tokenizer: PairTokenizer) -> None:
    ids, said, spans = tokenizer.pair("Tides rise.", "the sea " * 500)
    assert len(ids) == WINDOW
    assert said == len(spans) == 3
    ids, said, _ = tokenizer.pair("the sea " * 500, "Tides rise.")
    assert len(ids) <= WINDOW
    assert said < len(ids) - 3, "the evidence must keep its place"


@pytest.mark.parametrize("sentence", ["", "\ud83d", "\u200f\u0301"])
def test_a_sentence_without_word_pieces_is_left_undecided(sentence: str) -> None:
    judgement = cross_encoding.judge(sentence, "Tides rise.")
    assert judgement is not None
    assert np.isfinite(judgement.logit)


def test_an_adapter_is_read_as_it_was_written_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    parts: dict[str, npt.NDArray[Any]] = {
        "layer.A": np.ones((2, 3), dtype=np.float16),
        "word.bias": np.zeros(1, dtype=np.float32),
    }
    Adapter(parts, "python -m it").save(tmp_path / "adapter.npz")
    packed = (tmp_path / "adapter.npz").read_bytes()
    read = Adapter.load(packed)
    assert read.made_by == "python -m it"
    assert {name: part.tolist() for name, part in read.parts.items()} == {
        "layer.A": [[1, 1, 1], [1, 1, 1]],
        "word.bias": [0],
    }
    with pytest.raises(EncoderError, match="damaged"):
        Adapter.load(packed[:100])


def test_the_shipped_adapter_is_small_and_says_what_made_it() -> None:
    packed = cross_encoding.ENCODER.packed()
    assert len(packed) < 3_000_000
    assert Adapter.load(packed).made_by.startswith("python -m rag_assistant.evaluate.train_cross_encoder ")


def test_without_the_cross_encoder_the_signals_judge_alone_and_doctor_says_so(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder can be made in here")
    code = (
        "from rag_assistant.verify import check; from rag_assistant.verify.cross_encoding import ENCODER;"
        "from rag_assistant.cli.doctor import _verifier;"
        f"passage = {PASSAGE!r};"
        "print(check('TideNet has 21 million parameters.', [passage]).supported,"
        "check('TideNet needs four times less memory than HydroFormer.', [passage]).supported);"
        "print(ENCODER.missing()); print(_verifier().state)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "XDG_CACHE_HOME": str(blocked)},
    )
    verdicts, why, state = done.stdout.splitlines()
    assert verdicts == "False True"
    assert "can't be written" in why
    assert state == "note"


def test_a_copied_sentence_is_supported_without_the_cross_encoder() -> None:
    code = (
        "import sys; from rag_assistant.verify import check;"
        f"passage = {PASSAGE!r};"
        "verdict = check('Results on rivers are limited, and the model may overestimate short floods.', [passage]);"
        "print(verdict.supported, 'onnxruntime' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True False False"


def test_the_mean_of_adapters_is_weight_by_weight_and_only_of_one_shape() -> None:
    def adapter(value: float, *names: str) -> Adapter:
        return Adapter({name: np.full((2, 2), value, np.float16) for name in names}, f"made of {value}")

    mean = mean_of([adapter(1, "a", "b"), adapter(4, "a", "b")])
    assert mean.parts["a"].tolist() == [[2.5, 2.5], [2.5, 2.5]]
    assert mean.parts["b"].dtype == np.float16
    assert mean.made_by.startswith("made of 4; ")
    with pytest.raises(ValueError, match="one shape"):
        mean_of([adapter(1, "a"), adapter(1, "b")])
