"""The texts: batches that are a function of the whole group, and our own sampling loop with a KV cache.

Step t (from 1) is the forward pass from whose last position new token t is sampled, so T new tokens take T passes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurontest.errors import TraceError
from neurontest.text import quoted
from neurontest.trace.architecture import is_encoder_decoder
from neurontest.trace.passes.decoder import Passes, begin
from neurontest.trace.passes.lengths import check_length
from neurontest.trace.sites.find import Site
from neurontest.trace.sites.read import SiteReader
from neurontest.trace.texts.sampling import Draw, draw, uniforms
from neurontest.types import Generation, Positions

if TYPE_CHECKING:
    import torch


#: Share of a pass's rows still being written at which those that have ended leave it. Leaving copies the cache.
WORTH_DROPPING = 0.75


@dataclass(frozen=True)
class Row:
    """A text to be written: `ids` are the prompt's tokens."""

    prompt: str
    sample: int
    ids: tuple[int, ...]


@dataclass(frozen=True)
class Written:
    """A text that was written, or given.

    Attributes
    ----------
    ids : tuple of int
        New tokens, the end-of-text token included.
    near_boundary : int
        Draws within rounding of a boundary between two tokens.
    activations : mapping from (site, positions) to float32 array [neuron]
        Without a neuron where no position counted.
    shares : mapping from (site, positions) to float
        The first position's part of the activations over the whole prompt, where that was looked at; see
        :meth:`neurontest.trace.sites.tally.Tally.shares`.
    """

    row: Row
    ids: tuple[int, ...]
    ended: bool
    near_boundary: int
    activations: dict[tuple[str, Positions], npt.NDArray[np.float32]]
    shares: dict[tuple[str, Positions], float] = field(default_factory=dict)


def batches(rows: Sequence[Row], batch_size: int) -> list[tuple[Row, ...]]:
    """`rows` cut into batches, longest first, so that rows of a batch need little padding.

    The cut depends on all rows of a group and on nothing else, never on which of them are already traced: so the same
    machine and settings give the same bytes.
    """
    ordered = sorted(rows, key=lambda row: (-len(row.ids), row.prompt, row.sample))
    return [tuple(ordered[start : start + batch_size]) for start in range(0, len(ordered), batch_size)]


def check_lengths(model: Any, rows: Sequence[Row], generation: Generation) -> None:
    """Check that all texts fit.

    Raises
    ------
    TraceError
        If a prompt and its new tokens are longer than the model's context; the message names the prompt.
    """
    for row in rows:
        # The last new token is never read.
        check_length(model, row.prompt, len(row.ids) + generation.max_new_tokens - 1)
    context = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
    if not isinstance(context, int) or context <= 0:
        return
    for row in rows:
        longest = max if is_encoder_decoder(model) else sum  # an encoder's text is apart from the decoder's
        if longest((len(row.ids), generation.max_new_tokens)) > context:
            raise TraceError(
                f"The prompt {quoted(row.prompt)} has {len(row.ids)} tokens; with max_new_tokens: "
                f"{generation.max_new_tokens} they exceed the model's context of {context}. Shorten the prompt "
                "or write fewer tokens."
            )


def end_of_text(model: Any, tokenizer: Any) -> frozenset[int]:
    """Token ids that end a text, as the model's generation config, its config and its tokenizer say."""
    ends: set[int] = set()
    for source in (getattr(model, "generation_config", None), model.config.get_text_config(decoder=True), tokenizer):
        value = getattr(source, "eos_token_id", None)
        ends.update([value] if isinstance(value, int) else value or [])
    return frozenset(ends)


