"""A self-test of the sites that were found: a few short forward passes that show whether they are what they say.

It is cheap beside loading a model, and what it refuses would else be wrong numbers rather than an error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurontest.errors import TraceError
from neurontest.trace.architecture import is_encoder_decoder, text_config, writes
from neurontest.trace.encoder_decoder import start_token
from neurontest.trace.hooks import SiteReader, by_row
from neurontest.trace.lengths import switch_of, windows
from neurontest.trace.parts import check_parts
from neurontest.trace.passes import Passes, begin, call
from neurontest.trace.sites import Site, find_blocks, find_sites

if TYPE_CHECKING:
    import torch

Values = npt.NDArray[np.float32]

#: Tokens of the longer text, if no window asks for more; and new tokens that are written to either.
LONG = 16
STEPS = 5

#: Mean absolute difference, relative to the mean absolute value, that rounding alone does not make. What numbers of 16
#: bits or fewer make of a deep model is far coarser, and what a wrong position or padding makes is coarser still.
_TOLERANCE = {"torch.float32": 0.01, "torch.float64": 0.01}
_COARSE = 0.3


def checked_sites(model: Any, names: Sequence[str], *, padded: bool, longest: int = LONG) -> tuple[Site, ...]:
    """The sites called `names`, found and tested.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    padded : bool
        Whether texts of different lengths will be written side by side.
    longest : int
        Tokens of the longest text that will be read: the self-test's own leave every window that it leaves.

    Raises
    ------
    TraceError
        If a site is not found; if a module does not run exactly once a pass, or has no [row, position, neuron] of the
        width that it says; if the parts of a block do not add up; if a text written step by step, or beside another
        one, differs at any position from one pass over it alone.
    """
    import torch

    sites = find_sites(model, names)
    try:
        with torch.inference_mode():
            _test(model, sites, padded, longest)
    except (TraceError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # whatever an architecture makes of a short text
        raise TraceError(
            f"{type(model).__name__} cannot be traced: a short text, run as texts are written, ends in "
            f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
        ) from error
    return sites


def _test(model: Any, sites: Sequence[Site], padded: bool, longest: int) -> None:
    import torch

    names = [site.name for site in sites]
    long, short, tokens = _texts(model, longest)
    with check_parts(model, find_blocks(model), names), SiteReader(sites, 1, model.device) as reader:
        _whole(model, short, tokens)
        reader.end_step(torch.ones(1, dtype=torch.bool, device=model.device))
    alone = [_alone(model, sites, prompt, tokens) for prompt in (long, short)]
    if writes(model):
        _check_steps(model, sites, alone[1], short, tokens)
        if padded:
            _check_padding(model, sites, alone, (long, short), tokens)
    elif padded:
        _check_rows(model, sites, short, tokens)


def _texts(model: Any, longest: int) -> tuple[list[int], list[int], list[int]]:
    """Two prompts of different lengths and new tokens, none of them from where special tokens mostly are.

    With the new tokens, one text begins below and ends above the longest window that a text to be traced will leave;
    neither reaches a length at which rotary embeddings change, where no text is traced.
    """
    size = int(model.get_input_embeddings().weight.shape[0])
    left = [window for window in windows(model) if window < longest]
    most = switch_of(model)
    window = max(left, default=LONG)
    whole = min(max(window + STEPS, LONG), most if most is not None else sys.maxsize)
    # A text of many equal tokens has many equal activations: a step of 5 goes through seven eighths of the vocabulary.
    line = [size // 8 + (1 + 5 * at) % max(3 * size // 4, 1) for at in range(whole)]
    new = line[-STEPS:]
    long = line[: max(whole - STEPS, 2)]
    short = line[7 : 7 + max(len(long) - STEPS, 1)] or line[:1]
    return long, short[: max(len(short), 1)], new


def _whole(model: Any, prompt: Sequence[int], tokens: Sequence[int]) -> None:
    """One pass over a whole text, as anybody would run it: no mask, positions or cache."""
    import torch

    def row(ids: Sequence[int]) -> torch.Tensor:
        return torch.tensor([list(ids)], device=model.device)

    options = {"use_cache": False} if writes(model) else {}
    if is_encoder_decoder(model):
        model(input_ids=row(prompt), decoder_input_ids=row([start_token(model), *tokens]), **options)
    else:
        call(model, input_ids=row([*prompt, *tokens]), **options)


class _Everything(SiteReader):
    """Keeps what each module has at every position of one pass: [site][row, position, layer, neuron]."""

    def _taker(self, number: int, site: Site, layer: int) -> Callable[[torch.Tensor], None]:
        count = super()._taker(number, site, layer)

        def take(value: torch.Tensor) -> None:
            count(value)
            # A copy: some blocks go on to add in place.
            self._whole[number][layer] = by_row(value.detach(), site, layer, self.rows).float().cpu().numpy().copy()

        return take

    def __enter__(self) -> _Everything:
        self._whole: list[dict[int, Values]] = [{} for _ in self.sites]
        super().__enter__()
        return self

    def values(self) -> list[Values]:
        """What was kept, once the pass has run."""
        return [np.stack([found[layer] for layer in sorted(found)], axis=2) for found in self._whole]


def _alone(model: Any, sites: Sequence[Site], prompt: Sequence[int], tokens: Sequence[int]) -> list[Values]:
    """Of each site all positions of a text that is run alone: [position, layer, neuron]."""
    with _Everything(sites, 1, model.device) as reader:
        _whole(model, prompt, tokens)
    return [values[0] for values in reader.values()]


def _stepwise(
    model: Any,
    sites: Sequence[Site],
    prompts: Sequence[Sequence[int]],
    tokens: Sequence[int],
    cost: int | None = None,
) -> list[list[Values]]:
    """Of each row and site the steps before each of `tokens` and after the last: [step, layer, neuron].

    Written as texts are written. A pass's `cost` decides whether prompts go into the cache together.
    """
    import torch

    rows = len(prompts)
    everyone = torch.ones(rows, dtype=torch.bool, device=model.device)
    passes = begin(model, prompts, len(tokens), True, cost)
    steps: list[list[Values]] = []
    with SiteReader(sites, rows, model.device) as reader:
        for token in (None, *tokens):
            passes.forward(None if token is None else np.full(rows, token, dtype=np.int64))
            reader.end_step(everyone)
            last = zip(sites, reader.result("last"), strict=True)
            steps.append([found.reshape(rows, site.layers, -1).copy() for site, found in last])
    return [[np.stack([step[n][row] for step in steps]) for n in range(len(sites))] for row in range(rows)]


def _check_steps(
    model: Any, sites: Sequence[Site], expected: Sequence[Values], prompt: Sequence[int], tokens: Sequence[int]
) -> None:
    (found,) = _stepwise(model, sites, [prompt], tokens)
    if _differ(model, [values[-len(tokens) - 1 :] for values in expected], found):
        raise TraceError(
            f"{type(model).__name__} gives other activations when a text is written step by step than in one pass over "
            "the whole text; it takes its positions or its cache in a way that cannot be traced."
        )


def _check_padding(
    model: Any,
    sites: Sequence[Site],
    alone: Sequence[Sequence[Values]],
    prompts: Sequence[Sequence[int]],
    tokens: Sequence[int],
) -> None:
    """Every row and step of texts that are written side by side, and every position of texts that are read so."""
    ways = [_stepwise(model, sites, prompts, tokens, cost) for cost in (None, 0)]
    if not is_encoder_decoder(model):
        ways.append(_side_by_side(model, sites, [[*prompt, *tokens] for prompt in prompts]))
    for way in ways:
        for expected, found in zip(alone, way, strict=True):
            if _differ(model, [whole[-len(own) :] for whole, own in zip(expected, found, strict=True)], found):
                raise TraceError(
                    f"{type(model).__name__} gives other activations to a text beside a longer one than alone: padding "
                    "changes what it computes. Write one text at a time: --concept-batch-size 1."
                )


def _check_rows(model: Any, sites: Sequence[Site], prompt: Sequence[int], tokens: Sequence[int]) -> None:
    """Of an encoder, whose texts are never padded, that one text does not change another of its length."""
    texts = [[*prompt, *tokens], [*tokens, *prompt]]
    beside = _side_by_side(model, sites, texts)
    for text, found in zip(texts, beside, strict=True):
        if _differ(model, _alone(model, sites, text, ()), found):
            raise TraceError(
                f"{type(model).__name__} gives other activations to a text beside another one than alone. Read one text"
                " at a time: --concept-batch-size 1."
            )


def _side_by_side(model: Any, sites: Sequence[Site], texts: Sequence[Sequence[int]]) -> list[list[Values]]:
    """Of each row and site all positions of texts that are read in one pass: [position, layer, neuron]."""
    with _Everything(sites, len(texts), model.device) as reader:
        Passes(model, texts, 0, use_cache=False).read()
    return [[values[row, -len(text) :] for values in reader.values()] for row, text in enumerate(texts)]


def _differ(model: Any, expected: Sequence[Values], found: Sequence[Values]) -> bool:
    """Whether at any position, the first axis, what was found is not what was expected."""
    quantized = getattr(text_config(model), "quantization_config", None) is not None
    tolerance = _COARSE if quantized else _TOLERANCE.get(str(model.dtype), _COARSE)
    # What is no number is reported with the prompt that makes it so, when the texts are written.
    return any(
        bool((np.abs(one - other).mean(axis=(1, 2)) > tolerance * np.abs(one).mean(axis=(1, 2))).any())
        for one, other in zip(expected, found, strict=True)
    )
