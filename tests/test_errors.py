from __future__ import annotations

import inspect
import re

from rag_assistant import errors


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    drawn = re.findall(r"^[ │├└─]*([A-Z]\w+)\s", errors.__doc__ or "", re.MULTILINE)
    drawn = [name for name in drawn if hasattr(errors, name)]
    classes = {
        name for name, value in vars(errors).items() if inspect.isclass(value) and value.__module__ == errors.__name__
    }
    assert set(drawn) == classes == set(errors.__all__)


def test_every_error_is_of_the_root_and_has_an_exit_code() -> None:
    codes = {name: getattr(errors, name).exit_code for name in errors.__all__}
    assert all(issubclass(getattr(errors, name), errors.RagAssistantError) for name in errors.__all__)
    assert (codes["IndexNotFoundError"], codes["LLMUnavailableError"], codes["QuestionError"]) == (3, 4, 2)
    assert set(codes.values()) == {1, 2, 3, 4}
