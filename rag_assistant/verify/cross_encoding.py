"""What a cross-encoder makes of a sentence and what it rests on, read together: one more signal beside the others.

It is the bundled MiniLM with the adapter of ``adapter.npz``, written by ``python -m
rag_assistant.evaluate.train_cross_encoder``. It is loaded when a sentence is first checked that is neither copied nor
ruled out by the signals; where it can't be had, the signals judge alone.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from rag_assistant.index.adapter import Packaged
from rag_assistant.index.cross_encoder import is_exported, load_cross_encoder
from rag_assistant.verify.words import STOP_WORDS

if TYPE_CHECKING:
    from rag_assistant.index.cross_encoder import Judgement
    from rag_assistant.verify.coverage import Alignment
    from rag_assistant.verify.reading import Source

_MOST_NAMED = 3  # words at fault that a reason names


def evidence_for(alignment: Alignment, source: Source) -> str:
    """The sentences that have most of what is said, in the order of the passages, and the first passage's title.

    The title comes last: where a pair is too long, it is what is cut off.
    """
    chosen = sorted(alignment.chosen)
    if 0 not in chosen and source.sentences:
        chosen.append(0)
    return " ".join(source.sentences[place].text for place in chosen)


ENCODER = Packaged("rag_assistant.verify", "adapter.npz", load_cross_encoder, is_exported)


def judge(sentence: str, evidence: str) -> Judgement | None:
    """What the cross-encoder makes of a sentence and its evidence; None where there is no cross-encoder."""
    return None if ENCODER.missing() else _judge(sentence, evidence)


@functools.lru_cache(maxsize=1_024)
def _judge(sentence: str, evidence: str) -> Judgement:
    # One answer checks a sentence several times: against all that it cites, and against each alone.
    return ENCODER.loaded().judge(sentence, evidence)


def worst(judgement: Judgement) -> float:
    """The logarithm of the odds that the worst word piece of the sentence is at fault."""
    return max((value for _, _, value in judgement.faults), default=-30.0)


def at_fault(sentence: str, judgement: Judgement) -> tuple[str, ...]:
    """The words of a sentence that are rather at fault than not, neighbours together, the worst first."""
    found: list[tuple[int, int, float]] = []
    for start, end, value in judgement.faults:
        if value <= 0:
            continue
        start, end = _whole_word(sentence, start, end)
        if found and start <= found[-1][1] + 1:
            left, right, most = found.pop()
            start, end, value = left, max(end, right), max(value, most)
        found.append((start, end, value))
    words = [sentence[start:end] for start, end, _ in sorted(found, key=lambda one: -one[2])]
    told = [word for word in words if not all(part in STOP_WORDS for part in word.lower().split())]
    return tuple((told or words)[:_MOST_NAMED])


def _whole_word(sentence: str, start: int, end: int) -> tuple[int, int]:
    while start > 0 and sentence[start - 1].isalnum():
        start -= 1
    while end < len(sentence) and sentence[end].isalnum():
        end += 1
    return start, end
