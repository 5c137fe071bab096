"""The forward passes of a batch of texts: left padding, explicit positions, and the cache between the steps."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurontest.trace.architecture import is_encoder, is_encoder_decoder
from neurontest.trace.passes.encoder_decoder import EncoderDecoderPasses
from neurontest.trace.passes.prefill import PASS_ELSEWHERE, PASS_ON_CPU, pieces

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
        False runs every pass over the whole text, as is done of a model that keeps nothing between the passes.
    cost : int, optional
        Of a pass beside its tokens, in tokens; by default what is usual where the model is. See
        :func:`neurontest.trace.passes.prefill.pieces`.

    Notes
    -----
    Where the model's cache allows it and it pays, all but the prompts' last tokens go into the cache at once: each
    prompt once, and short ones apart from long ones. The first pass is then over the last tokens, as each after it.
    """

    def __init__(
        self, model: Any, prompts: Sequence[Sequence[int]], steps: int, use_cache: bool, cost: int | None = None
    ) -> None:
        import torch

        self._model, self._use_cache = model, use_cache
        self._past: Any = None
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
        # Of its class as well: what took the place of its own method may take whatever comes.
        known = {**inspect.signature(type(model).forward).parameters, **inspect.signature(model.forward).parameters}
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
            from neurontest.trace.passes.kv_cache import roomy, takes_cache

            if takes_cache(model):
                self.can_drop, self._past = True, roomy(model, steps + 1)
                if cost is None:
                    cost = PASS_ON_CPU if self._ids.device.type == "cpu" else PASS_ELSEWHERE
                self._fill(prompts, cost)

    def _fill(self, prompts: Sequence[Sequence[int]], cost: int) -> None:
        """Bring all but the last tokens of the prompts into the cache, if that pays."""
        import torch

        from neurontest.trace.passes.kv_cache import can_place, place

        begun = [prompt[:-1] for prompt in prompts]
        parts = pieces(begun, cost if can_place(self._past) else sys.maxsize)
        end = self._width - 1
        if not end or (len(parts) == 1 and len(parts[0].leaders) == len(prompts)):
            return
        for part in parts:
            if not part.width:  # prompts of one token
                continue
            # A cache of transformers' own, without room: it is copied from at once.
            own = self._past if len(parts) == 1 else type(self._past)(config=self._model.config)
            columns = slice(end - part.width, end)
            filled = _filled(self._pass(part.leaders, columns, columns, own), self._cache)
            if filled is None:
                self._go_without()
                return
            rows, source = (torch.from_numpy(array).to(self._ids.device) for array in (part.rows, part.source))
            if len(parts) == 1:
                # Every row in its own place, whatever kind of cache its layers have.
                filled.reorder_cache(source[rows.argsort()])
                self._past = filled
            else:
                place(self._past, filled, len(prompts), end, rows, source)
        self._begun = True

    def forward(self, tokens: npt.NDArray[np.int64] | None) -> torch.Tensor:
        """Logits ``[row, token]`` at the last position, once the `tokens` of the step before are appended."""
        logits: torch.Tensor = self._run(tokens).logits[:, -1]
        return logits

    def read(self) -> None:
        """Run over the prompts alone, for what hooks read; an encoder may have no head that gives logits."""
        self._run(None)

    def _run(self, tokens: npt.NDArray[np.int64] | None) -> Any:
        """What the model returns for the next pass."""
        import torch

        if tokens is not None:
            self._ids[:, self._width] = torch.from_numpy(tokens).to(self._ids.device)
            self._width += 1
        new = slice(self._width - 1 if self._begun and self._use_cache else 0, self._width)
        output = self._pass(slice(None), new, new if self._recurrent else slice(self._width), self._past)
        self._begun = True
        if self._use_cache:
            self._past = _filled(output, self._cache)
            if self._past is None:
                self._go_without()
        return output

    def _go_without(self) -> None:
        """Run every pass over the whole text from here on: the model keeps nothing between them."""
        self._use_cache, self._past, self.can_drop = False, None, False

    def _pass(self, rows: Any, columns: slice, looked_at: slice, past: Any) -> Any:
        """What the model returns for some rows and positions, `looked_at` those that it may attend to."""
        positions = {"position_ids": self._positions[rows, columns]} if self._takes_positions else {}
        return call(
            self._model,
            input_ids=self._ids[rows, columns],
            attention_mask=self._mask[rows, looked_at],
            use_cache=self._use_cache,
            return_dict=True,
            **{self._cache: past},
            **positions,
            **self._options,
        )

    def keep(self, rows: npt.NDArray[np.int64]) -> None:
        """Let all rows but `rows` leave the batch."""
        import torch

        kept = torch.from_numpy(rows).to(self._ids.device)
        self._ids, self._mask, self._positions = (array[kept] for array in (self._ids, self._mask, self._positions))
        self._past.reorder_cache(kept)


def call(model: Any, **said: Any) -> Any:
    """What the model returns; a model that somebody wrote for themselves may take less than those of transformers."""
    known = inspect.signature(model.forward).parameters
    if not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in known.values()):
        said = {name: value for name, value in said.items() if name in known}
    return model(**said)


def _filled(output: Any, name: str) -> Any:
    """The cache that a pass returned; None if there is none, or nothing was put into it."""
    cache = getattr(output, name, None)
    layers = getattr(cache, "layers", None)
    if layers is not None and not any(getattr(layer, "is_initialized", True) for layer in layers):
        return None
    return cache


def begin(
    model: Any, prompts: Sequence[Sequence[int]], steps: int, use_cache: bool, cost: int | None = None
) -> Passes | EncoderDecoderPasses:
    """The passes of a batch, as the model's architecture takes them; parameters as of :class:`Passes`."""
    if is_encoder_decoder(model):
        return EncoderDecoderPasses(model, prompts, steps, use_cache)
    return Passes(model, prompts, steps, use_cache, cost)
