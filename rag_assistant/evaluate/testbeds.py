"""Public claims and questions with their evidence made into retrieval collections, to see how search does elsewhere.

Each bed asks for the text that speaks of a claim or question among all texts of its set. They are written in the BEIR
layout, for ``rag-assistant eval retrieval --beir``::

    python -m rag_assistant.evaluate.testbeds DATA OUT

``DATA`` holds ``healthver/dev.jsonl`` (Sarrouti et al. 2021), ``wice/oracle_chunks_claim_dev.jsonl`` (Kamoi et al.
2023) and ``pubmedqa/ori_pqal.json`` (Jin et al. 2019), as their authors publish them, and ``npl/`` in the BEIR layout,
whose queries are written as two halves too: one to choose settings by, one to report.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rag_assistant.errors import RagAssistantError, SourceError, SourceNotFoundError
from rag_assistant.evaluate.beir import Collection, load_beir
from rag_assistant.records import Paper

_SEED = 7


def healthver_claims(data: Path) -> Collection:
    """Claims about COVID-19, and the excerpts of papers that support or refute them, each without its title."""
    rows = _rows(data / "healthver" / "dev.jsonl", "claim", "evidence", "label")
    return _collection("healthver-claims", [(claim, text, int(label != "Neutral")) for claim, text, label in rows])


def healthver_questions(data: Path) -> Collection:
    """The questions that the same claims answer: an excerpt that was judged beside such a claim belongs to it."""
    rows = _rows(data / "healthver" / "dev.jsonl", "question", "evidence")
    return _collection("healthver-questions", [(question, text, 1) for question, text in rows])


def wice(data: Path) -> Collection:
    """Sentences of an encyclopedia, and the parts of web pages that bear them out, wholly or partly."""
    rows = _rows(data / "wice" / "oracle_chunks_claim_dev.jsonl", "claim", "evidence", "label")
    return _collection(
        "wice", [(claim, " ".join(sentences), int(label != "not_supported")) for claim, sentences, label in rows]
    )


def pubmedqa(data: Path) -> Collection:
    """Questions that are titles of papers, and those papers' abstracts without title and conclusion."""
    path = data / "pubmedqa" / "ori_pqal.json"
    if not path.is_file():
        raise SourceNotFoundError(f"{path}: no such file")
    try:
        cases = json.loads(path.read_text(encoding="utf-8"))
        return _collection("pubmedqa", [(case["QUESTION"], " ".join(case["CONTEXTS"]), 1) for case in cases.values()])
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise SourceError(f"{path}: not PubMedQA's labelled set ({error!r})") from error


BEDS: Sequence[Callable[[Path], Collection]] = (healthver_claims, healthver_questions, wice, pubmedqa)


def write_beir(collection: Collection, folder: Path, splits: Mapping[str, Iterable[str]]) -> None:
    """Writes a collection as a BEIR folder.

    Args:
        collection: what to write.
        folder: made where it isn't there; files of the same names are replaced.
        splits: ids of questions by name of the split.
    """
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    _write(
        folder / "corpus.jsonl",
        (
            json.dumps({"_id": paper.id, "title": paper.title, "text": paper.abstract}, ensure_ascii=False)
            for paper in collection.papers
        ),
    )
    _write(
        folder / "queries.jsonl",
        (json.dumps({"_id": id_, "text": text}, ensure_ascii=False) for id_, text in collection.questions.items()),
    )
    for split, ids in splits.items():
        judged = [f"{id_}\t{paper}\t{grade}" for id_ in ids for paper, grade in collection.judgements[id_].items()]
        _write(folder / "qrels" / f"{split}.tsv", ["query-id\tcorpus-id\tscore", *judged])


def halves(questions: Iterable[str]) -> dict[str, list[str]]:
    """Question ids in two random halves, always the same: ``a`` to choose by, ``b`` to report."""
    ids = sorted(questions)
    random.Random(_SEED).shuffle(ids)  # noqa: S311 - no secret depends on it
    middle = len(ids) // 2
    return {"a": sorted(ids[:middle]), "b": sorted(ids[middle:])}


def _collection(name: str, judged: Sequence[tuple[str, str, int]]) -> Collection:
    """A collection of (question, text, grade); texts and questions that occur twice are one."""
    papers: dict[str, Paper] = {}
    questions: dict[str, str] = {}
    judgements: dict[str, dict[str, int]] = {}
    for question, text, grade in judged:
        asked, read = _id(question), _id(text)
        papers.setdefault(read, Paper(read, "", text.strip()))
        questions.setdefault(asked, " ".join(question.split()))
        grades = judgements.setdefault(asked, {})
        grades[read] = max(grade, grades.get(read, 0))
    kept = {id_: text for id_, text in questions.items() if any(judgements[id_].values())}
    return Collection(name, tuple(papers.values()), kept, {id_: judgements[id_] for id_ in kept})


def _id(text: str) -> str:
    return hashlib.sha256(" ".join(text.split()).encode("utf-8")).hexdigest()[:12]


def _rows(path: Path, *fields: str) -> list[list[Any]]:
    """Some fields of every line, in the order asked for."""
    if not path.is_file():
        raise SourceNotFoundError(f"{path}: no such file")
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            rows.append([row[field] for field in fields])
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(f"{path}:{number}: not a line with {', '.join(fields)} ({error!r})") from error
    return rows


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes every bed."""
    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.testbeds", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with the sets as published")
    parser.add_argument("out", type=Path, help="where the beds go, a folder each")
    given = parser.parse_args(arguments)
    try:
        for bed in BEDS:
            collection = bed(given.data)
            write_beir(collection, given.out / collection.name, {"test": collection.questions})
            print(f"{collection.name}: {len(collection.questions)} questions, {len(collection.papers)} texts")  # noqa: T201
        npl = load_beir(given.data / "npl")
        write_beir(npl, given.out / "npl", {"test": npl.questions, **halves(npl.questions)})
        print(f"npl: {len(npl.questions)} questions, {len(npl.papers)} texts, halves a and b")  # noqa: T201
    except RagAssistantError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
