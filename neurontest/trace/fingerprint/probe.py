"""What a model makes of a few fixed tokens: the outputs of all its blocks, and its logits, in a few numbers each.

It tells models apart whose difference is in none of their tensors and settings: a function that was replaced in a
library, a hook that reads a file. The numbers are made on one thread and rounded, so that one machine gives the same
ones at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from neurontest.arrays import Floats
from neurontest.errors import TraceError
from neurontest.trace.architecture import is_encoder_decoder, text_config, writes
from neurontest.trace.passes.decoder import begin, call
from neurontest.trace.passes.encoder_decoder import start_token
from neurontest.trace.quiet import quiet
from neurontest.trace.sites.find import find_blocks
from neurontest.trace.wrapped import uncompiled

if TYPE_CHECKING:
    from torch import nn


#: Of what is rounded to it, in parts of what is usual there. Rounding in float32 is some ten thousand times less.
STEP = 0.01
#: Tokens of the two texts: some steering begins only behind a few tokens, some ends there.
_LENGTHS = (3, 19)
#: Numbers beside its size that an output is told by.
_DIRECTIONS = 3
#: What two passes over one text may differ by where numbers have 32 bits, and where they have fewer.
_SAME, _COARSE = 1e-4, 0.05


def probe(model: Any, draws: int = 0) -> Floats:
    """What `model` makes of the fixed texts, in evaluation mode; empty if it makes nothing of them.

    The model and the process are left as they were, but for what hooks of others keep. A model that draws random
    numbers gives something else for each number of `draws`.
    """
    import torch

    seen: list[Any] = []
    threads = torch.get_num_threads()
    with quiet(), uncompiled(), _evaluated(model), _heard(model, seen), torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(draws)
        torch.set_num_threads(1)
        try:
            seen += _runs(model)
        except Exception:  # whatever it is, tracing will come upon it too, and say so in its own words
            return np.empty(0)
        finally:
            torch.set_num_threads(threads)
    return np.concatenate([_numbers(value, at) for at, value in enumerate(seen)])


def digest(values: Floats) -> str:
    """sha256 of what was seen, but for rounding."""
    with np.errstate(invalid="ignore"):
        return hashlib.sha256(np.round(values / STEP).astype("<i8").tobytes()).hexdigest()


def differ(model: Any, one: Floats, two: Floats) -> bool:
    """Whether two probes differ by more than rounding."""
    import torch

    tolerance = _SAME if model.dtype in (torch.float32, torch.float64) else _COARSE
    return one.shape != two.shape or not bool((np.abs(one - two) <= tolerance).all())


def logits_differ(model: Any, wrapper: Any) -> bool:
    """Whether `wrapper` gives other logits than the model that was found within it."""
    import torch

    found = []
    with quiet(), uncompiled(), _evaluated(wrapper), torch.random.fork_rng(), torch.inference_mode():
        for each in (model, wrapper):
            output = each(**_inputs(model, _tokens(model, _LENGTHS[-1])))
            found.append(_numbers(output[0] if isinstance(output, tuple) else next(iter(output.values())), 0))
    return differ(model, *found)


def _runs(model: Any) -> list[Any]:
    """Logits of the texts: of the short one read at once, of the long one as texts are written, if the model writes."""
    short, long = (_tokens(model, length) for length in _LENGTHS)
    if writes(model):
        whole = call(model, **_inputs(model, short), use_cache=False, return_dict=True).logits
        # All but the last token goes into the cache first, so that these are a pass over many tokens and one over one.
        return [whole[:, -1:], begin(model, [long], 1, True).forward(None)]
    for ids in (short, long):
        call(model, **_inputs(model, ids), return_dict=True)
    return []


def _inputs(model: Any, ids: Sequence[int]) -> dict[str, Any]:
    import torch

    rows = torch.tensor([list(ids)], device=model.device)
    if not is_encoder_decoder(model):
        return {"input_ids": rows}
    begun = torch.tensor([[start_token(model), ids[0]]], device=model.device)
    return {"input_ids": rows, "decoder_input_ids": begun}


def _tokens(model: Any, length: int) -> list[int]:
    """Fixed tokens from all over the vocabulary, as many as fit."""
    size = int(model.get_input_embeddings().weight.shape[0])
    context = getattr(text_config(model), "max_position_embeddings", None)
    fits = context - 3 if isinstance(context, int) and context > 3 else length
    return [(7 + 7919 * at * at + 104_729 * at) % size for at in range(1, min(length, fits) + 1)]


def _numbers(value: Any, at: int) -> Floats:
    """The size of an output, and where it points, in units of chance."""
    numbers = value.detach().double().cpu().numpy().ravel()
    if not np.isfinite(numbers).all():
        return np.full(1 + _DIRECTIONS, 1e6)
    size = float(np.sqrt(np.mean(numbers**2))) if numbers.size else 0.0
    turns = np.outer(np.sqrt([2.0, 3.0, 5.0])[:_DIRECTIONS] * (1 + at % 7), np.arange(1, numbers.size + 1))
    points = np.cos(turns) @ numbers / (size * np.sqrt(numbers.size / 2)) if size else np.zeros(_DIRECTIONS)
    return np.array([np.log(size) if size else -1e3, *points])


@contextmanager
def _evaluated(model: Any) -> Iterator[None]:
    """Put a model into evaluation mode, and each of its modules back into the mode that it was in."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


@contextmanager
def _heard(model: Any, seen: list[Any]) -> Iterator[None]:
    """Note the outputs of all blocks."""
    handles = [block.register_forward_hook(lambda _, args, output: _note(seen, output)) for block in _blocks(model)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _note(seen: list[Any], output: Any) -> None:
    value = output[0] if isinstance(output, tuple | list) else output
    if hasattr(value, "detach"):
        seen.append(value.detach().clone())


def _blocks(model: Any) -> tuple[nn.Module, ...]:
    try:
        return find_blocks(model)
    except (TraceError, AttributeError):
        return ()
