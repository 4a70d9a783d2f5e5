"""What a question is wrapped in ("Could you please tell me about …, briefly?"), which asks nothing of the papers."""

from __future__ import annotations

import re

_MORE = r"(?:\s+(?:a\s+(?:bit|little)|more|something|everything|all|what\s+you\s+know))*"
_ABOUT = r"(?:\s+(?:about|on|of|regarding))?"
_BEFORE = re.compile(
    r"\W*(?:"
    r"(?:hi|hey|hello|please|kindly|ok(?:ay)?|thanks|quick\s+question)\b[\s,!.:]*"
    r"|(?:so|well|now)\s*,"
    r"|(?:can|could|would|will)\s+you(?:\s+(?:please|kindly|maybe|also))*"
    rf"|i(?:['’]d|\s+would)?\s+(?:want|like|need|love|wish)\s+to\s+(?:know|understand|learn|find\s+out|hear|read){_MORE}{_ABOUT}"
    rf"|i(?:['’]m|\s+am)\s+(?:wondering|curious|interested\s+in|trying\s+to\s+(?:find\s+out|understand)){_ABOUT}"
    r"|i\s+(?:wonder|have\s+a\s+question)\b[\s,:]*"
    rf"|(?:tell|remind|teach|inform)\s+(?:me|us){_MORE}{_ABOUT}"
    rf"|(?:explain|describe|summari[sz]e|outline|elaborate|discuss){_MORE}(?:\s+(?:to|for)\s+(?:me|us))?{_ABOUT}"
    r"|(?:give|show|get|write)\s+(?:me\s+|us\s+)?(?:(?:a|an|the)\s+)?(?:(?:very|brief|short|quick|concise|high-level)\s+)*"
    r"(?:overview|summary|explanation|description|rundown|gist|outline|idea|definition|introduction)\s+(?:of|on|about|to|for)"
    r"|(?:a\s+|an\s+)?(?:(?:brief|short|quick)\s+)?(?:overview|summary|explanation)\s+of"
    r"|(?:walk|talk|take)\s+(?:me|us)\s+through|help\s+(?:me|us)\s+(?:to\s+)?understand|let\s+me\s+know"
    r"|(?:do|does|can)\s+(?:you|anyone|anybody|someone)\s+(?:know|tell)(?:\s+(?:me|us))?\b(?:\s+if)?"
    rf"|what\s+(?:do\s+you\s+know|can\s+you\s+(?:tell|say))(?:\s+(?:me|us))?{_ABOUT}"
    r"|(?:according\s+to|based\s+on|in|from)\s+(?:the|these|my|your|all)\s+(?:(?:indexed|given|saved|available)\s+)?"
    r"(?:papers|abstracts|collection|corpus|documents|literature)"
    r")(?=[\s,:;])[\s,:;]*",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"[\s,;:.–—-]+(?:please|thanks?(?:\s+you)?|thx|in\s+(?:a\s+nutshell|short|brief|detail|simple\s+terms|plain\s+(?:english|words)|"
    r"one\s+sentence|a\s+few\s+(?:words|sentences))|briefly|in\s+(?:the|these)\s+(?:papers|abstracts)|"
    r"according\s+to\s+(?:the|these)\s+(?:papers|abstracts))(?P<end>[\s?!.]*)$",
    re.IGNORECASE,
)
_LETTER = re.compile(r"\w")
# Frames within frames: "Hi, could you please tell me …"
_MOST = 6
# No frame is longer; a run of a million dots must not be gone through from each of them.
_LONGEST = 100


def unframed(question: str) -> str:
    """A question without its frame; the question itself where nothing would be left.

    "Could you tell me about CoMM, please?" is "CoMM?"; "Which methods explain predictions?" stays as it is.
    """
    rest = question
    for _ in range(_MOST):
        match = _BEFORE.match(rest[:_LONGEST])
        if match is None or not _LETTER.search(rest, match.end()):
            break
        rest = rest[match.end() :]
    for _ in range(_MOST):
        begin = max(0, len(rest) - _LONGEST)
        match = _AFTER.search(rest[begin:])
        if match is None or not _LETTER.search(rest[: begin + match.start()]):
            break
        rest = rest[: begin + match.start()] + match["end"].strip()
    return rest
