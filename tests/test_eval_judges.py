"""The judges: the verifier, an NLI model of one layer with random weights, and an LLM behind the protocol server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag_assistant.assistant import Assistant
from rag_assistant.cli.eval import eval_app
from rag_assistant.data import data_path
from rag_assistant.errors import EncoderError, LLMResponseError, LLMUnavailableError, UsageError
from rag_assistant.evaluate.cases import parse_case
from rag_assistant.evaluate.harness import Plan, carry_out, parse_settings
from rag_assistant.evaluate.judges import LLMJudge, NLIJudge, VerifierJudge, make_judge
from rag_assistant.index.entailment import load_entailment
from rag_assistant.settings import load_settings
from tests.papers import make_papers
from tests.protocol_client import ProtocolServer

HARBOUR = make_papers()[0]
CASE = parse_case(
    {
        "id": "n1",
        "type": "numeric",
        "question": "How many vessels does HarborNet find in dense fog?",
        "gold_titles": [HARBOUR.title],
        "facts": [["91.4%"]],
    }
)


def settings(model: str) -> Any:
    return load_settings(llm={"model": model})


def test_the_verifier_judges_by_its_verdict() -> None:
    judge = VerifierJudge()
    assert judge.supports("HarborNet finds 91.4% of vessels in dense fog.", [HARBOUR.text])
    assert not judge.supports("HarborNet finds 99.4% of vessels in dense fog.", [HARBOUR.text])


def nli_model(folder: Path, labels: dict[int, str]) -> Path:
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]
    vocabulary += [f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    torch.manual_seed(2)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=64, num_labels=len(labels), id2label=labels, initializer_range=1.0,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder / "model")
    pieces = BertWordPieceTokenizer(str(folder / "vocab.txt"))
    BertTokenizerFast(tokenizer_object=pieces._tokenizer).save_pretrained(folder / "model")
    return folder / "model"


def test_an_nli_model_judges_by_the_probability_of_its_entailment_label(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    premise, claim = "title\nabstract\n\nother", "fog and rain"
    for place in range(3):
        (tmp_path / str(place)).mkdir()
        names = ["contradiction", "neutral"]
        names.insert(place, "Entailment")
        model = nli_model(tmp_path / str(place), dict(enumerate(names)))
        reader = AutoTokenizer.from_pretrained(model)
        network = AutoModelForSequenceClassification.from_pretrained(model)
        chances = torch.softmax(network(**reader(premise, claim, return_tensors="pt")).logits.detach(), dim=1)[0]
        assert load_entailment(str(model))(premise, claim) == pytest.approx(float(chances[place]), abs=1e-5)
        # The premises go in together, and more than half of the probability is a yes.
        judged = NLIJudge(str(model)).supports(claim, ["title\nabstract", "other"])
        assert judged is bool(chances[place] >= 0.5)
    assert max(chances) >= 0.5, "one of the three models says yes"


def test_a_model_that_is_none_for_nli_is_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="none of them entailment"):
        NLIJudge(str(nli_model(tmp_path, {0: "bad", 1: "good"}))).supports("a", ["b"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(EncoderError, match="can't be loaded"):
        NLIJudge(str(tmp_path / "empty")).supports("a", ["b"])


def test_the_llm_is_shown_the_claim_and_its_premises_and_says_yes_or_no(
    protocol_server: ProtocolServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", protocol_server.url)
    assert LLMJudge(settings("agrees")).supports("Fog is thick.", [HARBOUR.text, "Other\nIt rains."])
    sent = json.dumps(protocol_server.requests("/api/chat")[-1])
    for part in ("Fog is thick.", "pairs each camera frame", "It rains.", "You check whether passages"):
        assert part in sent
    assert not LLMJudge(settings("judges")).supports("Fog is thick.", [HARBOUR.text])
    with pytest.raises(LLMResponseError, match="not yes, partly or no"):
        LLMJudge(settings("refuses")).supports("Fog is thick.", [HARBOUR.text])


def test_a_run_by_an_llm_counts_its_tokens_and_takes_several_at_once(
    protocol_server: ProtocolServer, small_index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", protocol_server.url)
    assistant = Assistant.open(small_index, llm={"model": "good"})
    judge = make_judge("llm", settings("agrees"))
    plan = Plan((CASE,), "llm", judge, folder=tmp_path / "run", workers=2, controls=False)
    run, summary = carry_out(assistant, plan)
    assert run.results[0].answer is not None
    assert run.results[0].answer["mode"] == "llm"
    assert summary.whole["tokens"].mean > 10
    assert summary.whole["citation_recall"].mean == 1
    assert "agrees" in run.manifest["judge"]
    assert run.manifest["prompts"]


def test_a_run_by_other_prompts_is_another_run(
    protocol_server: ProtocolServer, small_index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", protocol_server.url)
    plan = Plan((CASE,), "llm", VerifierJudge(), folder=tmp_path / "run", controls=False)
    carry_out(Assistant.open(small_index, llm={"model": "good"}), plan)
    (tmp_path / "mine").mkdir()
    prompt = data_path("prompts/answer.txt").read_text(encoding="utf-8")
    (tmp_path / "mine" / "answer.txt").write_text(f"{prompt}\nBe brief.\n", encoding="utf-8")
    other = Assistant.open(small_index, llm={"model": "good"}, **parse_settings([f"prompts_dir={tmp_path / 'mine'}"]))
    with pytest.raises(UsageError, match="other prompts"):
        carry_out(other, plan)


def test_a_run_stops_where_there_is_no_llm_to_ask(
    small_index: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    plan = Plan((CASE,), "llm", VerifierJudge(), folder=tmp_path / "run", controls=False)
    with pytest.raises(LLMUnavailableError):
        carry_out(Assistant.open(small_index), plan)


def test_the_verifier_is_audited_from_the_command_line(small_index: str, tmp_path: Path) -> None:
    cases = [
        ("a", "HarborNet finds 91.4% of vessels in dense fog.", "supported", "paraphrase"),
        ("b", "HarborNet finds 19.4% of vessels in dense fog.", "unsupported", "altered_figure"),
    ]
    fields = ("id", "sentence", "label", "kind")
    file = tmp_path / "verifier.jsonl"
    file.write_text(
        "".join(
            json.dumps({**dict(zip(fields, case, strict=True)), "passage_title": HARBOUR.title}) + "\n"
            for case in cases
        )
    )
    done = CliRunner().invoke(eval_app, ["verifier", str(file), "--index-dir", small_index, "--json"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["balanced_accuracy"]["value"] == 1
    assert report["wrong"] == []
    table = CliRunner().invoke(eval_app, ["verifier", str(file), "--index-dir", small_index]).stdout
    assert "altered_figure" in table
