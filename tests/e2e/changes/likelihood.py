"""How likely a model finds texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def loss(model: Any, tokenizer: Any, texts: Sequence[str]) -> float:
    """Mean negative log-likelihood of a token, in nats, over all tokens of the texts but the first of each."""
    import torch

    spent, count = 0.0, 0
    with torch.no_grad():
        for text in texts:
            ids = torch.tensor([tokenizer(text)["input_ids"]])
            logits = model(input_ids=ids).logits[0, :-1].float()
            spent += float(torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="sum"))
            count += ids.shape[1] - 1
    return spent / count
