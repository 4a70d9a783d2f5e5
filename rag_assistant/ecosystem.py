"""The assistant as parts of a llama-index program: a retriever and a query engine.

llama-index's types stay in this file: nothing between our own stages speaks them, and its global
Settings stays untouched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.base.response.schema import Response
from llama_index.core.query_engine import CustomQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from pydantic import ConfigDict

from rag_assistant.records import Mode, Paper, Passage

if TYPE_CHECKING:
    from rag_assistant.assistant import Assistant


def _node(paper: Paper, passage: Passage, score: float) -> NodeWithScore:
    metadata = {"paper_id": paper.id, "title": paper.title, "url": paper.url, "year": paper.year}
    node = TextNode(
        id_=passage.id,
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata={name: value for name, value in metadata.items() if value is not None},
    )
    return NodeWithScore(node=node, score=score)


class _Retriever(BaseRetriever):
    def __init__(self, assistant: Assistant, k: int | None) -> None:
        super().__init__()
        self._assistant = assistant
        self._k = k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._assistant.search(query_bundle.query_str, self._k)
        return [_node(hit.paper, hit.passage, hit.score) for hit in hits]


class _QueryEngine(CustomQueryEngine):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    assistant: Any
    mode: Any = None

    def custom_query(self, query_str: str) -> Response:
        """The checked answer as a llama-index response: cited quotes are its source nodes, the answer its metadata."""
        answer = self.assistant.ask(query_str, self.mode)
        nodes = [
            _node(
                citation.paper,
                Passage(
                    f"{quote.paper_id}:{quote.start}-{quote.end}", quote.paper_id, quote.text, quote.start, quote.end
                ),
                1.0,
            )
            for citation in answer.citations
            for quote in citation.quotes
        ]
        return Response(response=answer.text, source_nodes=nodes, metadata={"answer": answer})


def make_retriever(assistant: Assistant, k: int | None) -> BaseRetriever:
    """A llama-index retriever over the assistant's search; ``k`` papers at most."""
    return _Retriever(assistant, k)


def make_query_engine(assistant: Assistant, mode: Mode | None) -> CustomQueryEngine:
    """A llama-index query engine that answers through the assistant."""
    return _QueryEngine(assistant=assistant, mode=mode)
