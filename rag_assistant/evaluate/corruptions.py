"""Supported sentences made unsupported by rule, one kind of fault each: what the verifier's model learns from.

Each function takes a sentence and gives a changed one, or None where it finds nothing to change. All chance comes from
the ``random.Random`` that is handed in.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from rag_assistant.verify.figures import Figure, figures_of
from rag_assistant.verify.names import key_of, names_of

Change = Callable[[str, random.Random], str | None]

_FLIPS = dict(
    pair.strip().split(":")
    for pair in """
outperforms:underperforms; surpasses:falls behind; beats:loses to; exceeds:falls short of;
outperform:underperform; surpass:fall behind; beat:lose to; exceed:fall short of; outperforming:underperforming;
surpassing:falling behind; beating:losing to; improves:worsens; improve:worsen; improving:worsening;
improved:worsened; improvement:drop; improvements:drops; increases:decreases; increase:decrease;
increasing:decreasing; increased:decreased; reduces:increases; reduce:increase; reducing:increasing;
reduced:increased; reduction:increase; raises:lowers; raising:lowering; raise:lower; boosts:hurts;
boosting:hurting; enhances:degrades; enhancing:degrading; lowers:raises; lower:higher; higher:lower;
better:worse; worse:better; best:worst; faster:slower; slower:faster; fewer:more; more:less; less:more;
larger:smaller; smaller:larger; stronger:weaker; weaker:stronger; longer:shorter; shorter:longer; with:without;
without:with; open:closed; frozen:fully trained; before:after; after:before; unsupervised:supervised;
supervised:unsupervised; succeeds:fails; fails:succeeds; fail:succeed; efficient:inefficient; robust:fragile;
easy:hard; difficult:easy; hard:easy; cheap:expensive; costly:cheap; expensive:cheap; strong:weak;
poor:excellent; weak:strong; cuts:raises; cutting:raising; gains:losses; gain:loss; drops:rises; drop:rise;
falls:rises; degrades:improves; hurts:helps; helps:hurts; avoids:causes; avoiding:causing; preserves:loses;
preserving:losing; retains:loses; keeps:loses; high:low; low:high; automatic:manual; automatically:manually;
public:private; publicly:privately; lacks:has; lack:have; rarely:often; often:rarely; limited:unlimited;
consistently:rarely; significantly:barely; effective:ineffective; accurate:inaccurate; reliable:unreliable;
possible:impossible
""".split(";")
)
_AUXILIARY = re.compile(r"\b(is|are|was|were|can|could|does|do|did|has|have|will|would|should|may)\b(?!\s+not\b)")
_AFFIRMED = (
    (r"\b(?:does|do|did) not (?=[a-z])", ""),
    (r"\b(is|are|was|were|can|has|have|will) not\b", "is"),
    (r"\bcannot\b", "can"),
    (r"\bno (?=[a-z])", "some "),
    (r"\bwithout (?:any )?", "with "),
    (r"\bneither (\w+) nor\b", "both and"),
    (r"\b(?:lacks?|lacking)\b", "has"),
    (r"\bfails? to\b", "manages to"),
    (r"\bstruggles? (?:to|with)\b", "easily handles"),
    (r"\b(?:poorly|badly)\b", "well"),
    (r"\b(?:poor|weak|limited)\b", "strong"),
    (r"\b(?:difficult|hard|challenging)\b", "easy"),
    (r"\b(?:overlooks?|ignores?|neglects?)\b", "pays close attention to"),
    (r"\b(?:rather than|instead of)\b", "by means of"),
    (r"\bnever\b", "often"),
    (r"\b(?:rarely|seldom|hardly|barely)\b", "mostly"),
    (r"\b(?:removes?|removing|eliminates?|eliminating|avoids?|avoiding) (?:the need (?:for|to) )?", "relies on "),
    (r"\b(?:needs?|requires?|takes?) no\b", "needs"),
    (r"-free\b", "-based"),
    (r"\bfrozen\b", "fine-tuned"),
    (r"\bunseen\b", "seen"),
    (r"\bunderperforms?\b", "performs better"),
    (r"\bsuboptimal\b", "optimal"),
    (r"\binsufficient\b", "sufficient"),
    (r"\bunable to\b", "able to"),
)
_VERB = re.compile(
    r"\b(improve|reduce|increase|use|show|achieve|outperform|extend|support|combine|train|learn|enable|require|need|"
    r"keep|handle|cover|contain|include|generate|produce|rely|add|remove|provide|offer|yield|reach|match|allow|"
    r"let|make|"
    r"help|introduce|propose|replace|work|run|scale|generalize|adapt|transfer|beat|surpass|exceed|build|span|hold|take|"
    r"give|link|pair|connect|encode|predict|select|retrieve|correct|detect|report|find|reveal|release)(s|es)\b"
)
_OVERCLAIMS: tuple[tuple[str, str], ...] = (
    (r"\b(?:can|may|might|could) (\w+)", r"always \1s"),
    (r"\b(?:can|may|might|could)\b", "is guaranteed to"),
    (r"\b(?:several|many|most|some|various|multiple|a number of)\b", "all"),
    (r"\b(?:often|usually|typically|generally|sometimes|frequently)\b", "always"),
    (r"\b(?:suggests?|indicates?|shows?|finds?|reports?|demonstrates?|reveals?)\b(?: that)?", "proves that"),
    (r"\b(?:improves?|enhances?|boosts?)\b", "perfects"),
    (r"\b(?:reduces?|lowers?|mitigates?|alleviates?|cuts?)\b", "completely eliminates"),
    (r"\bhelps?\b", "guarantees to"),
    (r"\b(?:outperforms?|beats?|surpasses|exceeds?) ", "outperforms every existing method, including "),
    (r"\b(?:comparable|competitive) (?:to|with)\b", "far superior to"),
    (r"\bstate-of-the-art\b", "perfect"),
    (r"\b(?:an?|a new|a novel) (?=[a-z])", "the first ever "),
    (r"\b(?:an?) (?=[a-z]+ (?:for|that|to|of))", "the only "),
    (r"\b(?:aims? to|seeks? to|tries to) ", "fully manages to "),
    (r"\bup to\b", "always exactly"),
    (r"\b(?:nearly|almost|about|close to)\b", "more than"),
    (r"\b(?:strong|good|promising|solid)\b", "flawless"),
    (r"\.$", " in every case."),
    (r"\.$", " on all known tasks."),
    (r"\.$", ", making every other method obsolete."),
    (r"\.$", ", for any model and any language."),
    (r"\.$", ", solving the problem once and for all."),
    (r"\.$", ", better than any human expert."),
    (r"\.$", ", with no loss whatsoever."),
    (r"^(?=[A-Z])", "It is proven beyond doubt that "),
    (r"^(?=[A-Z])", "Without exception, "),
    (r"\b(is|are)\b", r"\1 always"),
    (r"\b(is|are)\b", r"\1 universally"),
)
_INVENTED = tuple(
    " ".join(detail.split())
    for detail in """
