"""Supported sentences made unsupported by an exchange: words that change places, or give way to another paper's.

As in :mod:`corruptions`, each function takes a sentence and gives a changed one, or None where nothing fits.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from rag_assistant.verify.names import names_of
from rag_assistant.verify.words import is_common, rarity, stem, words_of

# What stands on either side of these may change places, and means something else then.
_BETWEEN = re.compile(
    r"(?<![\w-])(?P<left>[A-Za-z][\w-]{3,}) "
    r"(?P<joint>instead of|rather than|into|than|over|from|without|on|outside|before|after|via|by) "
    r"(?P<article>the |a |an )?(?P<right>[A-Za-z][\w-]{3,})(?![\w-])"
)
_VERBS_BETWEEN = re.compile(
    r"^(?P<left>(?:The |An? )?[\w-]+(?: [\w-]+){0,3}?) "
    r"(?P<verb>(?:outperform|surpass|beat|exceed|improve|guide|train|produce|generate|replace|limit|precede|follow|"
    r"depend|build|rel|feed|teach|judge|evaluate|use|combine|extend|inherit|contain|include|drive|cause|reduce|"
    r"need|require|help|inform|supervise|correct|control|select|encode|match|trail|complement)"
    r"(?:s|es|ies|d|ed)(?: on| upon| from| by| into)?) "
    r"(?P<right>(?:the |an? )?[\w-]+(?: [\w-]+){0,2}?)(?P<rest>[.,;]| (?:and|for|by|with|on|in|to|while|at|when) .*)",
)
_PHRASE = re.compile(
    r"\b(?:using|with|on|via|through|by|for|over|across|from|in|under|within|after|during|based on|trained on|"
    r"inspired by|along with|together with|including) "
    r"(?:[\w-]+ ){1,6}?[\w-]+(?=[,.;:]| (?:and|which|that|to|by|for|with|on|in|while|as)\b)"
)
_ENDINGS = ("tion", "ing", "ed", "ity", "ment", "ness", "ers", "er", "ly", "al", "ive", "ic", "s", "")
_RARE = 0.35


def swap_around(sentence: str, chance: random.Random) -> str | None:
    """Lets what stands on both sides of a preposition or a verb change places: "A is trained on B", "A teaches B"."""
    ways = []
    for match in _BETWEEN.finditer(sentence):
        left, right = match["left"], match["right"]
        if stem(left.lower()) == stem(right.lower()) or is_stop(left) or is_stop(right):
            continue
        moved = f"{_cased_as(right, left)} {match['joint']} {match['article'] or ''}{_cased_as(left, right)}"
        ways.append(sentence[: match.start()] + moved + sentence[match.end() :])
    clause = _VERBS_BETWEEN.match(sentence)
    if clause is not None and clause["left"].lower() not in ("it", "this", "we", "they", "that", "these"):
        left = clause["left"] if names_of(clause["left"]) else clause["left"][:1].lower() + clause["left"][1:]
        right = clause["right"][:1].upper() + clause["right"][1:]
        ways.append(f"{right} {clause['verb']} {left}{clause['rest']}")
    return chance.choice(ways) if ways else None


def swap_term(sentence: str, chance: random.Random, strange: Sequence[str], passage: str) -> str | None:
    """Puts another paper's word, of the same ending and about as rare, in the place of one.

    Args:
        sentence: what is changed.
        chance: all chance comes from it.
        strange: words of other papers, in lower case.
        passage: what the new word must not stand in.
    """
    found = [
        word
        for word in words_of(sentence)
        if word.is_content and rarity(word) >= _RARE and word.text.islower() and len(word.text) > 3
    ]
    if not found or not strange:
        return None
    word = chance.choice(found)
    ending = next(one for one in _ENDINGS if word.lower.endswith(one))
    stems = {one.stem for one in words_of(passage)}
    drawn = chance.sample(list(strange), min(len(strange), 200))
    fitting = [one for one in drawn if one.endswith(ending) and stem(one) not in stems]
    if not fitting:
        return None
    return sentence[: word.start] + fitting[0] + sentence[word.end :]


def strange_words(texts: Sequence[str]) -> list[str]:
    """The lower-case words of texts that tell something and are ordinary enough to fit elsewhere."""
    found = {
        word.lower
        for text in texts
        for word in words_of(text)
        if word.is_content
        and word.text.islower()
        and word.text.isalpha()
        and len(word.text) > 3
        and rarity(word) >= _RARE
        and is_common(word.lower)
    }
    return sorted(found)


def phrases_of(sentence: str) -> list[str]:
    """The phrases of a sentence that could be hung onto another one: "via a shared codebook", "on court records"."""
    return [
        match.group()
        for match in _PHRASE.finditer(sentence)
        if any(word.is_content and rarity(word) >= _RARE for word in words_of(match.group()))
    ]


def hang_phrase(sentence: str, chance: random.Random, phrases: Sequence[str], passage: str) -> str | None:
    """Hangs a phrase onto a sentence, or puts it in the place of one of its own.

    Args:
        sentence: what is changed.
        chance: all chance comes from it.
        phrases: of other papers (:func:`phrases_of`).
        passage: of the phrase something must not stand in it.
    """
    stems = {word.stem for word in words_of(passage)}
    for phrase in chance.sample(list(phrases), min(len(phrases), 12)):
        if not any(word.is_content and word.stem not in stems and rarity(word) >= _RARE for word in words_of(phrase)):
            continue
        own = list(_PHRASE.finditer(sentence))
        if own and chance.random() < 0.35:
            match = chance.choice(own)
            return sentence[: match.start()] + phrase + sentence[match.end() :]
        if own and chance.random() < 0.5:
            match = chance.choice(own)
            return f"{sentence[: match.end()]} {phrase}{sentence[match.end() :]}"
        return f"{sentence.rstrip().rstrip('.')} {phrase}."
    return None


def drop_phrase(sentence: str, chance: random.Random) -> str | None:
    """Leaves a phrase out; what remains is as true as before."""
    own = [
        match
        for match in _PHRASE.finditer(sentence)
        if match.start() > len(sentence) // 3 and sentence[match.end() :][:1] in (".", ",", ";")
    ]
    if not own:
        return None
    match = chance.choice(own)
    short = sentence[: match.start()].rstrip() + sentence[match.end() :]
    return short if len(short.split()) >= 6 else None


def is_stop(word: str) -> bool:
    """Whether a word carries no meaning of its own."""
    found = words_of(word)
    return not found or not found[0].is_content


def _cased_as(word: str, other: str) -> str:
    if other[:1].isupper() and other[1:].islower() and word.islower():
        return word.capitalize()
    return word.lower() if other.islower() and word.istitle() else word