def write(
    model: Any,
    tokenizer: Any,
    rows: Sequence[Row],
    generation: Generation,
    sites: Sequence[Site],
    positions: Sequence[Positions],
    *,
    on_step: Callable[[int, int], None] = lambda step, tokens: None,
    use_cache: bool = True,
) -> list[Written]:
    """Write one batch of texts, reading `sites` meanwhile.

    Parameters
    ----------
    rows : sequence of Row
        The batch.
    positions : sequence of str or Reading
        Of what is written; prompts are read in a pass of their own, see :mod:`neurontest.trace.texts.read_texts`.
    on_step : callable
        Called with the number of steps done and of tokens written so far.
    use_cache : bool
        False runs every step over the whole text: far slower, same result.

    Raises
    ------
    TraceError
        If an activation is NaN or infinite; the message names prompt, layer and site.
    """
    import torch

    steps, count = generation.max_new_tokens, len(rows)
    ends = np.array(sorted(end_of_text(model, tokenizer)), dtype=np.int64)
    u = np.stack([uniforms(generation.seed, row.prompt, generation.format, row.sample, steps) for row in rows])
    written = np.zeros((count, steps), dtype=np.int64)
    lengths = np.zeros(count, dtype=np.int64)
    near = np.zeros(count, dtype=np.int64)
    active = np.ones(count, dtype=bool)
    running = np.arange(count)
    device = model.device
    readings = [where for where in positions if where not in ("generated", "last")]
    # What begins the passes is not read: it goes as far as each prompt's last token, where the first step is.
    with torch.inference_mode():
        passes = begin(model, [row.ids for row in rows], steps, use_cache)
    with torch.inference_mode(), SiteReader(sites, count, device, readings) as reader:
        for step in range(steps):
            logits = passes.forward(written[running, step - 1] if step else None)
            drawn = _draw(logits, u[running, step], generation)
            if drawn is None:
                raise unfit(reader, rows)
            reader.end_step(torch.from_numpy(active).to(device))
            written[running, step] = drawn.tokens
            lengths += active
            near[running] += active[running] & drawn.near
            # Which rows have ended is kept apart from the tokens: the padding token may be the end-of-text token.
            active[running] &= ~np.isin(drawn.tokens, ends)
            on_step(step + 1, int(lengths.sum()))
            if not active.any():
                break
            left = active[running]
            if isinstance(passes, Passes) and passes.can_drop and left.mean() <= WORTH_DROPPING:
                passes.keep(np.flatnonzero(left))
                running = running[left]
                reader.expect(running)
        if reader.unfit():
            raise unfit(reader, rows)
        values = {
            where: reader.tallies.result(where) if where in readings else reader.result(str(where))
            for where in positions
        }
    shares = shares_of(reader, readings)
    return [
        Written(
            row,
            tuple(written[i, : lengths[i]].tolist()),
            not active[i],
            int(near[i]),
            {(site.name, where): arrays[n][i] for where, arrays in values.items() for n, site in enumerate(sites)},
            shares[i],
        )
        for i, row in enumerate(rows)
    ]


def shares_of(reader: SiteReader, readings: Sequence[Positions]) -> list[dict[tuple[str, Positions], float]]:
    """Of each row the first position's parts, by site and reading, where they were looked at."""
    shares: list[dict[tuple[str, Positions], float]] = [{} for _ in range(reader.rows)]
    for where in readings:
        for site, found in zip(reader.sites, reader.tallies.shares(where), strict=True):
            for own, share in zip(shares, found, strict=True):
                if share is not None:
                    own[site.name, where] = share
    return shares


def _draw(logits: torch.Tensor, u: npt.NDArray[np.float64], generation: Generation) -> Draw | None:
    """The step's tokens; None if the logits are no numbers."""
    import torch

    candidates = 1 if generation.temperature == 0 else generation.top_k
    # One more than is drawn from: only so can it be told whether the cut is within rounding.
    values, tokens = torch.topk(logits, min(candidates + 1, logits.shape[-1]), dim=-1)
    top = values.double().cpu().numpy()
    if np.isnan(top).any() or np.isinf(top[:, 0]).any():
        return None
    return draw(
        top,
        tokens.cpu().numpy(),
        u,
        top_k=generation.top_k,
        temperature=generation.temperature,
        epsilon=float(torch.finfo(logits.dtype).eps),
    )


class UnfitError(TraceError):
    """A batch's activations or logits are no numbers.

    Attributes
    ----------
    faults : mapping from prompt to str
        What is wrong with each that is at fault.
    """

    def __init__(self, faults: Mapping[str, str]) -> None:
        self.faults = faults
        super().__init__(next(iter(faults.values())))


def unfit(reader: SiteReader, rows: Sequence[Row]) -> UnfitError:
    """The error of a batch whose activations or logits are no numbers."""
    faults: dict[str, str] = {}
    for row, (layer, site) in reader.unfit().items():
        faults.setdefault(
            rows[row].prompt,
            f"The prompt {quoted(rows[row].prompt)} gives NaN or infinite activations in block {layer} at site {site}; "
            "check the model's weights, or use --concept-dtype float32.",
        )
    broken = "The model's logits are NaN or infinite though its activations are not; its head is broken."
    return UnfitError(faults or {row.prompt: broken for row in rows})
