"""BM25's arrays, held against bm25s, and against themselves made in steps."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from rag_assistant.index.lexical import LexicalIndex, paper_terms
from rag_assistant.index.postings import K1, B, Postings, TermLists
from tests.papers import make_papers

TERMS = [paper_terms(paper.title, paper.abstract) for paper in make_papers()]


def same(one: Postings, other: Postings) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("pointers", "indices", "data", "paper_pointers", "paper_terms", "paper_data")
    )


def test_scores_are_those_of_bm25s() -> None:
    import bm25s

    theirs = bm25s.BM25(k1=K1, b=B, method="lucene")
    theirs.index(TERMS, show_progress=False)
    lists = TermLists.make(TERMS)
    ours = LexicalIndex(lists.vocabulary, Postings.make(lists))
    assert len(lists.vocabulary) > 100
    for term in lists.vocabulary:
        assert ours.weighted_scores({term: 1.0}) == pytest.approx(theirs.get_scores([term]), abs=1e-5)


def test_by_paper_is_the_same_as_by_term() -> None:
    postings = Postings.make(TermLists.make(TERMS))
    by_term = {
        (term, int(paper)): float(weight)
        for term in range(len(postings.pointers) - 1)
        for paper, weight in zip(
            postings.indices[postings.pointers[term] : postings.pointers[term + 1]],
            postings.data[postings.pointers[term] : postings.pointers[term + 1]],
            strict=True,
        )
    }
    by_paper = {
        (int(term), paper): float(weight)
        for paper in range(len(TERMS))
        for term, weight in zip(
            postings.paper_terms[postings.paper_pointers[paper] : postings.paper_pointers[paper + 1]],
            postings.paper_data[postings.paper_pointers[paper] : postings.paper_pointers[paper + 1]],
            strict=True,
        )
    }
    assert by_term == by_paper


def test_lists_made_in_steps_are_the_lists_made_at_once() -> None:
    random.seed(3)
    before = TermLists.make(TERMS[:4])
    for _ in range(20):
        papers = random.sample(range(len(TERMS)), k=random.randint(0, len(TERMS)))
        in_steps = TermLists.make([paper if paper < 4 else TERMS[paper] for paper in papers], before)
        at_once = TermLists.make([TERMS[paper] for paper in papers])
        assert in_steps.vocabulary == at_once.vocabulary
        assert np.array_equal(in_steps.numbers, at_once.numbers)
        assert np.array_equal(in_steps.pointers, at_once.pointers)
        assert same(Postings.make(in_steps), Postings.make(at_once))


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    lists = TermLists.make(TERMS)
    lists.save(tmp_path)
    Postings.make(lists).save(tmp_path)
    assert TermLists.load(tmp_path).vocabulary == lists.vocabulary
    assert same(Postings.load(tmp_path), Postings.make(lists))


def test_no_papers_score_nothing() -> None:
    index = LexicalIndex.build([])
    assert index.size == 0
    assert index.scores("ships in fog").shape == (0,)
