"""Overlap with a conclusion, and a question asked with its abstract and without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag_assistant.errors import SourceError
from rag_assistant.evaluate.pubmedqa import measure, rouge_l


def test_overlap_is_the_longest_common_subsequence_of_words() -> None:
    assert rouge_l("wet ropes creep", "Wet ropes creep!") == 1
    assert rouge_l("wet ropes creep", "dry sails") == 0
    # "wet creep" of three words and of four.
    assert rouge_l("wet ropes creep", "wet lines always creep") == pytest.approx(2 * 2 / 7)
    assert rouge_l("creep wet", "wet creep") == pytest.approx(0.5)
    assert rouge_l("", "wet") == 0


def test_an_abstract_is_cited_where_it_is_and_its_question_declined_where_it_is_not(tmp_path: Path) -> None:
    records = {
        "2": {
            "QUESTION": "Do wet mooring ropes creep faster than dry ones?",
            "CONTEXTS": ["We hung forty mooring ropes, wet and dry, for a year.", "Creep was measured every week."],
            "LONG_ANSWER": "Wet mooring ropes creep 1.7 times faster than dry ones.",
        },
        "3": {
            "QUESTION": "Does salt matter?",
            "CONTEXTS": ["Gulls call when boats land.", "We recorded nine colonies of gulls."],
            "LONG_ANSWER": "Gulls call more often at dusk.",
        },
    }
    path = tmp_path / "pqal.json"
    path.write_text(json.dumps(records))
    found = {name: interval.mean for name, interval in measure(path, conclusion=True).items()}
    assert found["the right abstract is cited"] == 1
    assert found["declined without it"] == 1
    assert found["ROUGE-L of the last sentence"] == 1
    assert found["ROUGE-L of the answer's best sentence"] == 1
    path.write_text("[]")
    with pytest.raises(SourceError, match=r"pqal\.json: not PubMedQA's"):
        measure(path, conclusion=True)
