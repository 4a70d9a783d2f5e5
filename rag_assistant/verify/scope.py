"""Words that claim more than a passage says: all, every, first, only, always, proves; and hedges that were dropped."""

from __future__ import annotations

import re

# Groups of words that claim the same reach: a passage that has one of a group bears the others out.
_GROUPS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "all": r"\b(?:all|every|each|(?<!-)any(?!-)|everything|everyone|everywhere|entire(?:ly)?|whole|"
        r"across the board|universal(?:ly)?|"
        r"without exception|regardless|irrespective|no matter|invariably)\b",
        "always": r"\b(?:always|invariably|in all cases|every time|at all times|consistently|never fails?|"
        r"without fail|whenever|inevitabl[ey])\b",
        "never": r"\b(?:never|under no circumstances|in no case|not once)\b",
        "first": r"\b(?:(?:the|a|very) first(?:[- ]ever)?|first (?:to|of its kind|ever)|pioneer(?:s|ing|ed)?|"
        r"for the first time|unprecedented|no (?:prior|previous|other|earlier) (?:work|method|model|system|study|"
        r"dataset|benchmark)s?)\b",
        "only": r"\b(?:the only|only (?:way|method|model|one|system|approach|dataset|benchmark)|sole(?:ly)?|"
        r"exclusive(?:ly)?|unique(?:ly)?|nothing (?:else|but)|no other)\b",
        "prove": r"\b(?:pro(?:ve[sd]?|ven|of|ving)|guarantee[sd]?|definitive(?:ly)?|conclusive(?:ly)?|"
        r"beyond (?:any )?doubt|certain(?:ly|ty)|undeniabl[ey]|"
        r"ensures?|establishe[sd] that|theorem|irrefutabl[ey]|unquestionabl[ey]|settles)\b",
        "best": r"\b(?:best|state[- ]of[- ]the[- ]art|sota|unmatched|unrivall?ed|unbeatable|optimal(?:ly)?|"
        r"ideal(?:ly)?|superior|unsurpassed|"
        r"outperform\w* (?:all|every|any)|most \w+ (?:ever|known|possible|available))\b",
        "whole": r"\b(?:complete(?:ly)?|full(?:y)?|entire(?:ly)?|total(?:ly)?|perfect(?:ly|ion)?|flawless(?:ly)?|"
        r"absolute(?:ly)?|100\s?\\?%|wholly|"
        r"altogether|error[- ]free|eradicat\w+|solve[sd]? (?:the|once)|once and for all|no longer|at all)\b",
        "eliminate": r"\b(?:eliminat\w+|eradicat\w+|remov(?:es?|ed|ing) (?:all|every|any|the need)|gets? rid of)\b",
        "none": r"\b(?:none of|no \w+ (?:at all|whatsoever|can|could|ever|exists?)|impossible|useless|obsolete|"
        r"unnecessary|worthless|meaningless)\b",
        "human": r"\b(?:human[- ]level|superhuman|better than (?:humans?|people|experts|doctors)|"
        r"surpass\w* humans?|replaces? (?:humans?|doctors|experts|people))\b",
        "far": r"\b(?:dramatic(?:ally)?|vast(?:ly)?|massive(?:ly)?|huge(?:ly)?|enormous(?:ly)?|revolution\w*|"
        r"radical(?:ly)?|by far|overwhelming(?:ly)?|"
        r"far (?:better|more|superior)|drastic(?:ally)?|tremendous(?:ly)?)\b",
        "cause": r"\b(?:cause[sd]?|causing|leads? to|results? in|because of|due to|responsible for|cures?)\b",
    }.items()
}
_NEAR = {"all": ("always",), "always": ("all",), "whole": ("all",), "first": ("best",), "only": ("first",),
         "best": ("first",), "far": ("best",)}  # fmt: skip
_HEDGE = re.compile(
    r"\b(?:may|might|could|can|suggest(?:s|ed|ing)?|potential(?:ly)?|possibl[ey]|likely|seems?|appears?|"
    r"indicat\w+|often|some(?:times)?|many|"
    r"most(?:ly)?|several|typically|usually|generally|partial(?:ly)?|in part|preliminary|up to|tend(?:s|ed)? to|"
    r"almost|nearly|about|"
    r"certain|limited|promising|hypothesi\w+|believe[sd]?|aims? to|towards?|on average|competitive|comparable)\b",
    re.IGNORECASE,
)
_STRONG_QUANTIFIER = re.compile(
    r"\b(?:all|every|each|any|always|never|entire(?:ly)?|complete(?:ly)?|fully|no)\b", re.IGNORECASE
)
_WEAK_QUANTIFIER = re.compile(
    r"\b(?:most|many|some|several|often|usually|typically|up to|nearly|almost|partly|partially|a few|majority|"
    r"\d+ (?:out )?of)\b",
    re.IGNORECASE,
)
_NAMED_GROUPS = ("all", "always", "never", "first", "only", "prove", "best", "whole", "none", "human", "eliminate")


def scope_words(text: str) -> dict[str, str]:
    """The groups of reach that a text claims, each with the words that claim it."""
    return {group: found.group() for group, pattern in _GROUPS.items() if (found := pattern.search(text))}


def beyond(said: str, near: str, anywhere: str) -> tuple[float, float, list[str]]:
    """How far a sentence claims more than its sources.

    Args:
        said: the sentence.
        near: the sentences that bear it out best.
        anywhere: the passages in full.

    Returns:
        How many groups of reach the passages lack altogether, how many only the best sentences lack, and the words
        that claim them.
    """
    has_near, has_anywhere = scope_words(near), scope_words(anywhere)
    absent = elsewhere = 0.0
    words: list[str] = []
    for group, word in scope_words(said).items():
        weight = 1.0 if group in _NAMED_GROUPS else 0.5
        if group in has_near or re.search(rf"\b{re.escape(word)}\b", near, re.IGNORECASE):
            continue
        if re.search(rf"\b(?:not|no|never|n't)\s+(?:\w+\s+)?{re.escape(word)}\b", said, re.IGNORECASE):
            continue  # "not the best" claims nothing
        related = any(one in has_near for one in _NEAR.get(group, ()))
        if group in has_anywhere or related:
            elsewhere += weight
        else:
            absent += weight
        if group in _NAMED_GROUPS and not related:
            words.append(word)
    return absent, elsewhere, words


def hedges_dropped(said: str, near: str) -> float:
    """1 where the source hedges or speaks of most or some, and the sentence says all, or flatly (0.5); else 0."""
    if _WEAK_QUANTIFIER.search(near) and _STRONG_QUANTIFIER.search(said) and not _STRONG_QUANTIFIER.search(near):
        return 1.0
    return 0.5 if _HEDGE.search(near) and not _HEDGE.search(said) else 0.0
