from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from rag_assistant.index.chunk import passages_of
from rag_assistant.records import Paper
from rag_assistant.settings import ChunkSettings
from tests.papers import make_papers


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


@given(
    st.lists(st.text(alphabet="ab é\u0301\U0001f600.", max_size=60).map(lambda text: text + " x. "), max_size=20),
    st.integers(16, 60),
    st.integers(0, 4),
)
def test_every_passage_is_its_abstracts_words_and_no_word_is_left_out(
    parts: list[str], size: int, overlap: int
) -> None:
    paper = Paper("p", "A title", "We " + "We ".join(parts))
    settings = ChunkSettings(max_tokens=size, overlap_sentences=overlap)
    passages = passages_of([paper], count_words, settings, window=256)[0]
    covered = set()
    for passage in passages:
        assert paper.abstract[passage.start : passage.end] == passage.text
        assert count_words([passage.text])[0] <= size
        covered |= set(range(passage.start, passage.end))
    assert all(place in covered for place, char in enumerate(paper.abstract) if not char.isspace())


def test_neighbours_share_a_sentence_and_are_of_like_size() -> None:
    paper = Paper("p", "T", " ".join(f"Sentence number {n} has six words." for n in range(12)))
    first, second, *_ = passages_of([paper], count_words, ChunkSettings(max_tokens=40, overlap_sentences=1), 256)[0]
    assert second.start < first.end
    assert abs(len(first.text.split()) - len(second.text.split())) <= 12


def test_the_title_takes_its_share_of_the_window() -> None:
    paper = make_papers()[0]
    long_title = Paper("q", "word " * 200, paper.abstract)
    longer, shorter = passages_of([long_title, paper], count_words, ChunkSettings(), 256)
    assert len(longer) > len(shorter)
