"""Sentences denied as people deny them, and negated ones said in another way that means the same.

As in :mod:`corruptions`, each function takes a sentence and gives a changed one, or None where nothing fits.
"""

from __future__ import annotations

import random
import re

_SINGULAR = re.compile(
    r"\b(improve|reduce|increase|use|show|achieve|outperform|extend|support|combine|enable|require|need|keep|handle|"
    r"cover|contain|include|generate|produce|rely|provide|offer|yield|reach|match|allow|make|help|replace|work|run|"
    r"scale|generalize|adapt|transfer|beat|surpass|exceed|preserve|maintain|capture|depend|follow|address|solve|"
    r"mitigate|boost|enhance|remain|perform|benefit|lead|demonstrate|exhibit|suffer|struggle|lack|cost|save|speed)"
    r"(s|es)\b"
)
_PLURAL = re.compile(
    r"(?<=s )(improve|reduce|increase|use|show|achieve|outperform|extend|support|combine|enable|require|need|keep|"
    r"handle|cover|contain|include|generate|produce|rely|provide|offer|yield|reach|match|allow|make|help|replace|work|"
    r"generalize|adapt|transfer|beat|surpass|exceed|preserve|maintain|capture|depend|follow|perform|benefit|suffer|"
    r"struggle|lack|remain)\b"
)
# What is said, and how it is denied, each a regular expression and what comes in its place.
_DENIALS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\b(?:outperforms|surpasses|beats|exceeds)\b", ("trails", "is outperformed by", "does no better than")),
    (r"\b(?:outperform|surpass|beat|exceed)\b", ("trail", "fall behind", "do no better than", "are outperformed by")),
    (r"\boutperforming\b", ("trailing", "without outperforming", "and yet falling behind")),
    (r"\b(?:improves|boosts|enhances)\b", ("does little for", "hurts", "leaves unchanged", "fails to improve")),
    (r"\b(?:reduces|lowers|cuts|decreases)\b", ("raises", "does not lower", "increases", "adds to")),
    (r"\bwithout (?:any |the )?(?:need (?:for|of|to) )?", ("only with ", "at the cost of ", "after ", "thanks to ")),
    (r"\b(?:requires?|needs?) (?!no\b)", ("does not need ", "works without ", "can do without ")),
    (r"\b(?:does|do) not (?:need|require)\b", ("depends on", "needs", "cannot do without")),
    (r"\b(?:is|are) (?=\w+(?:ed|able|ive|ent|ant|ble)\b)", ("is far from ", "is not yet ", "is hardly ")),
    (r"\bcan (?=[a-z])", ("cannot ", "is unable to ", "can hardly ", "is not able to ")),
    (r"\b(?:cannot|can not)\b", ("can easily", "can", "has no trouble to")),
    (r"\b(?:struggles?|fails?) (?:to|with|in|on)\b", ("copes well with", "does well at", "has no difficulty with")),
    (r"\b(?:effective|efficient)(?:ly)?\b", ("ineffective", "of little use", "poorly")),
    (r"\b(?:better|stronger|faster|cheaper|larger|higher|more accurate) than\b", ("no better than", "worse than")),
    (r"\b(?:state-of-the-art|superior|competitive|strong|robust|impressive)\b", ("mediocre", "disappointing", "weak")),
    (r"\b(?:train|fine-tun)ed on\b", ("never trained on", "tested but not trained on")),
    (r"\bfrozen\b", ("trainable", "updated as well", "fine-tuned")),
    (r"\b(?:open-source[d]?|publicly available|released)\b", ("kept private", "proprietary", "not available")),
    (r"\b(?:available|accessible|public)\b", ("unavailable", "withheld")),
    (r"\bthe need for\b", ("no need for",)),
    (r"\b(?:significant|substantial|considerable|large|major)(?:ly)?\b", ("negligible", "hardly any", "no")),
    (r"\b(?:underperforms?|lags? behind|falls? short of)\b", ("is ahead of", "outperforms", "keeps up with")),
    (r"\b(?:limited|poor|weak|insufficient|scarce)\b", ("excellent", "plentiful", "ample", "strong")),
    (r"\b(?:overlooks?|ignores?|neglects?|disregards?)\b", ("takes account of", "focuses on", "pays attention to")),
    (r"\b(?:underexplored|unexplored|understudied|unclear|unknown)\b", ("well understood", "thoroughly studied")),
    (r"\b(?:preserves?|retains?|maintains?|keeps?|preserving|retaining|maintaining|keeping)\b",
     ("gives up", "sacrificing", "at the expense of", "loses")),
    (r"\b(?:simple|easy|straightforward|lightweight)\b", ("complicated", "cumbersome", "heavy")),
    (r"\b(?:automatic(?:ally)?|unsupervised|self-supervised)\b", ("by hand", "manual", "with human labels")),
    (r"\b(?:only|solely|merely|just)\b", ("not only", "far more than")),
    (r"\b(?:both|all|every|each)\b", ("none of", "neither of", "few of")),
    (r"\b(?:consistent(?:ly)?|always|often|frequently)\b", ("rarely", "never", "seldom", "inconsistently")),
    (r"\bmore (?=[a-z]+)", ("less ", "no more ", "fewer ")),
    (r"\b(?:despite|even though|although)\b", ("because of", "since")),
)  # fmt: skip
# Two ways to say that something isn't so.
_SAME: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\bwithout (?:any |the need for |the need of )?(?=[a-z])", ("with no ", "and needs no ")),
    (r"\b(?:does|do) not (?:need|require) (?:any )?", ("needs no ", "works without ", "gets by without ")),
    (r"\b(?:requires|needs) no\b", ("does not need", "works without", "does without")),
    (r"\bcannot\b", ("is not able to", "can't", "is unable to")),
    (r"\bis not\b", ("isn't",)),
    (r"\bare not\b", ("aren't",)),
    (r"\bdoes not\b", ("doesn't",)),
    (r"\bfails? to\b", ("is unable to", "does not manage to")),
    (r"\b(?:lacks?)\b", ("has no", "does not have")),
    (r"\b([a-z]+)-free\b", (r"free of \1", r"without \1")),
    (r"\b(?:is|are) limited\b", ("remains limited", "stays within narrow limits")),
    (r"\bunderperforms?\b", ("does worse than others", "does less well")),
    (r"\b(?:struggles?|struggling) (?:with|to)\b", ("has trouble with", "has a hard time with", "finds it hard to")),
    (r"\b(?:overlooks?|overlooking|neglects?|neglecting|ignores?|ignoring)\b", ("does not consider", "leaves out")),
    (r"\b(?:rather than|instead of)\b", ("and not", "in place of")),
    (r"\b(?:underexplored|unexplored|understudied)\b", ("little studied", "hardly studied so far")),
    (r"\bno longer\b", ("not any more",)),
    (r"\b(?:eliminates?|eliminating|removes?|removing) the need for\b", ("does away with", "makes unnecessary")),
    (r"\bfrozen\b", ("not trained", "kept fixed", "left unchanged")),
    (r"\bunseen\b", ("not seen before", "new")),
    (r"\btraining-free\b", ("needs no training and", "without training")),
)


