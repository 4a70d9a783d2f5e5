"""Asking the questions of a run and measuring each answer as it comes."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import islice

from rag_assistant.answer.candidates import read_papers, weigh
from rag_assistant.answer.evidence import fit
from rag_assistant.answer.likelihood import likeliest
from rag_assistant.answer.question import understand
from rag_assistant.assistant import Assistant
from rag_assistant.errors import LLMModelError, LLMUnavailableError, RagAssistantError
from rag_assistant.evaluate.cases import Case, title_key
from rag_assistant.evaluate.citations import NAMES as JUDGED
from rag_assistant.evaluate.citations import cited_sentences, judged_values
from rag_assistant.evaluate.controls import CONTROLS
from rag_assistant.evaluate.judges import Judge
from rag_assistant.evaluate.metrics import Values, answer_values, ranking_values
from rag_assistant.evaluate.results import Result, shown
from rag_assistant.records import Answer, Mode

_FOUND = 10


@dataclass(frozen=True, slots=True)
class Asking:
    """What the questions are asked of. ``seed`` is of the control that answers at random."""

    assistant: Assistant
    mode: Mode
    judge: Judge
    seed: int = 0
    controls: bool = True

    def each(self, cases: Sequence[Case], workers: int = 1) -> Iterator[Result]:
        """The results, as they are done.

        Args:
            cases: the questions.
            workers: asked at the same time. More than one speeds up a server that answers several at once, and makes
                the seconds of an answer longer.

        Raises:
            LLMUnavailableError: mode ``llm``, and nothing answers at the server's address.
            LLMModelError: mode ``llm``, and the server lacks the model.
        """
        if workers == 1:
            yield from map(self.one, cases)
            return
        waiting = iter(cases)
        with ThreadPoolExecutor(workers) as pool:
            running: set[Future[Result]] = {pool.submit(self.one, case) for case in islice(waiting, workers)}
            while running:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                # Handed out only as fast as they are taken: who stops taking stops the run after those under way.
                running |= {pool.submit(self.one, case) for case in islice(waiting, len(done))}
                for future in done:
                    yield future.result()

    def one(self, case: Case) -> Result:
        """One question, after those before it in its conversation. An error of its own becomes part of the result."""
        conversation = self.assistant.conversation(self.mode)
        try:
            for earlier in case.history:
                conversation.ask(earlier)
            answer = conversation.ask(case.question)
            hits = self.assistant.search(answer.standalone_question, _FOUND)
        except (LLMUnavailableError, LLMModelError):
            raise  # every further question would fail alike
        except RagAssistantError as error:
            return Result(case, {}, None, error=str(error))
        # By key: two papers of one title count as one.
        found = list(dict.fromkeys(title_key(hit.paper.title) for hit in hits))
        ranking = ranking_values(found, {title_key(title) for title in case.gold_titles})
        values, unjudged = self._measured(case, answer)
        result = Result(
            case=case,
            values={**values, **ranking},
            answer=shown(answer),
            found=tuple(hit.paper.title for hit in hits),
            confidence=self._confidence(answer),
            unjudged=unjudged,
        )
        return replace(result, controls=self._controls(case, answer, unjudged)) if self.controls else result

    def _measured(self, case: Case, answer: Answer) -> tuple[Values, str | None]:
        values = answer_values(case, answer)
        try:
            return {**values, **judged_values(cited_sentences(answer), self.judge)}, None
        except RagAssistantError as error:
            return {**values, **dict.fromkeys(JUDGED)}, str(error)

    def _controls(self, case: Case, answer: Answer, unjudged: str | None) -> dict[str, Values]:
        if unjudged is not None:
            return {}
        chance = random.Random(f"{self.seed} {case.id}")  # noqa: S311 (nothing secret hangs on it)
        index = self.assistant.index
        measured = {
            name: self._measured(case, control(answer.standalone_question, answer.hits, index, chance))[0]
            for name, control in CONTROLS.items()
        }
        return {name: {key: one for key, one in values.items() if one is not None} for name, values in measured.items()}

    def _confidence(self, answer: Answer) -> float:
        """The highest probability, by the model behind the extractive writer's abstention, of the papers handed on."""
        asked = understand(answer.standalone_question)
        read = read_papers(answer.hits)
        if not read:
            return 0.0
        likely = likeliest(asked, weigh(asked, read, self.assistant.index), read, fit())
        return likely.papers[0].probability
