"""The forward passes of a batch of texts: left padding, explicit positions, and the cache between the steps."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurontest.trace.architecture import is_encoder, is_encoder_decoder
from neurontest.trace.encoder_decoder import EncoderDecoderPasses

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
        # Encoders count in ways of their own, from the padding token's number on say; their rows are never padded.
        self._takes_positions = "position_ids" in known and not is_encoder(model.config)
        # A state-space model keeps its state under another name, and multiplies its input with the mask of these alone.
        self._recurrent = "past_key_values" not in known and "cache_params" in known
        self._cache = "cache_params" if self._recurrent else "past_key_values"
        self._options = {"logits_to_keep": 1} if "logits_to_keep" in known else {}
        self._begun = False
        #: Whether rows may leave the batch: the model then keeps between the passes what was handed to it.
        self.can_drop = False
        if use_cache and "past_key_values" in known:
            from neurontest.trace.cache import roomy, takes_cache

            if takes_cache(model):
                self.can_drop, self._past = True, roomy(model, steps)
                self._share(prompts)

    def _share(self, prompts: Sequence[Sequence[int]]) -> None:
        """Let rows of the same prompt share a row of the first pass."""
        first: dict[tuple[int, ...], int] = {}
        leaders: list[int] = []
        shared = np.zeros(len(prompts), dtype=np.int64)
        for i, prompt in enumerate(map(tuple, prompts)):
            if prompt not in first:
                first[prompt] = len(leaders)
                leaders.append(i)
            shared[i] = first[prompt]
        if len(leaders) < len(prompts):
            self.shared, self._leaders = shared, leaders

    def forward(self, tokens: npt.NDArray[np.int64] | None) -> torch.Tensor:
        """Logits ``[row, token]`` at the last position, once the `tokens` of the step before are appended."""
        output, shared = self._run(tokens)
        logits: torch.Tensor = output.logits[:, -1]
        return logits if shared is None else logits[shared]

    def read(self) -> None:
        """Run over the prompts alone, for what hooks read; an encoder may have no head that gives logits."""
        self._run(None)

    def _run(self, tokens: npt.NDArray[np.int64] | None) -> tuple[Any, torch.Tensor | None]:
        """What the model returns, and which row of it stands for each row if some share one."""
        import torch

        if tokens is not None:
            self._ids[:, self._width] = torch.from_numpy(tokens).to(self._ids.device)
            self._width += 1
        new = slice(self._width - 1 if self._begun and self._use_cache else 0, self._width)
        shared = None if self._begun or self.shared is None else torch.from_numpy(self.shared).to(self._ids.device)
        rows = slice(None) if shared is None else self._leaders
        positions = {"position_ids": self._positions[rows, new]} if self._takes_positions else {}
        output = self._model(
            input_ids=self._ids[rows, new],
            attention_mask=self._mask[rows, new if self._recurrent else slice(self._width)],
            use_cache=self._use_cache,
            return_dict=True,
            **{self._cache: self._past},
            **positions,
            **self._options,
        )
        self._begun = True
        self._past = getattr(output, self._cache, None) if self._use_cache else None
        if shared is not None:
            self._past.reorder_cache(shared)
        return output, shared

    def keep(self, rows: npt.NDArray[np.int64]) -> None:
        """Let all rows but `rows` leave the batch."""
        import torch

        kept = torch.from_numpy(rows).to(self._ids.device)
        self._ids, self._mask, self._positions = (array[kept] for array in (self._ids, self._mask, self._positions))
        self._past.reorder_cache(kept)


def begin(model: Any, prompts: Sequence[Sequence[int]], steps: int, use_cache: bool) -> Passes | EncoderDecoderPasses:
    """The passes of a batch, as the model's architecture takes them; parameters as of :class:`Passes`."""
    kind = EncoderDecoderPasses if is_encoder_decoder(model) else Passes
    return kind(model, prompts, steps, use_cache)
