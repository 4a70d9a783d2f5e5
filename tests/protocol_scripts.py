"""What the protocol server's models write and how they fail: each by its name, all of them deterministic.

A script is a function from a request to steps. A step is a piece of text, a piece of thinking, or a fault. Models that
answer read the numbered passages out of the prompt that they were sent, so what they say is true of what was retrieved.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rag_assistant.answer.abstention import ABSTENTION
from rag_assistant.sentences import sentences

_PASSAGE = re.compile(r'<passage number="(\d+)" title="([^"]*)">\n(.*?)\n</passage>', re.DOTALL)
_QUESTION = re.compile(r"^Question: (.*)$", re.MULTILINE)
_UNTITLED = re.compile(r'<passage number="\d+">\n(.*?)\n</passage>', re.DOTALL)
_SENTENCE = re.compile(r"^Sentence: (.*)$", re.MULTILINE)
_LAST_QUESTION = re.compile(r"^Last question: (.*)$", re.MULTILINE)
_COMMON = frozenset(
    "about does from have many that their there these this what when where which while with would".split()
)


@dataclass(frozen=True)
class Text:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True)
class Thinking:
    """A piece of thinking, in the protocol's own field."""

    text: str


@dataclass(frozen=True)
class Line:
    """A line that is sent as it stands."""

    line: str


@dataclass(frozen=True)
class Fault:
    """hang: send nothing more; cut: close the socket; end: end the stream cleanly; drip: empty pieces for ever."""

    kind: str


@dataclass(frozen=True)
class Status:
    """An HTTP error instead of a stream."""

    code: int
    body: str
    content_type: str = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Done:
    """The last object of a stream."""

    reason: str = "stop"
    prompt_eval_count: int | None = None  # None: as many as there are


Step = Text | Thinking | Line | Fault | Status | Done
Script = Callable[["Asked"], Iterator[Step]]


@dataclass(frozen=True)
class Asked:
    """A chat request, as a script sees it. ``count`` is how often this model was asked before."""

    prompt: str
    options: dict[str, Any]
    think: bool | str | None
    count: int

    @property
    def question(self) -> str:
        found = _QUESTION.findall(self.prompt)
        return str(found[-1]) if found else ""

    @property
    def passages(self) -> dict[int, str]:
        return {int(number): text for number, _, text in _PASSAGE.findall(self.prompt)}


def first_sentence(asked: Asked, number: int) -> str:
    """The first sentence of a passage, without its last stop."""
    return sentences(asked.passages[number])[0].rstrip(".!?")


def answers_question(asked: Asked) -> bool:
    """Whether any passage shares a word of five letters or more, or a name with digits, with the question."""
    words = {word for word in re.findall(r"[\w-]{4,}", asked.question.lower()) if word not in _COMMON}
    text = asked.prompt.rpartition("</passage>")[0].lower()
    return not words or any(word.rstrip("s") in text for word in words)


def cited(asked: Asked, form: str = "[{}]", numbers: tuple[int, ...] = (1, 2)) -> str:
    """A sentence out of each passage with its marker, in some form."""
    shown = [number for number in numbers if number in asked.passages]
    return " ".join(f"{first_sentence(asked, number)} {form.format(number)}." for number in shown)


def pieces(text: str, size: int = 4) -> Iterator[Step]:
    """A text in pieces about as long as tokens."""
    yield from (Text(text[start : start + size]) for start in range(0, len(text), size))


def good(asked: Asked) -> Iterator[Step]:
    """Answers out of the first two passages, abstains where none fits, rewrites follow-ups."""
    follow_up = _LAST_QUESTION.findall(asked.prompt)[-1:]
    if follow_up:
        earlier = _QUESTION.findall(asked.prompt.rpartition("Last question:")[0])[-1:]
        about = f" (about: {earlier[0].rstrip('?')})" if earlier else ""
        yield from pieces(f"{follow_up[0].rstrip('?')}{about}?")
    elif not asked.passages:
        yield Text("Yes.")
    else:
        yield from pieces(cited(asked) if answers_question(asked) else ABSTENTION)
    yield Done()


