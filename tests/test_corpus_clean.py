"""Cleaning: what reads well, and the three promises."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag_assistant.corpus import Entry, clean, read_entries
from rag_assistant.settings import CorpusSettings

READABLE = [
    # LaTeX
    (r"better by 11.8\% on it", "better by 11.8% on it"),
    (r"from 57.2% to 65.\%. The gap", "from 57.2% to 65.%. The gap"),
    (r"in $O(n\log n)$ time", "in O(n log n) time"),
    (r"\emph{really} \textbf{bold, too}", "really bold, too"),
    (r"{\bf a, b} and {\em c}", "a, b and c"),
    ("E^2-LLM and R^2", "E^2-LLM and R^2"),
    (r"M$^{2}$IXT, $5^{th}$, $90^\circ$", "M^2IXT, 5th, 90°"),
    (r"$10^{12}$ and $10^{-3}$, $x_{12}$, $x^{n+1}$", "10^12 and 10^-3, x_12, x^(n+1)"),
    (r"$\frac{1}{2}$, $2\frac12$, $\frac{a+b}{c}$", "1/2, 2 1/2, (a+b)/c"),
    (r"10{,}000 and 5\,000 words, $\{0, 1\}^n$", "10,000 and 5,000 words, {0, 1}^n"),
    (r"$\alpha \leq 3\times 4$ and 2.4\times faster", "α ≤ 3×4 and 2.4× faster"),
    (r"we propose \methodname, and \ourMethod-trained models", "we propose methodname, and ourMethod-trained models"),
    (r"\ourmodel{} wins, \ourwrap{it} too", "ourmodel wins, it too"),
    (r"see{\color[RGB]{1,2,3}{Here}}.", "seeHere."),
    (r"documents.~Working.\url{https://x.org/a_b/~c}", "documents. Working. https://x.org/a_b/~c"),
    (r"\href{https://x.org/?a=1}{the site}", "the site (https://x.org/?a=1)"),
    (r"as in~\cite{gpt4,llama2} and Fig.~\ref{fig:3}", "as in [gpt4,llama2] and Fig. fig:3"),
    ("An LLM on a $100K Budget, or $200K", "An LLM on a $100K Budget, or $200K"),
    ("from $5 to $10 a month (US$)", "from $5 to $10 a month (US$)"),
    (r"RC\&P, \#1, \$5, a\_b", "RC&P, #1, $5, a_b"),
    (r"G\"odel, Erd\H{o}s, Fran\c{c}ois, na\"{\i}ve", "Gödel, Erdős, François, naïve"),
    (r"\o re, stra\ss e, \v{S}, Garc{\'\i}a", "øre, straße, Š, García"),
    ("about ~3x, 5.6 ~ 35.0%, training~(e.g. Fig.~3)", "about ~3x, 5.6 ~ 35.0%, training (e.g. Fig. 3)"),
    ("``X'' then ''Y''", '"X" then "Y"'),
    ("a--b, 10--20, words---more, run --json", "a–b, 10–20, words—more, run --json"),
    ("{Attention} from {one to two} at {https://x.org}", "Attention from one to two at https://x.org"),
    ("a pair {x, y} of {0, 1}", "a pair {x, y} of {0, 1}"),
    # HTML and JATS
    ("<jats:title>Abstract</jats:title><jats:p>R&amp;D &lt;5% &#8217;s</jats:p>", "R&D <5% ’s"),
    ("CO<sub>2</sub>, 10<sup>6</sup>, <i>E. coli</i><br/>next", "CO2, 10^6, E. coli next"),
    ("the <SEG>, <s> and <image> tokens, a < b > c, <5", "the <SEG>, <s> and <image> tokens, a < b > c, <5"),
    ('<a href="http://x.org/2024" class=y>link</a>', "link"),
    # Characters
    ("soft\u00adhyphen, ef\ufb01cient, zero\u200bwidth", "softhyphen, efficient, zerowidth"),
    ("\u202eabc\u202c, a\x00b, \ufeffc", "abc, ab, c"),
    ("cafe\u0301  \t\n au\u00a0lait", "café au lait"),
    ("itâ€™s naÃ¯ve", "it's naïve".replace("'", "’")),
    ("hidden\U000e0041\U000e0042 tags", "hidden tags"),
    ("می\u200cخواهم", "می\u200cخواهم"),  # this joiner is spelling
    ("lone \ud800 surrogate", "lone \ufffd surrogate"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "readable"), READABLE)
def test_reads_well(text: str, readable: str) -> None:
    assert clean(text) == readable


def _digits(text: str) -> Counter[int]:
    return Counter(unicodedata.decimal(sign) for sign in text if unicodedata.decimal(sign, None) is not None)


_WORDS = r"""
    \ { } $ $$ ^ _ ~ % \% \emph{ \frac \sqrt \cite{a1} \url{x/2} \' \" \c \, \\ \foo \alpha \log -- `` '' &amp; &lt; <b>
    </sub> <sub> <sup> <p> \footnote{ \textsuperscript{ \href{1} a X 7 42 . , ( ] [ é Ã© ﬁ
"""
_PIECES = st.sampled_from([*_WORDS.split(), " ", "\n", "\x00", "\u0301", "\u200d", "\u00ad"])
HOSTILE = st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=30).map("".join))


@given(HOSTILE)
@example("$a=$b=$c=$d")
@example("\\&amp;amp;lt;p&gt;")
@example("\\textbackslash emph{x}")
@example("&#92;&#92;emph{&#123;}")
def test_cleaning_what_is_clean_changes_nothing(text: str) -> None:
    once = clean(text)
    assert clean(once) == once


@given(HOSTILE)
@example("65.\\%. and 5\\,000, x^{2}, \\cite[p. 3]{a4}")
@example("\\frac12 \\sqrt[3]{8} \\foo2")
@example("\\href{0} \\href{1}{\\footnote{2")
def test_no_digit_is_lost(text: str) -> None:
    # A character given by its number is that character.
    plain = text
    while (decoded := html.unescape(plain)) != plain:
        plain = decoded
    assert not _digits(plain) - _digits(clean(plain))


@given(HOSTILE)
def test_result_is_one_printable_line(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == " ".join(cleaned.split())
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", cleaned)
    cleaned.encode("utf-8")


@pytest.mark.parametrize("piece", ["{", "&amp;", "\\emph{", "$a", "^{", "<b", "~", "\\", "{1,", "''", "\u200d", "&"])
@pytest.mark.timeout(10)
def test_long_hostile_text_takes_no_time(piece: str) -> None:
    clean(piece * (200_000 // len(piece)))


@pytest.mark.shared
def test_no_digit_of_the_saved_pages_is_lost(shared: Path) -> None:
    texts = []
    for entry in read_entries([shared / "corpus"], CorpusSettings()):
        assert isinstance(entry, Entry)
        texts += [entry.title, entry.abstract]
    lost = [digits for text in texts if (digits := _digits(text) - _digits(clean(text)))]
    # One abstract, read once, names a colour (seven digits), which is formatting.
    assert [digits.total() for digits in lost] == [7]
