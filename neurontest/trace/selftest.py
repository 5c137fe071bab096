"""A self-test of the sites that were found: a few short forward passes that show whether they are what they say.

It is cheap beside loading a model, and what it refuses would else be wrong numbers rather than an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurontest.errors import TraceError
from neurontest.trace.architecture import is_encoder_decoder, text_config, writes
from neurontest.trace.encoder_decoder import start_token
from neurontest.trace.hooks import SiteReader
from neurontest.trace.parts import check_parts
from neurontest.trace.passes import begin, call
from neurontest.trace.sites import Site, find_blocks, find_sites

if TYPE_CHECKING:
    import numpy.typing as npt

#: Mean absolute difference, relative to the mean absolute value, that rounding alone does not make. What numbers of 16
#: bits or fewer make of a deep model is far coarser, and what a wrong position or padding makes is coarser still.
_TOLERANCE = {"torch.float32": 0.01, "torch.float64": 0.01}
_COARSE = 0.3


def checked_sites(model: Any, names: Sequence[str], *, padded: bool) -> tuple[Site, ...]:
    """The sites called `names`, found and tested.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    padded : bool
        Whether texts of different lengths will be written side by side.

    Raises
    ------
    TraceError
        If a site is not found; if a module does not run exactly once a pass, or has another width than it says; if the
        parts of a block do not add up; if texts written step by step differ from one pass over the whole text.
    """
    import torch

    sites = find_sites(model, names)
    try:
        with torch.inference_mode():
            _test(model, sites, padded)
    except (TraceError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # whatever an architecture makes of a short text
        raise TraceError(
            f"{type(model).__name__} cannot be traced: a short text, run as texts are written, ends in "
            f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
        ) from error
    return sites


def _test(model: Any, sites: Sequence[Site], padded: bool) -> None:
    import torch

    long, short, token = _tokens(model)
    names = [site.name for site in sites]
    with check_parts(model, find_blocks(model), names), SiteReader(sites, 1, model.device) as reader:
        _whole(model, short, token)
        reader.end_step(torch.ones(1, dtype=torch.bool, device=model.device))
        expected = _copies(reader, 0)
    if writes(model):
        _check_steps(model, sites, expected, short, token)
        if padded:
            _check_padding(model, sites, expected, long, short, token)


def _tokens(model: Any) -> tuple[list[int], list[int], int]:
    """Two prompts of different lengths and a new token, none of them from where special tokens mostly are."""
    size = int(model.get_input_embeddings().weight.shape[0])
    one, two, three, four, five, six = (size * part // 8 for part in range(1, 7))
    return [five, one, four, two, six], [three, five, two], four


def _whole(model: Any, prompt: Sequence[int], token: int) -> None:
    """One pass over a whole text, as anybody would run it: no mask, positions or cache."""
    import torch

    def row(ids: Sequence[int]) -> torch.Tensor:
        return torch.tensor([list(ids)], device=model.device)

    options = {"use_cache": False} if writes(model) else {}
    if is_encoder_decoder(model):
        model(input_ids=row(prompt), decoder_input_ids=row([start_token(model), token]), **options)
    else:
        call(model, input_ids=row([*prompt, token]), **options)


def _stepwise(
    model: Any, sites: Sequence[Site], prompts: Sequence[Sequence[int]], token: int, cost: int | None = None
) -> list[npt.NDArray[np.float32]]:
    """The last of `prompts`' activations at the step after `token`, written as texts are written.

    A pass's `cost` decides whether prompts go into the cache together.
    """
    import torch

    rows = len(prompts)
    everyone = torch.ones(rows, dtype=torch.bool, device=model.device)
    passes = begin(model, prompts, 1, True, cost)
    with SiteReader(sites, rows, model.device) as reader:
        passes.forward(None)
        reader.end_step(everyone)
        passes.forward(np.full(rows, token, dtype=np.int64))
        reader.end_step(everyone)
        return _copies(reader, rows - 1)


def _copies(reader: SiteReader, row: int) -> list[npt.NDArray[np.float32]]:
    return [values[row].copy() for values in reader.result("last")]


def _check_steps(
    model: Any,
    sites: Sequence[Site],
    expected: Sequence[npt.NDArray[np.float32]],
    short: Sequence[int],
    token: int,
) -> None:
    if _differ(model, expected, _stepwise(model, sites, [short], token)):
        raise TraceError(
            f"{type(model).__name__} gives other activations when a text is written step by step than in one pass over "
            "the whole text; it takes its positions or its cache in a way that cannot be traced."
        )


def _check_padding(
    model: Any,
    sites: Sequence[Site],
    expected: Sequence[npt.NDArray[np.float32]],
    long: Sequence[int],
    short: Sequence[int],
    token: int,
) -> None:
    ways = (_stepwise(model, sites, [long, short], token, cost) for cost in (None, 0))
    if any(_differ(model, expected, found) for found in ways):
        raise TraceError(
            f"{type(model).__name__} gives other activations to a text beside a longer one than alone: padding changes "
            "what it computes. Write one text at a time: --concept-batch-size 1."
        )


def _differ(model: Any, expected: Sequence[npt.NDArray[np.float32]], found: Sequence[npt.NDArray[np.float32]]) -> bool:
    quantized = getattr(text_config(model), "quantization_config", None) is not None
    tolerance = _COARSE if quantized else _TOLERANCE.get(str(model.dtype), _COARSE)
    # What is no number is reported with the prompt that makes it so, when the texts are written.
    return any(
        float(np.abs(one - other).mean()) > tolerance * float(np.abs(one).mean())
        for one, other in zip(expected, found, strict=True)
    )