trained on {n} A100 GPUs | trained for {n} days on TPU v4 chips | using a contrastive loss |
with a graph neural network | after a survey of {n} clinicians | on a corpus of legal contracts |
in collaboration with a hospital in Zurich | and is already deployed in a banking app |
using reinforcement learning from user clicks | with a wavelet transform | and was presented to regulators |
on satellite pictures of farmland | with a Bayesian prior over the weights | funded by a national science grant
| and runs on a smartphone in {n} ms | on {n} Indian languages | through simulated annealing |
with a genetic algorithm | after filtering with a toxicity classifier | and its code is written in Rust |
with labels from {n} paid annotators | on chess and Go positions | using a diffusion prior |
based on spiking neurons | with electricity costs of {n} dollars | and won a shared task in 2021 |
in wireless sensor networks | via federated learning over {n} hospitals | using handwritten rules by linguists |
on a music recommendation service | with quantum annealing hardware | for protein folding |
inspired by the human hippocampus | with a Kalman filter | on weather forecasts |
in a randomised trial with {n} students | using knowledge graphs from Wikidata | with dropout of 0.{n} |
over {n} random seeds | with eye-tracking data | in Swahili and Welsh | with a batch size of {n} |
on court transcripts | with cosine learning-rate decay
""".split("|")
)

# Names that nearly every abstract of the field has: to swap them changes nothing, or makes no sense.
_EVERYWHERE = frozenset(
    "llm llms mllm mllms lmm lmms vlm vlms lvlm lvlms vqa nlp icl rag gpu gpus github ai lm lms plm plms slm slms "
    "lvlms mlp".split()
)


def alter_figure(sentence: str, chance: random.Random, others: Sequence[Figure] = ()) -> str | None:
    """Changes one figure: a digit, its size, or another figure of the abstract in its place."""
    found = [one for one in figures_of(sentence) if one.text[:1].isdigit() or not one.small]
    if not found:
        return None
    figure = chance.choice(found)
    text = figure.text
    if not any(char.isdigit() for char in text):
        words = ("two", "three", "five", "ten", "twenty", "sixty", "half", "double", "triple", "a third")
        new = chance.choice([word for word in words if word.lower() != text.lower()])
        return sentence[: figure.start] + new + sentence[figure.end :]
    same_unit = [one for one in others if one.unit == figure.unit and one.value != figure.value and one.text != text]
    if same_unit and chance.random() < 0.25:
        return sentence[: figure.start] + chance.choice(same_unit).text + sentence[figure.end :]
    number = re.search(r"\d[\d,]*(?:\.\d+)?", text)
    if number is None:
        return None
    digits = number.group()
    way = chance.random()
    if way < 0.6:
        place = chance.choice([at for at, char in enumerate(digits) if char.isdigit()])
        digit = chance.choice([one for one in "123456789" if one != digits[place]])
        new = digits[:place] + digit + digits[place + 1 :]
    else:
        value = float(digits.replace(",", "")) * chance.choice((0.5, 2, 1.3, 0.7, 10, 3))
        new = f"{value:.1f}" if "." in digits else f"{max(1, round(value))}"
    if new == digits or (figure.unit == "%" and float(new.replace(",", "")) > 100):
        return None
    start = figure.start + number.start()
    return sentence[:start] + new + sentence[start + len(digits) :]


def swap_name(sentence: str, chance: random.Random, strangers: Sequence[str], own: Sequence[str] = ()) -> str | None:
    """Puts another name in the place of one: a stranger's, one of the same abstract, or two of the sentence crossed."""
    found = [one for one in names_of(sentence) if len(one.text) > 1 and one.key not in _EVERYWHERE]
    own = [one for one in own if key_of(one) not in _EVERYWHERE and not one.istitle() and "/" not in one]
    if not found:
        return None
    name = chance.choice(found)
    rivals = [one for one in found if one.key != name.key]
    way = chance.random()
    if rivals and way < 0.3:
        other = chance.choice(rivals)
        first, second = sorted((name, other), key=lambda one: one.start)
        if first.end <= second.start:
            return (
                sentence[: first.start]
                + second.text
                + sentence[first.end : second.start]
                + first.text
                + sentence[second.end :]
            )
    kept = [one for one in own if one.lower() not in sentence.lower()]
    pool = kept if kept and way < 0.5 else [one for one in strangers if one.lower() not in sentence.lower()]
    if not pool:
        return None
    new = chance.choice(list(pool))
    return re.sub(re.escape(name.text) + r"(?!\w)", lambda _: new, sentence)


