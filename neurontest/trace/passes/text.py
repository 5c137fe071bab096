"""One pass over texts that follow their prompts: how likely each of their tokens is, with neurons set or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurontest.arrays import Floats
from neurontest.errors import TraceError
from neurontest.trace.passes.decoder import call
from neurontest.trace.passes.resume import Resume
from neurontest.trace.sites.find import Site
from neurontest.trace.sites.intervene import Forced, SiteForcer
from neurontest.trace.sites.writes import Writes

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Text:
    """Tokens of a prompt, and of what follows it and is scored.

    Attributes
    ----------
    firsts : tuple of int
        Tokens that may come first after the prompt and are to be set beside control tokens; empty if none are.
    """

    prompt: tuple[int, ...]
    after: tuple[int, ...]
    firsts: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Tokens in all."""
        return len(self.prompt) + len(self.after)


@dataclass(frozen=True)
class TextPass:
    """What one pass gives.

    Attributes
    ----------
    tokens : list of float64 arrays [token]
        Log-probabilities of each text's tokens.
    openings : list of float32 tensors [vocabulary], or None
        Log-probabilities of what may come first after the prompt, of texts that have `firsts`.
    written : dict from layer to float32 tensor [text, position]
    positions : int
        Tokens that were read, padding included.
    """

    tokens: list[Floats]
    openings: list[torch.Tensor | None]
    written: dict[int, torch.Tensor]
    positions: int


def context_of(model: Any) -> int | None:
    """Tokens that the model reads at most; None if it does not say."""
    found = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
    return found if isinstance(found, int) and found > 0 else None


def read_texts(
    model: Any,
    site: Site,
    texts: Sequence[Text],
    rows: Sequence[Forced],
    width: int,
    begun: Resume | None = None,
    places: Sequence[int] = (),
    writes: Writes | None = None,
    held: Mapping[int, torch.Tensor] | None = None,
) -> TextPass:
    """Read texts in one forward pass; from a later block on if that was `begun`."""
    import torch

    ids = np.zeros((len(texts), width), dtype=np.int64)
    mask = np.zeros_like(ids)
    steps, scored = np.zeros(ids.shape, dtype=bool), np.zeros(ids.shape, dtype=bool)
    for row, text in enumerate(texts):
        ids[row, : text.size] = (*text.prompt, *text.after)
        mask[row, : text.size] = 1
        steps[row, len(text.prompt) - 1 : text.size] = True
        scored[row, len(text.prompt) : text.size] = True
    device = model.device
    tokens = torch.from_numpy(ids).to(device)
    # A text may be one token longer than the model's context: nothing is foretold after its last one.
    read = slice(min(width, context_of(model) or width))
    # Each scored token is foretold at the position before it; the head need not look anywhere else.
    row, at = torch.from_numpy(np.argwhere(scored)).to(device).T
    head = model.get_output_embeddings()
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode())
        forcer = SiteForcer(site, rows, torch.from_numpy(steps[:, read]).to(device), writes, held)
        stack.enter_context(forcer)
        if begun is not None:
            stack.enter_context(begun.resumed(torch.as_tensor(list(places), device=device)))
        asked: list[bool] = []

        def narrow(_: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
            asked.append(True)
            here = args[0].device  # a model may be spread over several
            return (args[0][row.to(here), at.to(here) - 1][None], *args[1:])

        handle = head.register_forward_pre_hook(narrow)
        stack.callback(handle.remove)
        # Padding stands behind: causal attention never looks there, and positions count from 0 without being told.
        logits: torch.Tensor = call(
            model,
            input_ids=tokens[:, read],
            attention_mask=torch.from_numpy(mask[:, read]).to(device),
            use_cache=False,
            return_dict=True,
        ).logits[0]
        if not asked:
            raise without_head(model)
        foretold = logits.to(device).float()
        total = foretold.logsumexp(dim=1)
        likely = (foretold.gather(1, tokens[row, at, None])[:, 0] - total).double().cpu().numpy()
        ends = np.cumsum([len(text.after) for text in texts])
        starts = [0, *ends[:-1].tolist()]
        openings = [
            foretold[start] - total[start] if text.firsts else None for text, start in zip(texts, starts, strict=True)
        ]
    return TextPass(np.split(likely, ends[:-1]), openings, forcer.written, int(tokens[:, read].shape[1]))


def without_head(model: Any) -> TraceError:
    """What is wrong with a model whose logits are no layer's output."""
    return TraceError(
        f"{type(model).__name__} does not take its logits from a layer of its own (get_output_embeddings): how likely "
        "a text is with neurons set (claims of kind necessary and sufficient) cannot be had of it."
    )
