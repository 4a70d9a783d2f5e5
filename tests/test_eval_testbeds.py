from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag_assistant.errors import SourceError
from rag_assistant.evaluate.beir import load_beir
from rag_assistant.evaluate.testbeds import halves, healthver_claims, main


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Sets in the layouts of their authors, with sentences of our own."""
    files: dict[str, list[dict[str, object]]] = {
        "healthver/dev.jsonl": [
            {
                "claim": "Tea cures colds",
                "evidence": "Tea did not shorten colds.",
                "label": "Refutes",
                "question": "tea?",
            },
            {"claim": "Tea  cures colds", "evidence": "Colds last a week.", "label": "Neutral", "question": "tea?"},
            {"claim": "Rain is wet", "evidence": "Colds last a week.", "label": "Neutral", "question": "rain?"},
        ],
        "wice/oracle_chunks_claim_dev.jsonl": [
            {"claim": "The mill burnt down.", "evidence": ["A mill.", "It burnt."], "label": "supported"},
            {"claim": "The mill was red.", "evidence": ["A mill.", "It burnt."], "label": "not_supported"},
        ],
        "npl/corpus.jsonl": [{"_id": str(n), "text": f"text {n}"} for n in range(5)],
        "npl/queries.jsonl": [{"_id": str(n), "text": f"question {n}"} for n in range(5)],
    }
    for name, rows in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "npl" / "qrels").mkdir()
    (tmp_path / "npl" / "qrels" / "test.tsv").write_text("".join(f"{n}\t{n}\t1\n" for n in range(5)))
    (tmp_path / "pubmedqa").mkdir()
    case = {"QUESTION": "Do mills burn?", "CONTEXTS": ["Ten mills.", "Two burnt."]}
    (tmp_path / "pubmedqa" / "ori_pqal.json").write_text(json.dumps({"1": case}))
    return tmp_path


def test_the_beds_are_written_and_read_back(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "beds"
    assert main([str(data), str(out)]) == 0
    claims = load_beir(out / "healthver-claims")
    # A claim with nothing but neutral texts has no answer; a text that is neutral to one is not relevant to it.
    assert list(claims.questions.values()) == ["Tea cures colds"]
    assert sorted(*(grades.values() for grades in claims.judgements.values())) == [0, 1]
    assert {paper.abstract for paper in claims.papers} == {"Tea did not shorten colds.", "Colds last a week."}
    asked = load_beir(out / "healthver-questions")
    assert sorted(len(grades) for grades in asked.judgements.values()) == [1, 2]
    mill = load_beir(out / "wice")
    assert [paper.abstract for paper in mill.papers] == ["A mill. It burnt."]
    assert list(mill.questions.values()) == ["The mill burnt down."]
    assert [paper.abstract for paper in load_beir(out / "pubmedqa").papers] == ["Ten mills. Two burnt."]
    a, b = (set(load_beir(out / "npl", split).questions) for split in ("a", "b"))
    assert (len(a), len(b), len(a & b)) == (2, 3, 0)


def test_halves_are_always_the_same_whatever_the_order() -> None:
    assert halves("abcdefgh") == halves("hgfedcba")


def test_what_is_missing_or_broken_is_named(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data / "healthver" / "dev.jsonl").write_text("\n{")
    with pytest.raises(SourceError, match=r"dev\.jsonl:2"):
        healthver_claims(data)
    (data / "healthver" / "dev.jsonl").unlink()
    assert main([str(data), str(tmp_path / "beds")]) == 1
    assert "dev.jsonl: no such file" in capsys.readouterr().err
    (data / "healthver" / "dev.jsonl").write_text("{}\n")
    with pytest.raises(SourceError, match=r"dev\.jsonl.*label"):
        healthver_claims(data)
