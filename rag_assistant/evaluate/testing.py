"""Assertions on answers, for tests of a project of your own; see docs/evaluation.md.

Every one raises AssertionError with what the answer said, so that a failing test can be understood from its message.
"""

from __future__ import annotations

from rag_assistant.evaluate.cases import title_key
from rag_assistant.evaluate.metrics import exact_quotes, has_fact
from rag_assistant.records import Answer

__all__ = ["assert_abstains", "assert_answers", "assert_cites", "assert_says", "assert_supported"]


def assert_answers(answer: Answer) -> None:
    """The answer does not abstain."""
    assert not answer.abstained, f"it abstained: {answer.reason}\nquestion: {answer.question}"  # noqa: S101


def assert_abstains(answer: Answer) -> None:
    """The answer abstains, as it should where no paper answers."""
    assert answer.abstained, f"it answered:\n{_told(answer)}"  # noqa: S101


def assert_cites(answer: Answer, *titles: str, only: bool = False) -> None:
    """The answer cites a paper of each title, and every quote is exactly the words of its abstract.

    Args:
        answer: as :meth:`Assistant.ask` gives it.
        titles: whole, or what stands before the colon ("LongRoPE"); case, LaTeX and punctuation are not compared.
        only: that nothing else is cited.
    """
    assert_answers(answer)
    cited = [citation.paper.title for citation in answer.citations]
    for title in titles:
        assert any(_is(title, one) for one in cited), f"it doesn't cite {title!r}:\n{_told(answer)}"  # noqa: S101
    if only:
        others = [one for one in cited if not any(_is(title, one) for title in titles)]
        assert not others, f"it also cites {', '.join(map(repr, others))}:\n{_told(answer)}"  # noqa: S101
    assert exact_quotes(answer) in (None, 1.0), f"a quote is not exact:\n{_told(answer)}"  # noqa: S101


def assert_says(answer: Answer, *facts: str | tuple[str, ...]) -> None:
    """Every fact stands in the answer; of a tuple one alternative is enough. A figure has to be whole."""
    assert_answers(answer)
    for fact in facts:
        alternatives = (fact,) if isinstance(fact, str) else fact
        assert has_fact(answer.text, alternatives), f"it doesn't say {fact!r}:\n{_told(answer)}"  # noqa: S101


def assert_supported(answer: Answer) -> None:
    """Every sentence cites something and is borne out by it, as the verifier sees it."""
    assert_answers(answer)
    for sentence in answer.sentences:
        why = f"{sentence.verdict}: {sentence.text!r} ({'; '.join(sentence.reasons)})"
        assert sentence.citations, f"no citation: {sentence.text!r}"  # noqa: S101
        assert sentence.verdict == "supported", why  # noqa: S101


def _is(wanted: str, title: str) -> bool:
    return title_key(wanted) in (title_key(title), title_key(title.partition(":")[0]))


def _told(answer: Answer) -> str:
    sources = "\n".join(f"  [{citation.number}] {citation.paper.title}" for citation in answer.citations)
    return f"question: {answer.question}\nanswer: {answer.text}\n{sources}"