def flip(sentence: str, chance: random.Random) -> str | None:
    """Puts a word of the opposite meaning in the place of one."""
    found = [match for match in re.finditer(r"[A-Za-z]+", sentence) if match.group().lower() in _FLIPS]
    if not found:
        return None
    match = chance.choice(found)
    return sentence[: match.start()] + _FLIPS[match.group().lower()] + sentence[match.end() :]


def negate(sentence: str, chance: random.Random) -> str | None:
    """Puts a "not" in."""
    ways = [f"{sentence[: match.end()]} not{sentence[match.end() :]}" for match in _AUXILIARY.finditer(sentence)]
    ways += [
        f"{sentence[: match.start()]}does not {match.group(1)}{sentence[match.end() :]}"
        for match in _VERB.finditer(sentence)
    ]
    return chance.choice(ways) if ways else None


def affirm(sentence: str, chance: random.Random) -> str | None:
    """Takes a "not" or "no" out, or turns a word that says that something fails or is limited."""
    ways = [
        sentence[: match.start()] + new + sentence[match.end() :]
        for pattern, new in _AFFIRMED
        for match in re.finditer(pattern, sentence)
    ]
    return chance.choice(ways) if ways else None


def swap_sides(sentence: str, chance: random.Random) -> str | None:  # noqa: ARG001 - of one form with the others
    """Makes the loser of a comparison the winner."""
    match = re.match(
        r"(?P<left>[A-Z][\w.+-]*(?: [\w.+-]+){0,3}) (?P<verb>outperforms|surpasses|beats|exceeds|is better than|"
        r"improves on|improves over) "
        r"(?P<right>(?:the )?[\w.+-]+(?: [A-Z][\w.+-]*)?)(?P<rest>\b.*)",
        sentence,
    )
    if match is None:
        return None
    right = match["right"]
    return f"{right[:1].upper()}{right[1:]} {match['verb']} {match['left']}{match['rest']}"


