"""Titles and abstracts made readable: LaTeX, HTML, broken encodings and invisible characters to plain running text.

Three promises, held by property tests: cleaning never raises, cleaning what is clean changes nothing, and no digit of
the text is lost (the digits of markup are not text: an attribute of a tag, a colour, the number of a character).
"""

from __future__ import annotations

import html
import re
import unicodedata

from rag_assistant.corpus.latex import has_latex, latex_to_text

# Part of an index's fingerprint: to be raised whenever some text is cleaned otherwise than before.
CLEANER_VERSION = 1

_MOST_PASSES = 50

# Tags that are dropped. Not every <word> is one: <SEG> and <s> are tokens that abstracts speak of.
_BLOCK = "p|br|hr|div|li|ul|ol|title|sec|list|list-item|h[1-6]|tr|td|th|table|tbody|blockquote|abstract"
_INLINE = (
    "i|b|em|strong|u|tt|small|big|span|font|a|code|sub|sup|inf|italic|bold|img|scp|math|mrow|mi|mo|mn|msup|msub|"
    "mfrac|mtext|mspace|semantics|annotation|inline-formula|tex-math|alternatives|ext-link|xref|monospace|sc"
)
_TAG_END = r"(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s\"'<>]+))*\s*/?>"
_HEADING = re.compile(r"<((?:jats:)?title)>\s*Abstract\s*</\1>", re.I)
_SUPERSCRIPT = re.compile(rf"(?<=[^\s>])<(?:jats:)?sup{_TAG_END}(?=[^\s<])", re.I)
_SUBSCRIPT = re.compile(rf"(?<=\d)<(?:jats:)?(?:sub|inf){_TAG_END}(?=\d)", re.I)
_BLOCK_TAG = re.compile(rf"</?(?:jats:|mml:)?(?:{_BLOCK}){_TAG_END}", re.I)
_INLINE_TAG = re.compile(rf"</?(?:jats:|mml:)?(?:{_INLINE}){_TAG_END}", re.I)
_ENTITY = re.compile(r"&(?:amp;)*(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

# A tie: "Fig.~3", "training~(e.g.". Where "~" means "about" it stands after a blank: "with ~3x".
_TIE = re.compile(r"https?://\S+|(?<=[A-Za-z.,:;)\]}%])~(?=[A-Za-z(\[\\0-9$])")
_DASHES = re.compile(r"(?<![-\s])---(?![-\s])|(?<=\s)---(?=\s)|(?<![-\s])--(?![->\s])|(?<=\s)--(?=\s)")
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
# Unseen: controls, soft hyphen, zero-width, bidirectional and tag characters, annotation marks, noncharacters.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)
# The joiners shape Persian and Indic words and some emoji; among Latin letters they only hide.
_JOINER = re.compile(
    "(?<![\u0590-\u1fff\u2600-\uffef\U0001f000-\U0001faff])[\u200c\u200d]+|[\u200c\u200d]+(?=[\x00-\u058f]|$)"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN = re.compile(r"[\x20-\x7e]*")
_MARKUP = re.compile(r"[\\${}&<~`]")


def clean(text: str) -> str:
    """Readable text on one line of a title or abstract as it stood in its file."""
    for _ in range(_MOST_PASSES):
        cleaned = _pass(text)
        if cleaned == text:
            break
        text = cleaned
    return text


def _pass(text: str) -> str:
    if not _PLAIN.fullmatch(text):
        text = _characters(text)
    if not (_MARKUP.search(text) or "''" in text or "--" in text):
        return " ".join(text.split())
    if "&" in text:
        text = _ENTITY.sub(lambda entity: html.unescape(f"&{entity.group(1)};"), text)
    if "<" in text:
        text = _tags(text)
    if "~" in text:
        text = _TIE.sub(lambda match: match.group() if len(match.group()) > 1 else " ", text)
    if has_latex(text):
        text = latex_to_text(text)
    if "``" in text or "''" in text:
        text = text.replace("``", '"').replace("''", '"')
    if "--" in text:
        text = _DASHES.sub(lambda dash: "—" if len(dash.group()) == 3 else "–", text)
    return " ".join(text.split())


def _tags(text: str) -> str:
    text = _HEADING.sub(" ", text)
    text = _SUPERSCRIPT.sub("^", text)
    text = _SUBSCRIPT.sub("_", text)
    text = _BLOCK_TAG.sub(" ", text)
    return _INLINE_TAG.sub("", text)


def _characters(text: str) -> str:
    import ftfy

    text = _SURROGATE.sub("\ufffd", text)
    text = " ".join(text.split())  # before controls go, some of which part words
    text = ftfy.fix_encoding(text)
    text = _UNSEEN.sub("", text)
    text = _JOINER.sub("", text)
    for ligature, letters in _LIGATURES.items():
        text = text.replace(ligature, letters)
    return " ".join(unicodedata.normalize("NFC", text).split())
