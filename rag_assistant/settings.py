"""Settings: values only, nothing is built or opened here.

Where a value comes from, first one wins: a flag (or keyword argument), the environment
(``RAG_ASSISTANT_LLM__MODEL``), a TOML file, the default below. The TOML file is the one that ``RAG_ASSISTANT_CONFIG``
names, else ``rag_assistant.toml`` in the working directory, else ``config.toml`` in the user's configuration folder.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_config_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from rag_assistant.errors import SettingsError

ENV_PREFIX = "RAG_ASSISTANT_"
DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
COLUMN_FIELDS = ("title", "abstract", "authors", "year", "date", "url", "doi", "arxiv_id", "venue", "categories")


Strictness = Literal["drop", "mark"]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CorpusSettings(_Group):
    """Reading files."""

    max_record_chars: int = Field(200_000, gt=0, description="A title or abstract longer than this is rejected.")
    max_file_bytes: int = Field(4_000_000_000, gt=0, description="A file larger than this is rejected.")
    max_whole_bytes: int = Field(
        500_000_000, gt=0, description="A page, a BibTeX file, a JSON object or a packed Parquet file may be no larger."
    )
    max_unpacked_times: int = Field(
        200, ge=1, description="What unpacks to more than 100 MB and to so many times its size is rejected."
    )
    columns: dict[str, str] = Field(
        {}, description='Columns of tables and JSON by field, such as {"title": "Name"}; --map wins.'
    )

    @field_validator("columns")
    @classmethod
    def _fields_that_papers_have(cls, columns: dict[str, str]) -> dict[str, str]:
        for field in columns:
            if field not in COLUMN_FIELDS:
                raise ValueError(f"no field {field!r} to map a column to: there are {', '.join(COLUMN_FIELDS)}")
        return columns


class EmbeddingSettings(_Group):
    """The sentence-transformers model that turns passages and questions into vectors."""

    model: str = Field(DEFAULT_MODEL, description="Any sentence-transformers name or a folder; the default is bundled.")


class ChunkSettings(_Group):
    """Cutting abstracts into passages of whole sentences."""

    max_tokens: int = Field(
        200, ge=16, le=8_192, description="Word pieces a passage; one longer sentence stands alone."
    )
    overlap_sentences: int = Field(1, ge=0, le=8, description="Sentences that two neighbouring passages share.")


class RetrieveSettings(_Group):
    """Finding papers for a question."""

    k: int = Field(8, ge=1, le=1_000, description="Papers handed to the writer.")
    pool: int = Field(1_000, ge=1, description="Candidates of each side (dense, lexical) that set its scale in fusion.")
    dense_weight: float = Field(0.65, ge=0, le=1, description="Weight of the dense side in fusion; the rest is BM25's.")
    feedback: float = Field(0.14, ge=0, le=1, description="Weight of what a paper shares with the first ten; 0: none.")
    reranker: str | None = Field(
        None, description="A sentence-transformers CrossEncoder by name or folder; None: none."
    )
    rerank: int = Field(30, ge=1, le=1_000, description="Papers that the reranker reads.")
    exact_below: int = Field(100_000, ge=0, description="Up to this many passages vectors are compared exactly.")


class AnswerSettings(_Group):
    """Writing answers."""

    mode: Literal["auto", "llm", "extractive"] = Field("auto", description="auto: the LLM where one answers.")
    max_sentences: int = Field(5, ge=1, le=20, description="Sentences in an extractive answer, at most.")
    samples: int = Field(
        1,
        ge=1,
        le=8,
        description="Drafts that an LLM writes, the best one kept; 1: one more only where it fails.",
    )
    max_question_chars: int = Field(20_000, ge=100, description="A longer question is refused.")
    unsupported: Strictness = Field("mark", description="What becomes of a sentence that isn't borne out.")


class LLMSettings(_Group):
    """The local LLM. API keys come from the environment only and are never written anywhere."""

    api: Literal["ollama", "openai"] = Field("ollama", description="The server's protocol; openai: any compatible one.")
    base_url: str | None = Field(None, description="None: OLLAMA_HOST, else http://localhost:11434.")
    model: str | None = Field(None, description="None: the best that the server has.")
    num_ctx: int = Field(8_192, ge=512, description="Context window asked for, in tokens.")
    max_tokens: int = Field(1_024, ge=16, description="Tokens the model may write.")
    temperature: float = Field(0.0, ge=0, le=2, description="0: the likeliest words; more: more variety.")
    keep_alive: str = Field("10m", description="How long the server keeps the model loaded.")
    thinking: bool = Field(False, description="Ask a thinking model to think.")
    connect_timeout: float = Field(3.0, gt=0, description="Seconds to connect.")
    first_token_timeout: float = Field(90.0, gt=0, description="Seconds to the first token; a cold model loads first.")
    token_timeout: float = Field(30.0, gt=0, description="Seconds between two tokens.")
    total_timeout: float = Field(300.0, gt=0, description="Seconds for the whole answer.")
    retries: int = Field(
        1, ge=0, le=5, description="Tries again after a passing fault, only where nothing was streamed."
    )


class WebSettings(_Group):
    """The chat page."""

    host: str = Field("127.0.0.1", description="Address to bind; another than loopback needs a password.")
    port: int = Field(7860, ge=0, le=65_535, description="Port to bind; 0 takes a free one.")
    password: str | None = Field(None, repr=False, description="Asked for by the page when set.")
    concurrency: int = Field(8, ge=1, description="Questions answered at once.")


class Settings(BaseSettings):
    """All settings. ``Settings()`` reads the environment and the TOML file; keyword arguments win over both."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, validate_default=True
    )

    index_dir: Path = Field(
        default_factory=lambda: user_data_path("rag_assistant") / "index", description="Where the index is kept."
    )
    prompts_dir: Path | None = Field(None, description="A folder with prompt files of your own.")
    corpus: CorpusSettings = CorpusSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    chunk: ChunkSettings = ChunkSettings()
    retrieve: RetrieveSettings = RetrieveSettings()
    answer: AnswerSettings = AnswerSettings()
    llm: LLMSettings = LLMSettings()
    web: WebSettings = WebSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flag > environment > TOML > default."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config_file())


def config_file() -> Path | None:
    """The TOML file that is read, or None.

    Raises:
        SettingsError: ``RAG_ASSISTANT_CONFIG`` names a file that isn't there.
    """
    named = os.environ.get(f"{ENV_PREFIX}CONFIG")
    if named:
        if not Path(named).is_file():
            raise SettingsError(f"{ENV_PREFIX}CONFIG names {named}, which is not a file")
        return Path(named)
    for path in (Path("rag_assistant.toml"), user_config_path("rag_assistant") / "config.toml"):
        if path.is_file():
            return path
    return None


def load_settings(**overrides: Any) -> Settings:
    """The settings in force; ``overrides`` are top-level values or groups as dicts, None meaning "not given".

    Raises:
        SettingsError: a value is of the wrong kind, a name is unknown, or the TOML file can't be read; one line.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"setting {name}: {first['msg']} (given: {first.get('input')!r})") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{config_file()}: not valid TOML: {error}") from None
    except OSError as error:
        raise SettingsError(f"{error.filename}: {error.strerror}") from None