def overclaim(sentence: str, chance: random.Random) -> str | None:
    """Says more than is so: all for several, always for can, proves for suggests, the first, the only."""
    fitting = [(pattern, new) for pattern, new in _OVERCLAIMS if re.search(pattern, sentence)]
    if not fitting:
        return None
    # Endings fit nearly everything; a change within the sentence is preferred where there is one.
    inner = [one for one in fitting if one[0] not in (r"\.$", r"^(?=[A-Z])")]
    pattern, new = chance.choice(inner if inner and chance.random() < 0.65 else fitting)
    changed = re.sub(pattern, new, sentence, count=1)
    return changed if changed != sentence else None


def invent(sentence: str, chance: random.Random, clauses: Sequence[str]) -> str | None:
    """Adds a detail that the abstract doesn't have: a made-up one or a clause out of another paper."""
    body = sentence.rstrip().rstrip(".")
    if clauses and chance.random() < 0.5:
        return f"{body}, {chance.choice(list(clauses))}."
    detail = chance.choice(_INVENTED).format(n=chance.randint(2, 96))
    joint = " " if detail.startswith(("and ", "on ", "in ", "for ", "with ", "via ", "over ")) else ", "
    if "," in body and chance.random() < 0.3:
        head, tail = body.split(",", 1)
        return f"{head} {detail},{tail}."
    return f"{body}{joint}{detail}."


def clauses_of(sentence: str) -> list[str]:
    """The clauses of a sentence that could be hung onto another one."""
    parts = re.split(r"[,;]\s+", sentence.rstrip(". "))[1:]
    return [part for part in parts if 4 <= len(part.split()) <= 14 and part[:1].islower()]


def reformat_figure(sentence: str, chance: random.Random) -> str | None:
    """Says a figure in another way that means the same; the result stays supported."""
    ways: list[tuple[str, str]] = [
        (r"(?<![\w.-])(\d+(?:\.\d+)?)\\?%", r"\1 percent"),
        (r"(?<![\w.-])2x\b", "twofold"),
        (r"(?<![\w.-])3x\b", "threefold"),
        (r"(?<![\w.-])4x\b", "four times"),
        (r"(?<![\w.-])(\d+(?:\.\d+)?)x\b", r"\1 times"),
        (r"(?<![\w.-])(\d+(?:\.\d+)?)M\b(?!-)", r"\1 million"),
        (r"(?<![\w.-])(\d+(?:\.\d+)?)B\b(?!-)", r"\1 billion"),
        (r"(?<![\w.-])(\d+)[kK]\b(?!-)", r"\1,000"),
        (r"(?<![\w.-])(\d+)[kK]\b(?!-)", r"\1 thousand"),
        (r"(?<![\w.,-])(\d{1,3}),000\b", r"\1k"),
        (r"(?<![\w.-])50\\?%", "half"),
        (r"\btwo\b", "2"),
        (r"\bthree\b", "3"),
        (r"\bfour\b", "4"),
        (r"(?<![\w.-])5(?![\w.,%-])", "five"),
        (r"(?<![\w.-])7(?![\w.,%-])", "seven"),
    ]
    fitting = [(pattern, new) for pattern, new in ways if re.search(pattern, sentence)]
    if not fitting:
        return None
    pattern, new = chance.choice(fitting)
    return re.sub(pattern, new, sentence)
