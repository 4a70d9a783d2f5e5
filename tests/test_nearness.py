"""A paper may say a word of the question in another word; a name it says or doesn't."""

from __future__ import annotations

from rag_assistant.answer.candidates import WantedWord, nearness_to, read_papers
from rag_assistant.index.lexical import terms
from rag_assistant.meaning import known_places, nearness
from rag_assistant.records import Hit, Paper, Passage

ABSTRACT = "We sort images of harbours with GullNet. It shrinks each image before it is read."


def wanted(typed: str, *, is_name: bool = False) -> WantedWord:
    return WantedWord(typed, tuple(terms(typed)), 1.0, 1.0, known=True, is_name=is_name)


def test_a_word_counts_as_far_as_the_paper_has_one_that_can_stand_for_it() -> None:
    passage = Passage("p:0", "p", ABSTRACT, 0, len(ABSTRACT))
    hit = Hit(passage, Paper("p", "Sorting Harbours", ABSTRACT), 1.0, 1)
    (paper,) = read_papers([hit])
    assert nearness_to(wanted("images"), paper) == 1
    near, far = nearness_to(wanted("pictures"), paper), nearness_to(wanted("taxes"), paper)
    assert 0.5 < near < 1
    assert far < 0.2
    assert nearness_to(wanted("pictures", is_name=True), paper) == 0
    assert nearness_to(wanted("xqzzt"), paper) == 0


def test_words_that_the_table_lacks_have_no_place_and_are_near_to_nothing() -> None:
    assert known_places(["xqzzt"]) == []
    (place,) = known_places(terms("image"))
    assert nearness([place], [place])[0, 0] == 1
