"""The bundled model as a cross-encoder in an ONNX file, made once and checked against torch."""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from rag_assistant.errors import EncoderError
from rag_assistant.index.adapter import HIDDEN, Adapter
from rag_assistant.index.cross_encoder import is_whole, seal
from rag_assistant.index.export_folder import put_in_place, work_folder

# How far the logit of drawn word pieces may be from torch's: as exported, and with weights of 8 bits. These move that
# of real pairs, whose standard deviation is 4, by 0.06 (sentences) and 0.25 (questions) on average.
_MOST_OFF, _MOST_MOVED = 0.01, 3.0


def export_cross_encoder(adapter: Adapter, folder: Path, export: Path) -> None:
    """Merges the adapter into the weights and exports what comes of it, with weights of 8 bits.

    Args:
        adapter: what is laid over the weights.
        folder: the bundled model's files.
        export: the folder to make; replaced as a whole.

    Raises:
        EncoderError: it can't be merged, exported or written, or the export differs from torch.
    """
    with work_folder(export) as work:
        _export(_merged(adapter, folder), work)
        shutil.copyfile(folder / "tokenizer.json", work / "tokenizer.json")
        seal(work)
        if not is_whole(export):  # else another process was quicker, and may be reading its files right now
            put_in_place(work, export, "export.json")


def _merged(adapter: Adapter, folder: Path) -> Any:
    """A torch module with the weights of both, from ids, kinds and marks of a pair to its logits."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()  # the pooler, which isn't used, would be reported as missing
    encoder = transformers.AutoModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="eager")
    adapter.lay_over(encoder)
    try:
        heads = {
            name: {kind: torch.tensor(adapter.parts[f"{name}.{kind}"]) for kind in ("weight", "bias")}
            for name in ("sentence", "word")
        }
    except KeyError as error:
        raise EncoderError(f"the adapter has no head for pairs: {error}") from error

    class Pair(torch.nn.Module):  # type: ignore[misc]  # torch is not followed
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder
            self.sentence, self.word = torch.nn.Linear(2 * HIDDEN, 1), torch.nn.Linear(HIDDEN, 1)
            for head, name in ((self.sentence, "sentence"), (self.word, "word")):
                head.load_state_dict(heads[name])

        def forward(self, input_ids: Any, token_type_ids: Any, said: Any) -> Any:
            mask = torch.ones_like(input_ids)
            vectors = self.encoder(
                input_ids=input_ids, attention_mask=mask, token_type_ids=token_type_ids
            ).last_hidden_state
            mean = (vectors * said.unsqueeze(-1)).sum(1) / said.sum(1, keepdim=True)
            words = self.word(vectors).squeeze(-1)
            worst = (words - 60.0 * (1 - said)).max(dim=1).values
            sentence = self.sentence(torch.cat([vectors[:, 0], mean], dim=-1)).squeeze(-1)
            return sentence - worst, words

    return Pair().eval()


def _export(module: Any, work: Path) -> None:
    import onnxruntime
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    chance = np.random.default_rng(0)
    plain, inferred, small = work / "plain.onnx", work / "inferred.onnx", work / "model.onnx"
    inputs = [_sample(chance, length) for length in (24, 60, 97)]
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module,
                tuple(torch.from_numpy(one) for one in inputs[0].values()),
                str(plain),
                input_names=list(inputs[0]),
                output_names=["logit", "words"],
                dynamic_axes={
                    **{name: {0: "pairs", 1: "tokens"} for name in inputs[0]},
                    "words": {0: "pairs", 1: "tokens"},
                },
                opset_version=17,
                dynamo=False,
            )
            torched = [module(*(torch.from_numpy(value) for value in one.values()))[0].item() for one in inputs]
    except (RuntimeError, ValueError, TypeError) as error:
        first = str(error).strip().partition("\n")[0] or type(error).__name__
        raise EncoderError(f"the cross-encoder can't be exported to ONNX: {first}") from error
    quant_pre_process(str(plain), str(inferred), skip_optimization=True, skip_symbolic_shape=True)
    quantize_dynamic(str(inferred), str(small), weight_type=QuantType.QInt8, per_channel=True)
    for exported, most in ((plain, _MOST_OFF), (small, _MOST_MOVED)):
        session = onnxruntime.InferenceSession(str(exported), providers=["CPUExecutionProvider"])
        for ours, one in zip(torched, inputs, strict=True):
            moved = abs(float(session.run(["logit"], one)[0][0]) - ours)
            if moved > most:
                raise EncoderError(f"the exported cross-encoder differs from torch: logit off by {moved:.2f}")
    plain.unlink()
    inferred.unlink()


def _sample(chance: np.random.Generator, length: int) -> dict[str, Any]:
    said = length // 3
    ids = chance.integers(1_000, 20_000, (1, length)).astype(np.int64)
    kinds, marks = np.zeros_like(ids), np.zeros((1, length), dtype=np.float32)
    kinds[0, said + 2 :] = 1
    marks[0, 1 : said + 1] = 1
    return {"input_ids": ids, "token_type_ids": kinds, "said": marks}
