"""A cross-encoder trained on natural language inference: does one text entail another?"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from rag_assistant.errors import EncoderError


@lru_cache(maxsize=1)
def load_entailment(name: str) -> Callable[[str, str], float]:
    """The model of a name on the hub or of a folder, kept once it is loaded.

    Returns:
        A function from premise and hypothesis to the probability, from 0 to 1, that the first entails the second.

    Raises:
        EncoderError: it can't be loaded, or none of its labels is called entailment.
    """
    import torch
    from sentence_transformers import CrossEncoder

    try:
        model = CrossEncoder(name, device="cpu")
    except (OSError, ValueError, RuntimeError) as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise EncoderError(f"NLI model {name!r} can't be loaded ({first}): name a CrossEncoder or a folder") from error
    labels = {str(label).lower(): int(place) for place, label in model.model.config.id2label.items()}
    if "entailment" not in labels:
        raise EncoderError(f"{name!r} is no NLI model: its labels are {', '.join(labels)}, none of them entailment")
    entailment = labels["entailment"]

    def entails(premise: str, hypothesis: str) -> float:
        scores = model.predict([(premise, hypothesis)], activation_fn=torch.nn.Softmax(dim=1), show_progress_bar=False)
        return float(scores[0][entailment])

    return entails
