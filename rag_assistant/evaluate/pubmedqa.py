"""Extractive answers to PubMedQA's questions (Jin and others 2019), over its own thousand abstracts.

::

    python -m rag_assistant.evaluate.pubmedqa ori_pqal.json [--without-conclusion]

Asked are records with an even id, which nothing was fitted on: is the right abstract cited, is the question declined
where that abstract is taken away, and how far do the sentences chosen overlap the authors' conclusion, beside the first
and the last sentence of the abstract. Overlap is ROUGE-L's F-measure over words (Lin 2004); intervals are bootstraps.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rag_assistant.answer import write_extractive
from rag_assistant.errors import SourceError
from rag_assistant.evaluate.intervals import Interval, bootstrap, compare_paired
from rag_assistant.index.build import ingest
from rag_assistant.index.embed import load_encoder
from rag_assistant.index.open import Index
from rag_assistant.records import Paper
from rag_assistant.retrieve import search
from rag_assistant.sentences import sentences
from rag_assistant.settings import load_settings

_WORD = re.compile(r"\w+")


def rouge_l(said: str, reference: str) -> float:
    """ROUGE-L's F-measure, from 0 to 1: the longest common subsequence of words beside both lengths."""
    one, other = _WORD.findall(said.lower()), _WORD.findall(reference.lower())
    if not one or not other:
        return 0.0
    row = [0] * (len(other) + 1)
    for word in one:
        above = 0
        for place, against in enumerate(other, 1):
            above, row[place] = row[place], above + 1 if word == against else max(row[place], row[place - 1])
    return 2 * row[-1] / (len(one) + len(other))


def measure(file: Path, *, conclusion: bool) -> dict[str, Interval]:
    """What is asked for, by name.

    Args:
        file: PubMedQA's ``ori_pqal.json``.
        conclusion: whether the conclusion stands at the end of its abstract, as its authors had it.

    Raises:
        SourceError: the file isn't PubMedQA's labelled set.
    """
    try:
        records = json.loads(file.read_text(encoding="utf-8"))
        parts = {key: [*one["CONTEXTS"], *([one["LONG_ANSWER"]] if conclusion else [])] for key, one in records.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(f"{file}: not PubMedQA's labelled set ({error!r})") from error
    encoder = load_encoder(load_settings().embedding.model)
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="rag-pubmedqa-") as folder:
        settings = load_settings(index_dir=Path(folder) / "index")
        papers = [Paper(key, "", " ".join(texts)) for key, texts in parts.items()]
        ingest(settings.index_dir, settings, lambda: encoder, papers, {})
        index = Index(settings.index_dir, settings, lambda: encoder)
        for key, record in records.items():
            if int(key) % 2 == 0:
                for name, value in _asked(index, key, record, " ".join(parts[key])).items():
                    found.setdefault(name, []).append(value)
        index.close()
    chosen = "ROUGE-L of the answer with the conclusion"
    for name in [name for name in found if name.startswith(("ROUGE-L of the first", "ROUGE-L of the last"))]:
        print(f"{chosen}, less that {name[11:]}: {compare_paired(found[name], found[chosen]).shown()}")  # noqa: T201
    return {name: bootstrap(values) for name, values in found.items()}


def _asked(index: Index, key: str, record: dict[str, str], abstract: str) -> dict[str, float]:
    settings = load_settings()
    question, conclusion = record["QUESTION"], record["LONG_ANSWER"]
    hits = search(index, question, settings.retrieve, settings.retrieve.k + 1)
    draft = write_extractive(question, hits[: settings.retrieve.k], index, settings.answer)
    without = write_extractive(question, [hit for hit in hits if hit.paper.id != key], index, settings.answer)
    own = [quote.text for sentence in draft.sentences for quote in sentence.quotes if quote.paper_id == key]
    split = sentences(abstract)
    best = max(own, key=lambda text: rouge_l(text, conclusion), default="")
    return {
        "the right abstract is cited": float(bool(own)),
        "declined without it": float(without.abstained),
        "ROUGE-L of the answer with the conclusion": rouge_l(" ".join(own), conclusion),
        "ROUGE-L of the answer's best sentence": rouge_l(best, conclusion),
        "ROUGE-L of the first and last sentence": rouge_l(f"{split[0]} {split[-1]}", conclusion),
        "ROUGE-L of the first sentence": rouge_l(split[0], conclusion),
        "ROUGE-L of the last sentence": rouge_l(split[-1], conclusion),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m rag_assistant.evaluate.pubmedqa", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--without-conclusion", action="store_true", help="cut the conclusion off every abstract")
    given = parser.parse_args(arguments)
    for name, interval in measure(given.file, conclusion=not given.without_conclusion).items():
        print(f"{name}: {interval}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
