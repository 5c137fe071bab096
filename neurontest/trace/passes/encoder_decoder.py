"""The forward passes of an encoder-decoder: the prompts go to the encoder, once, and the decoder writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurontest.errors import TraceError

if TYPE_CHECKING:
    import torch


class EncoderDecoderPasses:
    """As :class:`~neurontest.trace.passes.decoder.Passes`, for a model with an encoder of its own.

    The encoder's input is padded on the right, where absolute positions need no correction, and what is padding is
    masked out of the decoder's cross-attention. The decoder's texts begin alike, with its start token.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    prompts : sequence of sequences of int
        Tokens of each row's prompt.
    steps : int
        New tokens that there must be room for.
    use_cache : bool
        False runs every pass over the whole text; the encoder runs once all the same.
    """

    def __init__(self, model: Any, prompts: Sequence[Sequence[int]], steps: int, use_cache: bool) -> None:
        import torch

        self._model, self._use_cache = model, use_cache
        self._past: Any = None
        ids = np.zeros((len(prompts), max(map(len, prompts))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for i, prompt in enumerate(prompts):
            ids[i, : len(prompt)] = prompt
            mask[i, : len(prompt)] = 1
        self._prompt_mask = torch.from_numpy(mask).to(model.device)
        encoder = model.get_encoder()
        self._encoded = encoder(
            input_ids=torch.from_numpy(ids).to(model.device), attention_mask=self._prompt_mask, return_dict=True
        )
        self._ids = torch.zeros((len(prompts), 1 + steps), dtype=torch.int64, device=model.device)
        self._ids[:, 0] = start_token(model)
        self._width = 1

    def forward(self, tokens: npt.NDArray[np.int64] | None) -> torch.Tensor:
        """Logits ``[row, token]`` at the last position, once the `tokens` of the step before are appended."""
        import torch

        if tokens is not None:
            self._ids[:, self._width] = torch.from_numpy(tokens).to(self._ids.device)
            self._width += 1
        new = slice(self._width - 1 if self._past is not None else 0, self._width)
        output = self._model(
            encoder_outputs=self._encoded,
            attention_mask=self._prompt_mask,
            decoder_input_ids=self._ids[:, new],
            past_key_values=self._past,
            use_cache=self._use_cache,
            return_dict=True,
        )
        self._past = output.past_key_values if self._use_cache else None
        logits: torch.Tensor = output.logits[:, -1]
        return logits


def start_token(model: Any) -> int:
    """The token that every text of the decoder starts from.

    Raises
    ------
    TraceError
        If the model says none.
    """
    for source in (getattr(model, "generation_config", None), model.config.get_text_config(decoder=True), model.config):
        for name in ("decoder_start_token_id", "bos_token_id"):
            value = getattr(source, name, None)
            if isinstance(value, int):
                return value
    raise TraceError(
        f"{type(model).__name__} does not say from which token its decoder starts; set decoder_start_token_id in its "
        "configuration."
    )