def deny(sentence: str, chance: random.Random) -> str | None:
    """Says that what is said isn't so, by a word of the opposite sense, "fails to", "never", "it is not true that"."""
    ways = _by_table(sentence, _DENIALS, chance)
    for match in _SINGULAR.finditer(sentence):
        new = chance.choice(("never {}s", "fails to {}", "does not {}", "hardly {}s", "no longer {}s", "doesn't {}"))
        ways.append(sentence[: match.start()] + new.format(match.group(1)) + sentence[match.end() :])
    for match in _PLURAL.finditer(sentence):
        new = chance.choice(("never {}", "fail to {}", "do not {}", "rarely {}", "don't {}"))
        ways.append(sentence[: match.start()] + new.format(match.group(1)) + sentence[match.end() :])
    return chance.choice(ways) if ways else None


def deny_again(sentence: str, chance: random.Random) -> str | None:
    """Says a negation of the sentence in another way; the result means the same."""
    ways = _by_table(sentence, _SAME, chance)
    return chance.choice(ways) if ways else None


def _by_table(sentence: str, table: tuple[tuple[str, tuple[str, ...]], ...], chance: random.Random) -> list[str]:
    ways = []
    for pattern, news in table:
        ways += [
            sentence[: match.start()] + match.expand(chance.choice(news)) + sentence[match.end() :]
            for match in re.finditer(pattern, sentence)
        ]
    return ways
