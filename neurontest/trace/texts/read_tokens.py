"""Texts that were traced, read once more: what some neurons have at each token, which traces do not keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurontest.errors import TraceError
from neurontest.text import quoted
from neurontest.trace.architecture import check_reads, is_encoder, is_encoder_decoder
from neurontest.trace.passes.decoder import Passes
from neurontest.trace.prompts.remembered import Prompts
from neurontest.trace.prompts.tokens import text_pieces
from neurontest.trace.sites.find import Site, find_sites
from neurontest.trace.sites.read import attach, by_row
from neurontest.trace.store import Store
from neurontest.trace.texts.read_texts import Known, cut, known_texts
from neurontest.types import (
    Generation,
    GivenText,
    ModelHandle,
    Notice,
    Positions,
    TraceGroup,
    reading_of,
    unnoticed,
)

if TYPE_CHECKING:
    import torch
    from torch.utils.hooks import RemovableHandle

Floats = npt.NDArray[np.float32]
#: Layer and index of each neuron.
Neurons = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class TokenValues:
    """A text in pieces, and what the neurons have at each.

    Attributes
    ----------
    pieces : tuple of str
        Together the prompt and its text.
    own : int
        How many of them are the prompt's.
    values : float32 array [piece, neuron]
        Means over the tokens of a piece; NaN where none of them was read, and at the first token of all. Where a
        reading counts how often neurons are above zero, 1 for such a token and 0 for another.
    """

    prompt: str
    sample: int
    pieces: tuple[str, ...]
    own: int
    values: Floats


class TokenReader:
    """Reads texts of one model token by token.

    Parameters
    ----------
    handle : ModelHandle
        Loaded by :meth:`read`.
    cache_dir : Path
        Where the traced texts are.
    batch_size : int
        Texts read side by side.
    given : mapping from file to mapping from prompt to tuple of GivenText, optional
        What `replay` of a generation names.
    notice : Notice, optional
        Told of what a reader of the results should know.
    prompts : Prompts, optional
        What prompts become.
    """

    def __init__(
        self,
        handle: ModelHandle,
        *,
        cache_dir: Path,
        batch_size: int,
        given: Mapping[str, Mapping[str, tuple[GivenText, ...]]] | None = None,
        notice: Notice = unnoticed,
        prompts: Prompts | None = None,
    ) -> None:
        self._handle, self._batch_size = handle, batch_size
        self._prompts = prompts or Prompts(handle, cache_dir, notice=notice)
        self._store = Store(cache_dir, handle, given, notice, self._prompts)

    def read(
        self,
        texts: Sequence[tuple[str, int]],
        generation: Generation,
        site: str,
        positions: Positions,
        neurons: Neurons,
    ) -> list[TokenValues]:
        """What some neurons of a site have at each token of some texts.

        Parameters
        ----------
        texts : sequence of (prompt, sample)
            Traced before. Batches are a function of these alone.
        positions : str or Reading
            Of ``prompt`` the prompts are read alone, as they were traced.

        Raises
        ------
        TraceError
            If they cannot be read of this architecture, or an activation is not finite.
        ModelError
            If the model cannot be loaded.
        StoreError
            If a text is no longer in the cache.
        """
        prompts = tuple(dict.fromkeys(prompt for prompt, _ in texts))
        self._prompts.ensure(prompts, generation)
        model, tokenizer = self._handle.load()
        from neurontest.trace.quiet import quiet
        from neurontest.trace.wrapped import uncompiled

        # A word need not be in each of them, and all tokens are read whatever counts.
        alone = reading_of(positions).positions == "prompt"
        group = TraceGroup(generation, prompts, (site,), ("prompt" if alone else "generated",))
        if is_encoder_decoder(model):
            raise TraceError(
                f"{type(model).__name__} is an encoder-decoder: its decoder cannot be given a text to read that is "
                "known already"
            )
        # Without packed weights: they cost what one pass saves by them.
        with quiet(), uncompiled():
            check_reads(model, group)
            known = {(one.row.prompt, one.row.sample): one for one in known_texts(model, tokenizer, self._store, group)}
            (where,) = find_sites(model, (site,))
            found: dict[tuple[str, int], Floats] = {}
            for batch in cut([known[one] for one in texts], self._batch_size, padded=not is_encoder(model.config)):
                for one, values in zip(batch, read_tokens(model, batch, where, neurons), strict=True):
                    found[one.row.prompt, one.row.sample] = values
        if reading_of(positions).reduce == "rate":
            found = {one: (values > 0).astype(np.float32) for one, values in found.items()}
        return [self._in_pieces(tokenizer, generation, known[one], found[one]) for one in texts]

    def _in_pieces(self, tokenizer: Any, generation: Generation, text: Known, values: Floats) -> TokenValues:
        own, more = text_pieces(tokenizer, self._prompts.of(text.row.prompt, generation), text.new)
        rows = np.full((len(own) + len(more), values.shape[1]), np.nan, dtype=np.float32)
        for row, (_, places) in enumerate((*own, *more)):
            # The first token of all: models give it hundreds of times the activations of others, whatever it is.
            inside = [at for at in places if 0 < at < len(values)]
            if inside:
                rows[row] = values[inside].mean(axis=0, dtype=np.float64)
        pieces = tuple(piece for piece, _ in (*own, *more))
        return TokenValues(text.row.prompt, text.row.sample, pieces, len(own), rows)


def read_tokens(model: Any, texts: Sequence[Known], site: Site, neurons: Neurons) -> list[Floats]:
    """Read one batch of texts: of each an array ``[token, neuron]`` over the tokens of its pass.

    Raises
    ------
    TraceError
        If an activation is NaN or infinite; the message names the prompt.
    """
    import torch

    inputs = [text.inputs for text in texts]
    width = max(map(len, inputs))
    out = np.zeros((len(texts), width, len(neurons)), dtype=np.float32)
    handles: list[RemovableHandle] = []

    def keep(layer: int, places: list[int]) -> Any:
        columns = [neurons[place][1] for place in places]

        def take(value: torch.Tensor) -> None:
            values = by_row(value, site, layer, len(texts))
            if values.shape[1] != width:
                raise TraceError(
                    f"Block {layer} has {values.shape[1]} positions in a pass of {width}; this architecture cannot be "
                    "read token by token."
                )
            out[:, :, places] = values[:, :, columns].float().cpu().numpy()

        return take

    try:
        for layer in sorted({layer for layer, _ in neurons}):
            places = [place for place, (own, _) in enumerate(neurons) if own == layer]
            handles.append(attach(site, site.modules[layer], keep(layer, places)))
        with torch.inference_mode():
            Passes(model, inputs, 0, use_cache=False).read()
    finally:
        for handle in handles:
            handle.remove()
    found = []
    for text, row, own in zip(texts, out, inputs, strict=True):
        values = row[width - len(own) :]  # padding stands before it
        if not np.isfinite(values).all():
            raise TraceError(
                f"An activation at the tokens of the prompt {quoted(text.row.prompt)} or its text is NaN or infinite."
            )
        found.append(values)
    return found
