"""Every error that the package raises on purpose.

Each has a one-line message that names what is wrong and what to do, and the exit code of the command line::

    RagAssistantError                  1   anything below
    ├── UsageError                     2   what was asked can't be done as asked
    │   ├── QuestionError                  a blank question, or one past the length limit
    │   ├── FilterError                    a filter that names no field or has no value
    │   └── SettingsError                  a setting of the wrong kind, or a settings file that can't be read
    ├── CorpusError                    1   itself: the temporary folder is full
    │   ├── SourceNotFoundError            a path that isn't there, or that no paper was read from
    │   ├── SourceError                    a file that can't be read or holds no papers
    │   └── PaperNotFoundError             an id that the collection lacks
    ├── IndexStoreError                1
    │   ├── IndexNotFoundError         3   no index in the directory yet
    │   ├── IndexMismatchError             made by another model, chunker or version
    │   ├── IndexDamagedError              files missing, truncated or inconsistent
    │   ├── IndexLockedError               another process is writing it
    │   └── IndexWriteError                no space, or a read-only directory
    ├── EncoderError                   1   an embedding model that can't be loaded, or isn't the one it says it is
    ├── WebError                       1   a page that can't be served, or a kept conversation that can't be read
    ├── PromptError                    1   a prompt file that is missing or has a wrong placeholder
    ├── DataFileError                  1   a file that comes with the package is missing
    └── LLMError                       4   an LLM was asked for and is not to be had
        ├── LLMUnavailableError            nothing answers at the address
        ├── LLMModelError                  the server has no such model
        ├── LLMTimeoutError                a deadline passed
        └── LLMResponseError               the server answered with an error, or with something that isn't the protocol
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "CorpusError",
    "DataFileError",
    "EncoderError",
    "FilterError",
    "IndexDamagedError",
    "IndexLockedError",
    "IndexMismatchError",
    "IndexNotFoundError",
    "IndexStoreError",
    "IndexWriteError",
    "LLMError",
    "LLMModelError",
    "LLMResponseError",
    "LLMTimeoutError",
    "LLMUnavailableError",
    "PaperNotFoundError",
    "PromptError",
    "QuestionError",
    "RagAssistantError",
    "SettingsError",
    "SourceError",
    "SourceNotFoundError",
    "UsageError",
    "WebError",
]


class RagAssistantError(Exception):
    """The root of the tree: catch it to catch whatever the package raises on purpose."""

    exit_code: ClassVar[int] = 1


class UsageError(RagAssistantError):
    """What was asked can't be done as asked."""

    exit_code = 2


class QuestionError(UsageError):
    """A blank question, or one past the length limit."""


class FilterError(UsageError):
    """A filter that names no known field, or has no value."""


class SettingsError(UsageError):
    """A setting of the wrong kind, or a settings file that can't be read."""


class CorpusError(RagAssistantError):
    """Something about the files or the papers in them."""


class SourceNotFoundError(CorpusError):
    """A path that isn't there, or that no paper was read from."""


class SourceError(CorpusError):
    """A file that can't be read, or that holds no papers."""


class PaperNotFoundError(CorpusError):
    """A paper id that the collection lacks."""


class IndexStoreError(RagAssistantError):
    """Something about the index on disk."""


class IndexNotFoundError(IndexStoreError):
    """There is no index in the directory yet."""

    exit_code = 3


class IndexMismatchError(IndexStoreError):
    """The index was made by another model, chunker or version than the settings ask for."""


class IndexDamagedError(IndexStoreError):
    """Files of the index are missing, truncated or don't fit together."""


class IndexLockedError(IndexStoreError):
    """Another process is writing the index."""


class IndexWriteError(IndexStoreError):
    """The index can't be written: no space left, or a read-only directory."""


class EncoderError(RagAssistantError):
    """An embedding model that can't be loaded, or whose weights aren't the ones it says."""


class PromptError(RagAssistantError):
    """A prompt file that is missing, or that lacks a placeholder or has an unknown one."""


class DataFileError(RagAssistantError):
    """A file that comes with the package is missing."""


class WebError(RagAssistantError):
    """The chat page can't be served (a port in use), or a conversation that a browser kept can't be read."""


class LLMError(RagAssistantError):
    """An LLM was asked for and is not to be had."""

    exit_code = 4


class LLMUnavailableError(LLMError):
    """Nothing answers at the LLM server's address."""


class LLMModelError(LLMError):
    """The LLM server has no such model, or no model at all."""


class LLMTimeoutError(LLMError):
    """A deadline passed: connecting, the first token, between tokens, or the whole answer."""


class LLMResponseError(LLMError):
    """The LLM server answered with an error, or with something that isn't its protocol."""