def writes(compose: Callable[[Asked], str], reason: str = "stop", size: int = 4) -> Script:
    """A script that writes one text."""

    def script(asked: Asked) -> Iterator[Step]:
        yield from pieces(compose(asked), size)
        yield Done(reason)

    return script


def steps(*before: Step, answer: bool = False, after: tuple[Step, ...] = ()) -> Script:
    """A script of fixed steps, with the good answer's text (not its end) between them if wanted."""

    def script(asked: Asked) -> Iterator[Step]:
        yield from before
        if answer:
            yield from (step for step in good(asked) if not isinstance(step, Done))
        yield from after

    return script


def once(fault: Step) -> Script:
    """Fails the first time it is asked, then answers well."""

    def script(asked: Asked) -> Iterator[Step]:
        yield from (fault,) if asked.count == 0 else good(asked)

    return script


def _thinks(asked: Asked) -> Iterator[Step]:
    if asked.think:
        yield from (Thinking("The passages "), Thinking("say it plainly."))
    yield from good(asked)


def _runs_on(asked: Asked) -> Iterator[Step]:
    while True:
        yield Text(f"{cited(asked)} ")


def _cut_prompt(asked: Asked) -> Iterator[Step]:
    yield from pieces(cited(asked, numbers=(1,)))
    yield Done(prompt_eval_count=64)


def _wrong_passages(asked: Asked) -> str:
    numbers = sorted(asked.passages)
    return " ".join(
        f"{first_sentence(asked, one)} [{other}]." for one, other in zip(numbers, numbers[::-1], strict=True)
    )


_PRIZE = "It was awarded a prize by an academy of 1,234 glaciologists [1]."


def told(after: Script) -> Script:
    """Invents at first; does something else once it is told that this failed its check."""

    def script(asked: Asked) -> Iterator[Step]:
        failed = "checked against the passages" in asked.prompt
        yield from after(asked) if failed else writes(lambda _: _PRIZE)(asked)

    return script


def _judges(asked: Asked) -> str:
    """Yes where every word of the sentence to be judged stands in the passages."""
    sentence = _SENTENCE.findall(asked.prompt)[-1:]
    words = re.findall(r"\w+", sentence[0].lower()) if sentence else []
    there = " ".join(_UNTITLED.findall(asked.prompt)).lower()
    return "yes" if words and all(word in there for word in words) else "no"


def _improves(asked: Asked) -> Iterator[Step]:
    """Invents all, then half, then nothing, then half again."""
    drafts = (_PRIZE, _invents(asked), cited(asked), _invents(asked))
    yield from pieces(drafts[asked.count % len(drafts)])
    yield Done()


def _invents(asked: Asked) -> str:
    return f"{cited(asked, numbers=(1,))} {_PRIZE}"


def _error(code: int, said: str) -> Status:
    return Status(code, '{"error": "' + said + '"}')


_HTML = "<!DOCTYPE html>\n<html><body><h1>Sign in to the network</h1></body></html>"
_THOUGHT = "The first passage says it."

