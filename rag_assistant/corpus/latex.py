"""LaTeX to readable text, in one pass over the source that throws none of the text away.

Abstracts are no LaTeX documents but plain text with some LaTeX in it, and a converter of documents, pylatexenc's for
one, takes a bare ``%`` for the start of a comment and a bare ``$`` for mathematics: it cut 53 of the 426 abstracts of
the saved Daily Papers pages short. So the scanner is the package's own, and pylatexenc lends its table of symbols.

What is dropped on purpose is formatting: the names of font commands, and the arguments of ``_SILENT`` (a colour, a
length). All other digits, words and signs stay. A command that nobody knows (``\\methodname``) is the author's own name
for something, so the name is kept, unless it wraps a text of its own.
"""

from __future__ import annotations

import functools
import re
import unicodedata

_TOKEN = re.compile(r"\\([A-Za-z]+)\*?|\\(.)|([{}])|(\${1,2})|[_^]|[^\\{}$_^]+|\\", re.S)

_FONTS = frozenset(
    "emph textbf textit texttt textsc textrm textsf textsl textup textmd textnormal underline mathrm mathbf mathcal "
    "mathit mathsf mathtt mathbb mathfrak mathscr boldsymbol bm pmb bf it em rm sc tt sf sl bfseries itshape ttfamily "
    "text mbox hbox operatorname left right middle big Big bigg Bigg bigl bigr Bigl Bigr displaystyle textstyle limits "
    "nolimits tiny scriptsize footnotesize small normalsize large Large noindent centering xspace protect ensuremath "
    "mathop mathord mathbin mathrel allowbreak relax sloppy".split()
)
_SPACES = frozenset("quad qquad enspace thinspace par newline linebreak item hfill smallskip medskip bigskip".split())
_SILENT = frozenset("color textcolor colorbox hspace vspace fontsize label begin end".split())
_OPERATORS = frozenset(
    "log ln lg exp sin cos tan sinh cosh tanh arcsin arccos arctan max min argmax argmin sup inf lim liminf limsup det "
    "dim ker gcd deg hom Pr mod bmod".split()
)
# What is missing from pylatexenc's table, or would be read as LaTeX again.
_PLAIN = {
    "LaTeX": "LaTeX", "TeX": "TeX", "BibTeX": "BibTeX", "textbackslash": "∖", "backslash": "∖", "lbrace": "{",
    "rbrace": "}", "vert": "|", "mid": "|", "lvert": "|", "rvert": "|", "prime": "'", "textasciitilde": "~",
    "textasciicircum": "^",
}  # fmt: skip
_LETTERS = frozenset("ss o O l L ae AE oe OE aa AA i j dh DH th TH dj DJ ng NG".split())
_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a", "d": "\u0323",
    "b": "\u0331", "hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "vec": "\u20d7", "dot": "\u0307",
    "ddot": "\u0308", "check": "\u030c", "acute": "\u0301", "grave": "\u0300", "breve": "\u0306",
    "widehat": "\u0302", "widetilde": "\u0303", "overline": "\u0305",
}  # fmt: skip
_SPACING = {"\\": " ", " ": " ", "\n": " ", "\t": " ", ";": " ", ":": " ", ">": " ", ",": " "}
_NOTHING = frozenset("!/-@()[]")

_LETTER = r"[^\W\d_]"
_ACCENTED = re.compile(rf"\s*(?:\{{\s*\\?({_LETTER})\s*\}}|\\([ij])(?![A-Za-z])\s?|(?<![A-Za-z])({_LETTER}))")
_ACCENTED_AFTER_WORD = re.compile(rf"\s*\{{\s*\\?({_LETTER})\s*\}}|\s+({_LETTER})(?!{_LETTER}{_LETTER})")
_ARGUMENT = re.compile(r"\s*((?:\[[^\[\]{}]{0,200}\]){0,2})\s*\{([^{}]{0,1000})\}")
_SET = re.compile(r"\s*(?:\d|\{)")
_FORMULA_SIGN = re.compile(r"[\\^_{}=<>+*|/]|^\S+$")
_LONGEST_FORMULA = 400
_SIMPLE = re.compile(r"[-+−]?[\w.%∗*†′'°∞]+")


def has_latex(text: str) -> bool:
    """Whether there is anything in the text that :func:`latex_to_text` could change."""
    return any(sign in text for sign in "\\${}")


