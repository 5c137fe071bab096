"""A self-test of the sites that were found: a few forward passes that show whether they are what they say.

Its texts are as long as the longest that will be read, so that whatever depends on a text's length happens in it too.
It is cheap beside reading those, and what it refuses would else be wrong numbers rather than an error.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neurontest.errors import TraceError
from neurontest.trace.architecture import is_encoder, is_encoder_decoder, text_config, writes
from neurontest.trace.passes.decoder import Passes, begin, call
from neurontest.trace.passes.encoder_decoder import start_token
from neurontest.trace.passes.lengths import switch_of
from neurontest.trace.passes.text import context_of
from neurontest.trace.selftest.add_up import check_parts
from neurontest.trace.selftest.chain import check_chain
from neurontest.trace.selftest.gates import check_gates
from neurontest.trace.sites.find import Site, find_blocks, find_sites
from neurontest.trace.sites.read import SiteReader, by_row

if TYPE_CHECKING:
    import numpy.typing as npt
    import torch

#: Mean absolute difference, relative to the mean absolute value, that rounding alone does not make in any layer. What
#: numbers of 16 bits or fewer make of a deep model is far coarser, and counts over all layers; what a wrong position or
#: padding makes is coarser still.
_TOLERANCE = {"torch.float32": 0.01, "torch.float64": 0.01}
_COARSE = 0.3
#: Of each layer so many neurons are compared, at most, evenly spread: all positions of long texts are kept at once.
_NEURONS = 256
#: Tokens of a pass over whole texts, at most.
_TOKENS = 4096
#: Numbers of a configuration that a text's length may cross, by their names, and as many of them as are looked at.
_LENGTH = re.compile(r"window|chunk|local|block|original_max|capacity|topk|floor_scale")
_CROSSED = 3
#: New tokens of a text: so many as take it from below a window to beyond it.
_NEW = 2


@dataclass(frozen=True)
class Lengths:
    """Tokens of the texts that will be read, at most: of a prompt, and of what is written to it."""

    prompt: int = 5
    new: int = _NEW


def checked_sites(model: Any, names: Sequence[str], *, padded: bool, lengths: Lengths = Lengths()) -> tuple[Site, ...]:
    """The sites called `names`, found and tested.

    Parameters
    ----------
    model : transformers.PreTrainedModel
    padded : bool
        Whether texts of different lengths will be read side by side.
    lengths : Lengths, optional
        Of the longest text that will be read; by default a few tokens.

    Raises
    ------
    TraceError
        If a site is not found; if a module does not run exactly once a pass, or has another shape than it says; if the
        parts of a block do not add up, a block is not given what the one before it gives, or an MLP does not multiply
        with its gate; if at any position of any row texts that are written step by step, or read beside others, differ
        from one pass over the whole text alone.
    """
    import torch

    sites = find_sites(model, names)
    try:
        with torch.inference_mode():
            _Test(model, sites, lengths).run(padded)
    except (TraceError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # whatever an architecture makes of a text
        raise TraceError(
            f"{type(model).__name__} cannot be traced: a short text, run as texts are written, ends in "
            f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no reason given'}"
        ) from error
    return sites


@dataclass(frozen=True)
class _Text:
    """A text of the test; of an encoder-decoder `new` begins with what its decoder starts from."""

    prompt: tuple[int, ...]
    new: tuple[int, ...]

    @property
    def all(self) -> tuple[int, ...]:
        return (*self.prompt, *self.new)


class _Whole(SiteReader):
    """Keeps a pass at all its positions."""

    def __enter__(self) -> _Whole:
        super().__enter__()
        return self

    def __init__(self, sites: Sequence[Site], rows: int, device: torch.device) -> None:
        super().__init__(sites, rows, device)
        self._seen: list[list[torch.Tensor]] = [[] for _ in sites]

    def _taker(self, number: int, site: Site, layer: int) -> Callable[[Any], None]:
        take = super()._taker(number, site, layer)
        some = slice(None, None, -(-site.width // _NEURONS))

        def keep(value: Any) -> None:
            take(value)
            self._seen[number].append(by_row(value, site, layer, self.rows)[..., some].float().cpu())

        return keep

    def taken(self) -> list[npt.NDArray[np.float32]]:
        """Of each site the pass that just ran, [layer, row, position, index]."""
        import torch

        self.end_step(torch.ones(self.rows, dtype=torch.bool, device=self._device))
        found = [torch.stack(layers).numpy() for layers in self._seen]
        self._seen = [[] for _ in self.sites]
        return found


class _Test:
    """The test of a model's sites; `whole` holds each text's activations in a pass of its own, which all is held to."""

    def __init__(self, model: Any, sites: Sequence[Site], lengths: Lengths) -> None:
        self._model, self._sites = model, sites
        self._coder = is_encoder_decoder(model)
        self._texts = _texts(model, lengths)
        self._whole: dict[_Text, list[npt.NDArray[np.float32]]] = {}

    def run(self, padded: bool) -> None:
        names, blocks = [site.name for site in self._sites], find_blocks(self._model)
        with ExitStack() as stack:
            for check in (check_parts, check_chain, check_gates):
                stack.enter_context(check(self._model, blocks, names))
            # The last is the shortest: these checks keep copies of all that they see.
            self._whole[self._texts[-1]] = self._alone(self._texts[-1])
        for text in self._texts[:-1]:
            self._whole[text] = self._alone(text)
        # Where several are written side by side, one that is not suffices to be sure of both.
        self._check_steps(self._texts[: 1 if padded else None])
        if padded:
            together = [] if self._coder else [self._read(texts) for texts in self._beside()]
            together += [self._written(self._texts, cost) for cost in (None, 0)] if writes(self._model) else []
            if any(together):
                self._check_steps(self._texts[1:])
                raise TraceError(
                    f"{type(self._model).__name__} gives other activations to a text beside a longer one than alone"
                    f"{self._length(self._texts)}: padding, or what else is in the batch, changes what it computes. "
                    "Write one text at a time: --concept-batch-size 1."
                )

    def _check_steps(self, texts: Sequence[_Text]) -> None:
        for text in texts if writes(self._model) else ():
            if self._written([text]):
                raise TraceError(
                    f"{type(self._model).__name__} gives other activations when a text is written step by step than in "
                    f"one pass over the whole text{self._length([text])}; it takes its positions or its cache in a way "
                    "that cannot be traced."
                )

    def _alone(self, text: _Text) -> list[npt.NDArray[np.float32]]:
        """One pass over a whole text, as anybody would run it; of each site [layer, position, index]."""
        import torch

        options = {"use_cache": False} if writes(self._model) else {}
        ids = {"input_ids": text.prompt, "decoder_input_ids": text.new} if self._coder else {"input_ids": text.all}
        device = self._model.device
        with _Whole(self._sites, 1, device) as reader:
            call(self._model, **{name: torch.tensor([row], device=device) for name, row in ids.items()}, **options)
            return [values[:, 0] for values in reader.taken()]

    def _written(self, texts: Sequence[_Text], cost: int | None = None) -> bool:
        """Whether a text differs, at any step, when it is written as texts are, beside the others.

        A pass's `cost` decides whether prompts go into the cache together.
        """
        steps = len(texts[0].new) - self._coder
        passes = begin(self._model, [text.prompt for text in texts], steps, True, cost)
        with _Whole(self._sites, len(texts), self._model.device) as reader:
            for step in range(steps + 1):
                tokens = np.array([text.new[step - 1 + self._coder] for text in texts]) if step else None
                passes.forward(tokens)
                ends = [step + (1 if self._coder else len(text.prompt)) for text in texts]
                if self._differ(texts, ends, reader.taken()):
                    return True
        return False

    def _read(self, texts: Sequence[_Text]) -> bool:
        """Whether a text differs, at any position, when it is read as known texts are, beside the others."""
        with _Whole(self._sites, len(texts), self._model.device) as reader:
            Passes(self._model, [text.all for text in texts], 0, use_cache=False).read()
            return self._differ(texts, [len(text.all) for text in texts], reader.taken())

    def _beside(self) -> list[list[_Text]]:
        """Texts to be read side by side: of any lengths, or of one length for an encoder, which is never padded."""
        if is_encoder(self._model.config):
            other = _Text(self._texts[0].prompt[::-1], self._texts[0].new[::-1])
            self._whole[other] = self._alone(other)
            return [[self._texts[0], other]]
        fit = [text for text in self._texts if len(self._texts) * len(text.all) <= _TOKENS]
        return [fit] if len(fit) > 1 else []

    def _differ(self, texts: Sequence[_Text], ends: Sequence[int], found: Sequence[npt.NDArray[np.float32]]) -> bool:
        """Whether a pass, whose last position is each text's at `ends`, differs from the pass over that text alone."""
        for number, values in enumerate(found):
            for row, (text, end) in enumerate(zip(texts, ends, strict=True)):
                count = min(end, values.shape[2])
                wanted = self._whole[text][number][:, end - count : end]
                if self._apart(wanted, values[:, row, values.shape[2] - count :]):
                    return True
        return False

    def _apart(self, one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> bool:
        """Whether activations [layer, position, index] differ at any position by more than rounding makes."""
        quantized = getattr(text_config(self._model), "quantization_config", None) is not None
        tolerance = None if quantized else _TOLERANCE.get(str(self._model.dtype))
        apart, size = np.abs(one - other).mean(axis=2), np.abs(one).mean(axis=2)
        # What is no number is reported with the prompt that makes it so, when the texts are written.
        if tolerance is not None:
            return bool((apart > tolerance * size).any())
        shares = np.divide(apart, size, out=np.zeros_like(apart), where=size > 0)
        return bool((shares.mean(axis=0) > _COARSE).any())

    def _length(self, texts: Sequence[_Text]) -> str:
        tokens = sorted({len(text.new if self._coder else text.all) for text in texts})
        return f" (texts of {', '.join(map(str, tokens))} tokens)"


def _texts(model: Any, lengths: Lengths) -> list[_Text]:
    """Texts of different lengths, longest first: as long as any that will be read, short, and at each window's edge."""
    coder = is_encoder_decoder(model)
    # Where a text that is longer is refused.
    limit = min(filter(None, (context_of(model), switch_of(model))), default=sys.maxsize)
    longest = lengths.new if coder else min(max(lengths.prompt + lengths.new, 5 + _NEW), limit)
    edges = [size for size in _crossed(text_config(model)) if 3 < size < longest - 1][:_CROSSED]
    rng = np.random.default_rng(0)
    # None of them from where special tokens mostly are.
    size = int(model.get_input_embeddings().weight.shape[0])

    def tokens(count: int) -> tuple[int, ...]:
        return tuple(int(one) for one in rng.integers(size // 8, max(size * 7 // 8, size // 8 + 1), count))

    if coder:  # its decoder's texts begin alike and are as long as each other
        new = max([_NEW, *(edge + 1 for edge in edges)])
        prompts = sorted({max(5, min(lengths.prompt, limit)), 3}, reverse=True)
        return [_Text(tokens(prompt), (start_token(model), *tokens(new))) for prompt in prompts]
    counts = sorted({longest, 3 + _NEW, *(edge + 1 for edge in edges)}, reverse=True)
    # So many that a pass of all of them is no more than one of the run, but for two that are longer than that.
    counts = [counts[0], *counts[1:-1][: max(0, _TOKENS // counts[0] - 2)], *counts[1:][-1:]]
    return [_Text(tokens(max(1, count - _NEW)), tokens(_NEW)) for count in counts]


def _crossed(config: Any) -> list[int]:
    """Numbers in a configuration that may be lengths beyond which something else is computed, in order."""
    found: set[int] = set()

    def look(said: Any) -> None:
        for name, value in said.items():
            if isinstance(value, dict):
                look(value)
            elif type(value) is int and _LENGTH.search(str(name)):
                found.add(value)

    look(config.to_dict())
    return sorted(found)
