"""Passages as a prompt shows them: numbered, titled, fenced as data, and cut to the model's window.

What an abstract says is data. Whatever in it could be taken for a fence, for a citation marker or for a control token
of a chat template is disarmed before it is sent, and only there: quotes are checked against the abstract itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag_assistant.errors import LLMError
from rag_assistant.records import Hit

# Llama, Qwen and Gemma vocabularies take 4.2 to 5 characters of English a token; 3.5 leaves room for formulas.
CHARS_PER_TOKEN = 3.5
# Fewer tokens than this for so many characters can't be: a prompt counted lower was cut (or its start was cached).
MOST_CHARS_PER_TOKEN = 6.0
# What a chat template adds around the messages.
_TEMPLATE_TOKENS = 64

_FENCES = re.compile(
    r"<(?=\s*/?\s*(?:passages?|think|thinking|thought|reasoning|s|bos|eos|pad|unk|sys|system|user|assistant|start_of_turn|"
    r"end_of_turn|tool_call|tool_response)\b[^<>]{0,80}>)|<(?=<\s*/?\s*SYS\s*>>)|<(?=[|｜])",
    re.IGNORECASE,
)
_INST = re.compile(r"\[(/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS))\]", re.IGNORECASE)
_NUMBERED = re.compile(r"[\[【](\s*\^?\d+(?:\s*[,;–-]\s*\d+)*\s*)[\]】]")


@dataclass(frozen=True, slots=True)
class Fitted:
    """The hits that are sent, the window asked for, the tokens the answer may take, and what was left out."""

    hits: tuple[Hit, ...]
    num_ctx: int
    num_predict: int
    prompt_tokens: int
    prompt_chars: int
    notes: tuple[str, ...] = ()


def disarm(text: str) -> str:
    """Text with anything that could pass for a fence, a control token or a citation marker made harmless."""
    text = _FENCES.sub("‹", text)
    text = _INST.sub(r"(\1)", text)
    return _NUMBERED.sub(lambda match: f"({match[1].strip()})", text)


def show_passages(hits: Sequence[Hit]) -> str:
    """The hits as the prompt shows them, numbered by rank from 1, the best first and the second best last.

    Small models read the two ends of a long prompt best and lose its middle (Liu et al., "Lost in the Middle", 2023).
    """
    numbered = list(enumerate(hits, 1))
    order = numbered[::2] + numbered[1::2][::-1]
    return "\n\n".join(
        f'<passage number="{number}" title="{_line(hit.paper.title).replace(chr(34), chr(39))}">\n'
        f"{_line(hit.passage.text)}\n</passage>"
        for number, hit in order
    )


def show_texts(texts: Sequence[str]) -> str:
    """Bare texts as a prompt shows them, numbered from 1 in their order."""
    return "\n\n".join(
        f'<passage number="{number}">\n{_line(text)}\n</passage>' for number, text in enumerate(texts, 1)
    )


def count_tokens(text: str) -> int:
    """About how many tokens a text takes, rather too many than too few; outside ASCII a character is taken for one."""
    plain = sum(character.isascii() for character in text)
    return int(plain / CHARS_PER_TOKEN) + (len(text) - plain) + 1


def fit(
    hits: Sequence[Hit], render: Callable[[Sequence[Hit]], str], *, window: int, num_ctx: int, max_tokens: int
) -> Fitted:
    """As many of the hits, from the first on, as the window holds beside the prompt and the answer.

    Args:
        hits: best first.
        render: the whole prompt's text around some of the hits.
        window: the model's own window in tokens.
        num_ctx: the window asked for; no more than the model's is taken.
        max_tokens: what the answer may take; at most half of the window is kept for it.

    Raises:
        LLMError: not even one passage fits.
    """
    size = min(window, num_ctx)
    predict = min(max_tokens, size // 2)
    room = size - predict - _TEMPLATE_TOKENS
    for count in range(len(hits), 0, -1):
        kept = tuple(hits[:count])
        text = render(kept)
        tokens = count_tokens(text)
        if tokens <= room:
            left = len(hits) - count
            notes = (
                ()
                if not left
                else (
                    f"{left} of {len(hits)} passages did not fit into the window of {size} tokens and were left out"
                    + ("; raise llm.num_ctx" if size < window else ""),
                )
            )
            return Fitted(kept, size, predict, tokens, len(text), notes)
    raise LLMError(
        f"the question and one passage take more than the {room} tokens that a window of {size} leaves for them; "
        + ("raise llm.num_ctx or ask a shorter question" if size < window else "ask a shorter question")
    )


def was_cut(fitted: Fitted, counted: int | None) -> bool:
    """Whether the server counted fewer tokens in the prompt than such a text can have."""
    return counted is not None and 0 < counted < int(fitted.prompt_chars / MOST_CHARS_PER_TOKEN)


def _line(text: str) -> str:
    return " ".join(disarm(text).split())
