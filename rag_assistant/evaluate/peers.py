"""What building an index is measured against: the model alone, and llama-index's own pipeline.

This is the one module of the package that calls sentence-transformers, llama-index and Chroma outside their stages:
here they are not parts but peers.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag_assistant.index.embed import model_folder
from rag_assistant.records import Paper

# As llama-index's HuggingFaceEmbedding has it.
LLAMA_INDEX_BATCH = 10


def bare_model(model: str, device: str = "cpu", dtype: str = "float32") -> Any:
    """The SentenceTransformer itself, its weights in a type that torch names."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import transformers
    from sentence_transformers import SentenceTransformer

    transformers.utils.logging.disable_progress_bar()
    return SentenceTransformer(str(model_folder(model) or model), device=device, model_kwargs={"dtype": dtype})


def bare_encode(model: Any, texts: Sequence[str]) -> None:
    """Encodes texts as sentence-transformers does by itself: batches of 32, sorted by length."""
    model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)


def llama_index_build(model: Any, papers: Sequence[Paper], max_tokens: int, folder: Path) -> int:
    """Indexes papers by llama-index's own pipeline over Chroma and returns how many passages it made of them.

    ``SentenceSplitter`` at the same passage size and ``VectorStoreIndex.from_documents`` are llama-index's. Its
    HuggingFaceEmbedding and ChromaVectorStore are packages of their own; where they are not installed, as in this
    project, the two small classes below do the same calls: encode in batches of ten, add with text and metadata.
    """
    import chromadb
    from llama_index.core import Document, StorageContext, VectorStoreIndex
    from llama_index.core.embeddings import BaseEmbedding
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.core.schema import BaseNode, MetadataMode
    from llama_index.core.vector_stores.types import BasePydanticVectorStore, VectorStoreQueryResult
    from llama_index.core.vector_stores.utils import node_to_metadata_dict

    class Embedding(BaseEmbedding):
        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            vectors: list[list[float]] = model.encode(
                texts, batch_size=LLAMA_INDEX_BATCH, normalize_embeddings=True, show_progress_bar=False
            ).tolist()
            return vectors

        def _get_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

    client = chromadb.PersistentClient(path=str(folder))
    collection = client.create_collection("peer", embedding_function=None)

    class Store(BasePydanticVectorStore):
        stores_text: bool = True
        flat_metadata: bool = True

        @property
        def client(self) -> Any:
            return client

        def add(self, nodes: Sequence[BaseNode], **_: Any) -> list[str]:
            for begin in range(0, len(nodes), 5_000):
                some = nodes[begin : begin + 5_000]
                collection.add(
                    ids=[node.node_id for node in some],
                    embeddings=[node.get_embedding() for node in some],
                    metadatas=[node_to_metadata_dict(node, remove_text=True, flat_metadata=True) for node in some],
                    documents=[node.get_content(metadata_mode=MetadataMode.NONE) for node in some],
                )
            return [node.node_id for node in nodes]

        def delete(self, ref_doc_id: str, **_: Any) -> None:
            collection.delete(where={"document_id": ref_doc_id})

        def query(self, query: Any, **_: Any) -> VectorStoreQueryResult:
            raise NotImplementedError("only building is measured")

    VectorStoreIndex.from_documents(
        [Document(text=paper.text, doc_id=paper.id) for paper in papers],
        storage_context=StorageContext.from_defaults(vector_store=Store()),
        embed_model=Embedding(embed_batch_size=LLAMA_INDEX_BATCH),
        # Of its default overlap, 200 tokens of 1,024, the same share.
        transformations=[SentenceSplitter(chunk_size=max_tokens, chunk_overlap=max_tokens // 5)],
    )
    count: int = collection.count()
    client.close()
    return count
