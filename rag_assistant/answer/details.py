"""Details that people ask of a paper and that abstracts seldom give: where one is asked for, the paper must hold it.

Such a question is full of words that its paper does have, so that neither BM25 nor an embedding tells it from one that
the paper answers.
"""

from __future__ import annotations

import re

_PEOPLE = (
    r"annotators?|people|persons?|participants?|humans?(?!-)|workers?|volunteers?|students?|reviewers?|speakers?|patients?|"
    r"subjects?"
)
# (what it is called in the reason, how it is asked for, how an abstract that gives it speaks of it)
_DETAILS: tuple[tuple[str, str, str], ...] = (
    (
        "its authors",
        (
            r"\bauthors? of\b|\b(?:who|whose)\b.*\b(?:authors?|wrote|written|built|created?|developed|made|invented|"
            r"published|introduced|proposed|behind)\b"
        ),
        r"\b(?:joint (?:effort|work)|developed by|created by|built by|released by|foundation models by)\b",
    ),
    (
        "an affiliation",
        r"\buniversit|\baffiliat|\binstitutions?\b|\bwhich (?:compan|lab|country|team|group)",
        r"universit|institut|college|\b(?:Microsoft|NVIDIA|Google|Meta|LinkedIn|OpenAI|Apple|Alibaba)\b",
    ),
    (
        "where it was published",
        r"\b(?:conference|venue|journal|workshop|proceedings)\b|\bwhere (?:was|were|is) .*\b(?:published|presented)\b",
        r"\b(?:conference|journal|workshop|proceedings|tutorial|NeurIPS|ICML|ICLR|CVPR|ACL|EMNLP|SemEval)\b",
    ),
    (
        "a date",
        (
            r"\b(?:what|which|on what|release|publication) (?:date|year|month|day)\b|"
            r"\bwhen (?:was|were|did|is|will)\b.*\b(?:released?|published?|written|submitted|announced|out|launch\w*|"
            r"appear\w*)\b"
        ),
        r"\b(?:19[5-9]\d|20[0-3]\d)\b",
    ),
    ("a licence", r"\blicen[cs]e", r"licen[cs]|apache|\bMIT\b|creative commons|\bCC[- ]BY"),
    (
        "a price",
        (
            r"\bprices?\b|\bpricing\b|\bhow much (?:does|do|did|is|are|was)\b.*\b(?:cost|pay|charge)|"
            r"\bcosts? (?:per|in)\b|\bdollars?\b|\bfees?\b"
        ),
        r"\$|\bpric|\bdollar|\bbudget|\bUSD\b|\bcost",
    ),
    ("an optimizer", r"\boptimi[sz]er\b", r"\boptimi[sz]ers?\b|\badamw?\b|\bSGD\b"),
    ("a learning rate", r"\blearning rate", r"\blearning[- ]rate"),
    ("a batch size", r"\bbatch[- ]size", r"\bbatch"),
    ("the number of epochs", r"\bepochs?\b", r"\bepoch"),
    ("a weight decay", r"\bweight decay\b", r"\bweight decay\b"),
    ("a dropout rate", r"\bdropout (?:rate|prob)", r"\bdropout\b"),
    ("the number of layers", r"\bhow many (?:\w+ )?(?:layers|blocks)\b", r"\b\w+[- ](?:layers?|blocks?)\b"),
    ("a hidden size", r"\bhidden (?:size|dimension)|\bembedding (?:size|dimension)", r"\bdimension|\bhidden size"),
    ("a temperature", r"\btemperature\b", r"\btemperature"),
    ("a tokenizer", r"\bwhich tokeni[sz]er|\btokeni[sz]er (?:was|is|does)\b", r"\btokeni[sz]ers?\b"),
    ("a size in gigabytes", r"\b(?:giga|mega|tera)bytes?\b|\b[GMT]B\b", r"\b\d+\s?[GMT]B\b|bytes\b"),
    ("a place", r"\b(?:which|what) (?:city|town|country|hotel|building)\b", r"\bheld in\b|\bcity of\b"),
    ("what people were paid", r"\b(?:paid|salary|salaries|wages?)\b", r"\b(?:paid|salar|wage)"),
    ("a number of heads", r"\bhow many (?:\w+ )?heads\b", r"\b(?:\d+|half|all) (?:of )?(?:the )?(?:\w+ )?heads\b"),
    ("a random seed", r"\bseeds?\b", r"\bseeds?\b"),
    (
        "the hardware used",
        r"\b(?:gpus?|tpus?|accelerators?|[ah]100s?|hardware|machines?|nodes?)\b",
        r"\b(?:gpus?|tpus?|npus?|cpus?|\d*x?\s?[ahv]\d{3}s?|hardware|machines?|nodes?|clusters?|devices?|mi250x)\b",
    ),
    (
        "how long it took",
        r"\bhow (?:long|many (?:hours|days|weeks|months|minutes))\b.*\b(?:train\w*|take|took|tun\w*|run|recovery)\b",
        r"\b(?:hours?|days?|weeks?|months?|minutes?|seconds?)\b",
    ),
    (
        "its footprint",
        r"\bcarbon\b|\bemissions?\b|\bco2\b|\benergy\b|\belectricity\b",
        r"carbon|emission|energy|power|co2",
    ),
    ("who paid for it", r"\bfund(?:ed|ing)\b|\bgrants?\b|\bsponsor", r"\bfund|\bgrant|\bsponsor"),
    ("an address", r"\be-?mail\b|\bphone number\b|\bpostal\b", r"@"),
    ("how often it was cited", r"\bhow (?:many times|often)\b.*\bcited\b|\bcitation counts?\b", r"\bcitations?\b"),
    ("a retraction", r"\bretract|\bwithdrawn?\b|\bplagiar", r"\bretract|\bwithdr"),
    (
        "how many people took part",
        rf"\bhow many (?:\w+ )?(?:{_PEOPLE})\b",
        rf"(?:\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b)\D{{0,25}}\b(?:{_PEOPLE})\b",
    ),
)
_PATTERNS = tuple(
    (name, re.compile(asked, re.IGNORECASE), re.compile(given, re.IGNORECASE)) for name, asked, given in _DETAILS
)


def details_asked(question: str) -> tuple[str, ...]:
    """The details of the kind above that a question asks for, each by its name."""
    return tuple(name for name, asked, _ in _PATTERNS if asked.search(question))


def details_lacking(asked: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Those of the details that a text says nothing of."""
    return tuple(name for name, _, given in _PATTERNS if name in asked and not given.search(text))
