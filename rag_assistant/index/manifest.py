"""What made an index: written into it, compared with the settings whenever it is opened."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rag_assistant.corpus.clean import CLEANER_VERSION
from rag_assistant.errors import IndexDamagedError, IndexMismatchError
from rag_assistant.index.chroma import METRIC, chroma_version
from rag_assistant.index.chunk import CHUNKER_VERSION
from rag_assistant.index.embed import EncoderCard
from rag_assistant.index.lexical import ANALYZER_VERSION
from rag_assistant.settings import Settings

SCHEMA = 3
# Below this share of the ten nearest found, the graph is not asked.
MIN_RECALL = 0.99


@dataclass(frozen=True, slots=True)
class Manifest:
    """Every choice that shapes an index, what it holds, and what was measured when it was built.

    Sizes are counts; ``created`` is an ISO 8601 time. ``recall`` is the share of the ten exactly nearest passages that
    Chroma's graph finds, with a search as wide as ``ef_search``; None where nothing was there to measure. ``amended``
    counts the passages taken out of the graph since it was last built whole.
    """

    schema: int
    created: str
    model: str
    weights_sha256: str
    dimension: int
    window: int
    normalised: bool
    question_prompt: str
    passage_prompt: str
    metric: str
    cleaner: int
    chunker: int
    chunk_max_tokens: int
    chunk_overlap_sentences: int
    analyzer: int
    chroma: str
    papers: int
    passages: int
    papers_digest: str
    recall: float | None = None
    ef_search: int = 0
    amended: int = 0

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits over everything but the time and what was measured."""
        left_out = {"created", "recall", "ef_search", "amended"}
        fields = {name: value for name, value in asdict(self).items() if name not in left_out}
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:12]

    def write(self, folder: Path) -> None:
        """Writes ``manifest.json`` into the folder."""
        (folder / "manifest.json").write_text(json.dumps(asdict(self), indent=1) + "\n")


def make_manifest(
    settings: Settings, card: EncoderCard, created: str, papers: int, passages: int, digest: str
) -> Manifest:
    """The manifest of an index that is being built with these settings."""
    return Manifest(
        schema=SCHEMA,
        created=created,
        model=card.model,
        weights_sha256=card.weights_sha256,
        dimension=card.dimension,
        window=card.window,
        normalised=True,
        question_prompt=card.question_prompt,
        passage_prompt=card.passage_prompt,
        metric=METRIC,
        cleaner=CLEANER_VERSION,
        chunker=CHUNKER_VERSION,
        chunk_max_tokens=settings.chunk.max_tokens,
        chunk_overlap_sentences=settings.chunk.overlap_sentences,
        analyzer=ANALYZER_VERSION,
        chroma=chroma_version(),
        papers=papers,
        passages=passages,
        papers_digest=digest,
    )


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a folder.

    Raises:
        IndexDamagedError: it is missing or can't be read.
        IndexMismatchError: a version of the program wrote it that kept indexes in another form.
    """
    path = folder / "manifest.json"
    try:
        fields: dict[str, Any] = json.loads(path.read_text())
        if fields["schema"] != SCHEMA:
            raise _mismatch("schema", fields["schema"], SCHEMA, folder.parent.parent)
        return Manifest(**fields)
    except FileNotFoundError:
        raise IndexDamagedError(f"{path} is missing: run rag-assistant index rebuild") from None
    except (OSError, json.JSONDecodeError, UnicodeDecodeError, TypeError, KeyError) as error:
        raise IndexDamagedError(f"{path} can't be read ({error}): run rag-assistant index rebuild") from error


def check_settings(manifest: Manifest, settings: Settings, index_dir: Path) -> None:
    """Refuses an index that these settings would not have made.

    Raises:
        IndexMismatchError: names both values and the command that mends it.
    """
    pairs = (
        ("embedding.model", manifest.model, settings.embedding.model),
        ("cleaner version", manifest.cleaner, CLEANER_VERSION),
        ("chunker version", manifest.chunker, CHUNKER_VERSION),
        ("chunk.max_tokens", manifest.chunk_max_tokens, settings.chunk.max_tokens),
        ("chunk.overlap_sentences", manifest.chunk_overlap_sentences, settings.chunk.overlap_sentences),
        ("analyzer version", manifest.analyzer, ANALYZER_VERSION),
        ("metric", manifest.metric, METRIC),
        ("normalised vectors", manifest.normalised, True),
        ("Chroma", manifest.chroma, chroma_version()),
    )
    for name, made, asked in pairs:
        if made != asked:
            raise _mismatch(name, made, asked, index_dir)


def check_card(manifest: Manifest, card: EncoderCard, index_dir: Path) -> None:
    """Refuses a model whose weights aren't those that made the index.

    Raises:
        IndexMismatchError: names both values and the command that mends it.
    """
    pairs = (
        ("weights", manifest.weights_sha256[:12], card.weights_sha256[:12]),
        ("dimension", manifest.dimension, card.dimension),
        ("window", manifest.window, card.window),
        ("question prompt", manifest.question_prompt, card.question_prompt),
        ("passage prompt", manifest.passage_prompt, card.passage_prompt),
    )
    for name, made, asked in pairs:
        if made != asked:
            raise _mismatch(name, made, asked, index_dir)


def _mismatch(name: str, made: object, asked: object, index_dir: Path) -> IndexMismatchError:
    return IndexMismatchError(
        f"the index in {index_dir} was made with {name} = {made}, now {asked} is asked for: "
        f"run rag-assistant index rebuild --index-dir {index_dir}, or put the setting back"
    )
