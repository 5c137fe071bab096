"""The forward passes of a batch of texts: left padding, explicit positions, and the cache between the steps."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch


class Passes:
    """The forward passes of a batch.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    prompts : sequence of sequences of int
        Tokens of each row's prompt.
    steps : int
        New tokens that there must be room for.
    use_cache : bool
        False runs every pass over the whole text.

    Attributes
    ----------
    shared : int64 array [row] or None
        Which row of the first pass stands for each row: rows of the same prompt share one. None if each has its own.
    """

    def __init__(self, model: Any, prompts: Sequence[Sequence[int]], steps: int, use_cache: bool) -> None:
        import torch

        self._model, self._use_cache = model, use_cache
        self._past: Any = None
        self.shared: npt.NDArray[np.int64] | None = None
        self._width = max(map(len, prompts))
        # Padding is masked out, so that any token does.
        ids = np.zeros((len(prompts), self._width + steps), dtype=np.int64)
        mask = np.ones_like(ids)
        for i, prompt in enumerate(prompts):
            ids[i, self._width - len(prompt) : self._width] = prompt
            mask[i, : self._width - len(prompt)] = 0
        self._ids = torch.from_numpy(ids).to(model.device)
        self._mask = torch.from_numpy(mask).to(model.device)
        self._positions = (self._mask.cumsum(dim=1) - 1).clamp(min=0)
        known = inspect.signature(model.forward).parameters
        self._takes_positions = "position_ids" in known
        self._options = {"logits_to_keep": 1} if "logits_to_keep" in known else {}
        if use_cache and "past_key_values" in known:
            from neurontest.trace.cache import roomy, takes_cache

            if takes_cache(model):
                self._past = roomy(model, steps)
                first: dict[tuple[int, ...], int] = {}
                rows = np.array([first.setdefault(tuple(prompt), len(first)) for prompt in prompts])
                self.shared = rows if len(first) < len(rows) else None
        self._own_cache = self._past is not None
        self._begun = False

    @property
    def can_drop(self) -> bool:
        """Whether rows may leave the batch."""
        return self._own_cache

    def forward(self, tokens: npt.NDArray[np.int64] | None) -> torch.Tensor:
        """Logits ``[row, token]`` at the last position, once the `tokens` of the step before are appended."""
        import torch

        if tokens is not None:
            self._ids[:, self._width] = torch.from_numpy(tokens).to(self._ids.device)
            self._width += 1
        whole = not self._begun or not self._use_cache
        new = slice(0 if whole else self._width - 1, self._width)
        ids, mask, positions = self._ids[:, new], self._mask[:, : self._width], self._positions[:, new]
        share = self.shared is not None and not self._begun
        if share:
            _, unique = np.unique(self.shared, return_index=True)
            rows = torch.from_numpy(unique).to(ids.device)
            ids, mask, positions = ids[rows], mask[rows], positions[rows]
        output = self._model(
            input_ids=ids,
            attention_mask=mask,
            past_key_values=self._past,
            use_cache=self._use_cache,
            return_dict=True,
            **({"position_ids": positions} if self._takes_positions else {}),
            **self._options,
        )
        self._begun = True
        self._past = output.past_key_values if self._use_cache else None
        logits = output.logits[:, -1]
        if not share:
            return logits
        everyone = torch.from_numpy(self.shared).to(logits.device)
        self._past.reorder_cache(everyone)
        return logits[everyone]

    def keep(self, rows: npt.NDArray[np.int64]) -> None:
        """Let all rows but `rows` leave the batch."""
        import torch

        kept = torch.from_numpy(rows).to(self._ids.device)
        self._ids, self._mask, self._positions = (array[kept] for array in (self._ids, self._mask, self._positions))
        self._past.reorder_cache(kept)