ANSWERS: dict[str, Script] = {
    "good": good,
    "abstains": writes(lambda asked: ABSTENTION),
    "abstains-in-own-words": writes(lambda asked: "The provided passages do not contain information about this topic."),
    "agrees": writes(lambda asked: "Yes."),
    "refuses": writes(lambda asked: "I'm sorry, but I can't help with that request."),
    "cites-nobody": writes(lambda asked: cited(asked, form="").replace(" .", ".")),
    "cites-out-of-range": writes(lambda asked: cited(asked, form="[99]")),
    "cites-wrong-passages": writes(_wrong_passages),
    "invents": writes(_invents),
    "judges": writes(_judges),
    "invents-all": writes(lambda asked: _PRIZE),
    "mends": told(good),
    "improves": _improves,
    "then-abstains": told(writes(lambda asked: ABSTENTION)),
    "then-hangs": told(steps(Fault("hang"))),
    "then-breaks": told(steps(_error(500, "out of memory"))),
    "marks-comma": writes(lambda asked: f"{first_sentence(asked, 1)} [1, 2]."),
    "marks-adjacent": writes(lambda asked: f"{first_sentence(asked, 1)} [1][2]."),
    "marks-range": writes(lambda asked: f"{first_sentence(asked, 1)} [1-2]."),
    "marks-after-stop": writes(lambda asked: f"{first_sentence(asked, 1)}. [1]"),
    "marks-round": writes(lambda asked: cited(asked, form="({})")),
    "marks-word": writes(lambda asked: cited(asked, form="[passage {}]")),
    "marks-lenticular": writes(lambda asked: cited(asked, form="【{}】")),
    "marks-footnote": writes(lambda asked: cited(asked, form="[^{}]")),
    "thinks": _thinks,
    "reasons": steps(Thinking("The passages "), Thinking("say it plainly."), answer=True, after=(Done(),)),
    "thinks-inline": writes(lambda asked: f"<think>\n{_THOUGHT} [2]\n</think>\n\n{cited(asked)}"),
    "thinks-inline-split": writes(lambda asked: f"<think>{_THOUGHT}</think>{cited(asked)}", size=1),
    "thinks-unopened": writes(lambda asked: f"{_THOUGHT} [2]\n</think>\n\n{cited(asked)}"),
    "chatters": writes(lambda asked: "Sure, let me think about what was asked here. " * 60),
    "window-2048": good,
    "length": writes(lambda asked: cited(asked)[:-20], reason="length"),
    "cut-prompt": _cut_prompt,
    "runs-on": _runs_on,
    "slow": steps(answer=True, after=(Done(),)),
    "flaky-429": once(_error(429, "too many requests")),
    "flaky-503": once(_error(503, "server busy, please try again. maximum pending requests exceeded")),
    "flaky-reset": once(Fault("cut")),
}

FAULTS: dict[str, Script] = {
    "status-400": steps(_error(400, "invalid options")),
    "status-401": steps(_error(401, "unauthorized")),
    "status-404": steps(_error(404, "model 'status-404' not found")),
    "status-429": steps(_error(429, "too many requests")),
    "status-500": steps(_error(500, "llama runner process has terminated: signal: killed")),
    "status-502": steps(Status(502, "<html>502 Bad Gateway</html>", "text/html")),
    "redirect": steps(Status(302, "")),
    "hang-before-headers": steps(Fault("hang-now")),
    "hang-before-first": steps(Fault("hang")),
    "hang-in-middle": steps(Text("A first"), Text(" word"), Fault("hang")),
    "drips-empty": steps(Fault("drip")),
    "drips-bytes": steps(Fault("drip-bytes")),
    "reset": steps(Fault("cut")),
    "cut-in-middle": steps(Text("A first"), Text(" word"), Fault("cut")),
    "error-in-middle": steps(Text("A first"), Line('{"error": "an error was encountered while running the model"}')),
    "garbage-line": steps(Text("A first"), Line("%$§ not json {")),
    "not-an-object": steps(Text("A first"), Line('["a", "list"]')),
    "wrong-types": steps(
        Text("A first"), Line('{"message": {"role": "assistant", "content": {"a": 1}}, "done": false}')
    ),
    "not-utf8": steps(Text("A first"), Line("\udcff\udcfe")),
    "html": steps(Status(200, _HTML, "text/html")),
    "no-done": steps(answer=True, after=(Fault("end"),)),
    "empty": steps(Done()),
    "nothing-at-all": steps(Fault("end")),
    "thinks-for-ever": steps(Thinking("Let me see. "), Thinking("Hm."), Done("length")),
    "thinks-inline-unclosed": steps(Text("<think>Let me see."), Done("length")),
}

SCRIPTS: dict[str, Script] = ANSWERS | FAULTS