def latex_to_text(text: str) -> str:
    """Readable text of plain text with LaTeX in it. Never raises; takes time linear in the length."""
    return _Scanner(text).run()


@functools.cache
def _symbol(name: str) -> str | None:
    from pylatexenc.latex2text import get_default_latex_context_db

    spec = get_default_latex_context_db().get_macro_spec(name)
    symbol = getattr(spec, "simplify_repl", None)
    return symbol if isinstance(symbol, str) and symbol and "\\" not in symbol and "%" not in symbol else None


class _Group:
    """An open brace: where its text begins in the output, and what to do when it closes."""

    __slots__ = ("after", "at", "before", "kind")

    def __init__(self, kind: str, at: int, before: str = "", after: str = "") -> None:
        self.kind, self.at, self.before, self.after = kind, at, before, after


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.out: list[str] = []
        self.groups: list[_Group] = []
        self.next_group: tuple[str, str, str] | None = None  # kind, before and after of the group that opens next
        self.formula_end = -1

    def run(self) -> str:
        while self.place < len(self.text):
            token = _TOKEN.match(self.text, self.place)
            assert token is not None  # noqa: S101  the pattern covers every character
            self.place = token.end()
            word, sign, brace, dollar = token.groups()
            expected, self.next_group = self.next_group, None
            if word:
                self._command(word)
            elif sign:
                self._escape(sign)
            elif brace == "{":
                self._open(expected)
            elif brace == "}":
                self._close()
            elif dollar:
                self._dollar(dollar, token.start())
            elif token.group() in "^_" and self._sees("{"):
                self.next_group = ("short", token.group(), "")
            elif token.group() != "\\":
                self.out.append(token.group())
        self.out += [group.after for group in reversed(self.groups)]  # a text that was cut off closes nothing itself
        return "".join(self.out)

    def _sees(self, sign: str) -> bool:
        return self.text.startswith(sign, self.place)

    def _last(self) -> str:
        return next((piece[-1] for piece in reversed(self.out[-8:]) if piece), " ")

    def _part(self) -> None:
        """Keeps what comes from growing together with the word before."""
        if self._last().isalnum():
            self.out.append(" ")

    def _skip_space(self) -> None:
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1

    # Commands

    def _command(self, name: str) -> None:
        if name in _SPACES:
            self.out.append(" ")
        elif name in _SILENT:
            self._silent(name)
        elif name in _FONTS:
            if self._last().isspace():
                self._skip_space()
            self.next_group = ("argument", "", "")
        elif name in ("textsuperscript", "textsubscript"):
            self.next_group = ("short", "^" if name == "textsuperscript" else "_", "")
        elif name in ("url", "path", "href", "footnote", "sqrt") or name.endswith(("frac", "ref")) or "cite" in name:
            self._with_argument(name)
        elif name in _ACCENTS and self._accent(name, _ACCENTED_AFTER_WORD):
            pass
        else:
            self._name(name)

    def _silent(self, name: str) -> None:
        argument = _ARGUMENT.match(self.text, self.place)
        if argument:
            self.place = argument.end()
            if name in ("begin", "end"):
                self.out.append(" ")
        self.next_group = ("argument", "", "")

    def _with_argument(self, name: str) -> None:
        if name.endswith("frac"):
            self._part()
            if digits := re.compile(r"\s*(\w)\s*(\w)").match(self.text, self.place):
                self.out.append(f"{digits.group(1)}/{digits.group(2)}")
                self.place = digits.end()
            self.next_group = ("numerator", "", "/")
        elif name == "sqrt":
            self.next_group = ("short", "√", "")
        elif name == "footnote":
            self.next_group = ("argument", " (", ")")
        elif argument := _ARGUMENT.match(self.text, self.place):
            self.place = argument.end()
            options, content = argument.groups()
            content = re.sub(r"\\([%&#_$~])", r"\1", content)
            if name == "href" and self._sees("{"):
                self.next_group = ("argument", "", f" ({content})")
            elif "cite" in name:
                self.out.append(f"[{'; '.join(part for part in [*re.split(r'[][]+', options), content] if part)}]")
            else:
                if not self._last().isspace() and self._last() not in "([":
                    self.out.append(" ")
                self.out.append(options + content)
        elif not self._sees("{"):
            self._name(name)

    def _name(self, name: str) -> None:
        letter = name in _LETTERS
        symbol = _PLAIN.get(name) or (name if name in _OPERATORS else _symbol(name))
        if symbol is None and self._wraps_text():
            self.next_group = ("argument", "", "")
            return
        if symbol is None or (symbol.isalpha() and len(symbol) > 1):
            self._part()
        if symbol == "∘" and self._last() == "^":
            self.out[-1], symbol = self.out[-1][:-1], "°"
        self.out.append(symbol or name)
        if self.text.startswith("{}", self.place):
            self.place += 2
        elif letter or (symbol and not symbol.isalpha() and self.place < self.formula_end and self.out[-2:-1] != [" "]):
            self._skip_space()

    def _wraps_text(self) -> bool:
        return self._sees("{") and not self._sees("{}")

    def _accent(self, name: str, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self.text, self.place)
        if not match:
            return False
        base = next(group for group in match.groups() if group)
        if name == '"' and base.lower() not in "aeiouy":
            return False
        self.out.append(unicodedata.normalize("NFC", base + _ACCENTS[name]))
        self.place = match.end()
        return True

    def _escape(self, sign: str) -> None:
        if sign in _ACCENTS and self._accent(sign, _ACCENTED):
            return
        if sign == "," and self._last().isdigit() and re.compile(r"\d{3}(?!\d)").match(self.text, self.place):
            self.out.append(",")
        elif sign in _NOTHING:
            self.next_group = None
        elif sign == "|":
            self.out.append("‖")
        else:
            self.out.append(_SPACING.get(sign, sign))

    # Groups

    def _open(self, expected: tuple[str, str, str] | None) -> None:
        if expected:
            kind, before, after = expected
        else:
            inside = _TOKEN.match(self.text, self.place)
            command = inside.group(1) if inside else None
            font = command is not None and (command in _FONTS or command in _SILENT)
            kind, before, after = ("argument" if font else "plain"), "", ""
        self.groups.append(_Group(kind, len(self.out), before, after))
        self.out.append(before)

    def _close(self) -> None:
        if not self.groups:
            self.out.append("}")
            return
        group = self.groups.pop()
        inside = "".join(self.out[group.at + 1 : group.at + 9]) if len(self.out) - group.at <= 9 else None
        after = group.after
        if group.kind in ("short", "numerator"):
            simple = inside is not None and (not inside or (len(inside) < 60 and _SIMPLE.fullmatch(inside) is not None))
            if group.before == "^" and inside in ("st", "nd", "rd", "th", "°"):
                self.out[group.at] = ""
            elif not simple:
                self.out[group.at] += "("
                after = ")" + after
            if group.kind == "numerator" and self._sees("{"):
                self.next_group = ("short", "", "")
        elif group.kind == "plain" and self._is_set(group):
            self.out[group.at], after = "{", "}"
        self.out.append(after)

    def _is_set(self, group: _Group) -> bool:
        """Whether braces were meant to be seen: in ``{0, 1}`` and ``{x, y}`` they were, in ``{Transformer}`` not."""
        pieces = self.out[group.at + 1 :]
        return len(pieces) > 0 and len(pieces[0]) > 1 and (_SET.match(pieces[0]) is not None or "," in pieces[0])

    # Formulas

    def _dollar(self, dollar: str, at: int) -> None:
        if self.formula_end == at:
            self.formula_end = -1
            return
        end = self._formula(dollar)
        if end is None:
            self.out.append(dollar)
        else:
            self.formula_end = end

    def _formula(self, dollar: str) -> int | None:
        """Where the formula that begins here ends, by Pandoc's rule for telling one from an amount of money.

        https://pandoc.org/MANUAL.html#math: nothing blank after the first sign or before the last, no digit after the
        last. And it must look like a formula: a single word, or a sign of mathematics in it.
        """
        end = self.text.find("$", self.place, self.place + _LONGEST_FORMULA)
        while end > 0 and self.text[end - 1] == "\\":
            end = self.text.find("$", end + 1, self.place + _LONGEST_FORMULA)
        if end <= self.place:
            return None
        inside, behind = self.text[self.place : end], self.text[end + len(dollar) : end + len(dollar) + 1]
        if len(dollar) == 1 and (inside[0].isspace() or inside[-1].isspace() or behind.isdigit()):
            return None
        if not self.text.startswith(dollar, end) or not _FORMULA_SIGN.search(inside):
            return None
        return end
