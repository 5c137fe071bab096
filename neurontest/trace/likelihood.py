"""How likely texts are after their prompts, as the model is and with neurons set: forward passes over whole texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurontest.errors import TraceError
from neurontest.trace.architecture import is_encoder_decoder, writes
from neurontest.trace.forcing import Forced, SiteForcer
from neurontest.trace.memory import Halving, Row
from neurontest.trace.passes import call
from neurontest.trace.resume import Resume
from neurontest.trace.sites import Site, find_sites

if TYPE_CHECKING:
    import torch

Floats = npt.NDArray[np.float64]
Job = tuple[int, int]

#: Scored positions times vocabulary of one pass, and of the model as it is: bounds memory to a gigabyte or two.
_LOGITS, _LOGITS_FIRST = 60_000_000, 240_000_000
#: Texts read in one pass, at most; and those whose early blocks are kept.
_ROWS, _KEPT = 256, 64
#: Of what a pass from the first block on and one from a later block on may differ in, in nats a text.
_SAME = 1e-2


@dataclass(frozen=True)
class Text:
    """Tokens of a prompt, and of what follows it and is scored."""

    prompt: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def size(self) -> int:
        """Tokens in all."""
        return len(self.prompt) + len(self.after)


def context_of(model: Any) -> int | None:
    """Tokens that the model reads at most; None if it does not say."""
    found = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
    return found if isinstance(found, int) and found > 0 else None


def likelihoods(
    model: Any,
    site: Site,
    texts: Sequence[Text],
    forced: Sequence[Sequence[Forced]],
    *,
    on_pass: Callable[[int], None] = lambda done: None,
    halving: Halving | None = None,
    prompt: Callable[[int], str] = str,
    resume: bool = True,
) -> Floats:
    """Log-probabilities of texts after their prompts, as the model is and with neurons set.

    Parameters
    ----------
    texts : sequence of Text
    forced : sequence of sequences of Forced
        For each forcing what it sets in each of the texts, from the last token of the prompt on.
    on_pass : callable
        Called with the number of scores that are done.
    halving : Halving, optional
        Cuts passes that memory does not suffice for.
    prompt : callable
        Says the prompt of a text in an error, by the text's place.
    resume : bool
        False runs all blocks in every pass: slower, same result.

    Returns
    -------
    float64 array [1 + forcing, text]
        In nats; the model as it is comes first.

    Raises
    ------
    TraceError
        If one of them is not finite, or the model is an encoder or an encoder-decoder, or has no layer of its own that
        gives logits; or memory does not suffice for a single text.
    """
    if is_encoder_decoder(model) or not writes(model):
        raise TraceError(
            f"{type(model).__name__} does not read and write by the same blocks: how likely a text is after a prompt "
            "with neurons set (claims of kind necessary and sufficient) cannot be had of it."
        )
    out = np.empty((1 + len(forced), len(texts)))
    first = min((min(columns) // site.width for rows in forced for columns, _ in rows if len(columns)), default=0)
    blocks = find_sites(model, ("residual",))[0].modules if resume and first else ()
    if model.get_output_embeddings() is None:
        raise _without_head(model)
    vocabulary = int(model.get_output_embeddings().weight.shape[0])
    # Texts of one length stand together, so that little is padded; the order is a function of the texts alone.
    order = sorted(range(len(texts)), key=lambda at: (texts[at].size, at))
    halving = halving or Halving(lambda most: None)
    done = 0
    for start in range(0, len(order), _KEPT):
        kept = order[start : start + _KEPT]
        window = _Window(model, site, {at: texts[at] for at in kept}, Resume(blocks, first) if blocks else None)
        logits = vocabulary * max(len(texts[at].after) for at in kept)
        most = max(1, min(_ROWS, _LOGITS // logits))
        at_first = max(1, _LOGITS_FIRST // logits) if blocks else most
        out[0, kept] = np.concatenate(list(halving.each(_parts(kept, at_first), window.read, prompt)))
        if blocks and not window.resumes(kept[:most], out[0, kept[:most]]):
            blocks = ()
        jobs = [(forcing, at) for forcing in range(len(forced)) for at in kept]
        for part, found in halving.each(
            _parts(jobs, most), partial(window.read_forced, forced), lambda job: prompt(job[1])
        ):
            for job, value in zip(part, found, strict=True):
                out[1 + job[0], job[1]] = value
            done += len(part)
            on_pass(done)
    if not np.isfinite(out).all():
        raise TraceError(
            "The log-probability of a text is NaN or infinite with neurons set to other values; "
            "say another 'ablate', or use --concept-dtype float32."
        )
    return out


class _Window:
    """Some of the texts, by their places, whose early blocks are kept while neurons are set in the later ones."""

    def __init__(self, model: Any, site: Site, texts: Mapping[int, Text], begun: Resume | None) -> None:
        self._model, self._site, self._texts, self._begun = model, site, texts, begun
        self._width = max(text.size for text in texts.values())
        self._row = {at: row for row, at in enumerate(texts)}

    def read(self, part: Sequence[int]) -> Floats:
        """Read the next texts with the model as it is; records what later passes begin with."""
        with nullcontext() if self._begun is None else self._begun.recording():
            return self._pass(part, [((), ())] * len(part), None)

    def resumes(self, part: Sequence[int], wanted: Floats) -> bool:
        """Whether this architecture gives the same when begun at a later block; if not, it no longer is."""
        try:
            found = self._pass(part, [((), ())] * len(part), self._begun)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, RuntimeError):
            found = None
        if found is None or not np.allclose(found, wanted, rtol=0, atol=_SAME):
            self._begun = None
        return self._begun is not None

    def read_forced(self, forced: Sequence[Sequence[Forced]], jobs: Sequence[Job]) -> tuple[Sequence[Job], Floats]:
        """Read texts with neurons set; a job is a forcing and a text."""
        rows = [forced[forcing][at] for forcing, at in jobs]
        return jobs, self._pass([at for _, at in jobs], rows, self._begun)

    def _pass(self, part: Sequence[int], rows: Sequence[Forced], begun: Resume | None) -> Floats:
        texts, places = [self._texts[at] for at in part], [self._row[at] for at in part]
        return _pass(self._model, self._site, texts, rows, self._width, begun, places)


def _parts(rows: Sequence[Row], most: int) -> list[Sequence[Row]]:
    return [rows[at : at + most] for at in range(0, len(rows), most)]


def _pass(
    model: Any,
    site: Site,
    texts: Sequence[Text],
    rows: Sequence[Forced],
    width: int,
    begun: Resume | None = None,
    places: Sequence[int] = (),
) -> Floats:
    """Log-probability of each text, in one forward pass; from a later block on if that was `begun`."""
    import torch

    ids = np.zeros((len(texts), width), dtype=np.int64)
    mask = np.zeros_like(ids)
    steps, scored = np.zeros(ids.shape, dtype=bool), np.zeros(ids.shape, dtype=bool)
    for row, text in enumerate(texts):
        ids[row, : text.size] = (*text.prompt, *text.after)
        mask[row, : text.size] = 1
        steps[row, len(text.prompt) - 1 : text.size] = True
        scored[row, len(text.prompt) : text.size] = True
    device = model.device
    tokens = torch.from_numpy(ids).to(device)
    # A text may be one token longer than the model's context: nothing is foretold after its last one.
    read = slice(min(width, context_of(model) or width))
    # Each scored token is foretold at the position before it; the head need not look anywhere else.
    row, at = torch.from_numpy(np.argwhere(scored)).to(device).T
    head = model.get_output_embeddings()
    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode())
        stack.enter_context(SiteForcer(site, rows, torch.from_numpy(steps[:, read]).to(device)))
        if begun is not None:
            stack.enter_context(begun.resumed(torch.as_tensor(list(places), device=device)))
        asked: list[bool] = []

        def narrow(_: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
            asked.append(True)
            here = args[0].device  # a model may be spread over several
            return (args[0][row.to(here), at.to(here) - 1][None], *args[1:])

        handle = head.register_forward_pre_hook(narrow)
        stack.callback(handle.remove)
        # Padding stands behind: causal attention never looks there, and positions count from 0 without being told.
        logits: torch.Tensor = call(
            model,
            input_ids=tokens[:, read],
            attention_mask=torch.from_numpy(mask[:, read]).to(device),
            use_cache=False,
            return_dict=True,
        ).logits[0]
        if not asked:
            raise _without_head(model)
        foretold = logits.to(device).float()
        likely = foretold.gather(1, tokens[row, at, None])[:, 0] - foretold.logsumexp(dim=1)
        sums = torch.zeros(len(texts), dtype=torch.float64, device=device).index_add_(0, row, likely.double())
        out: Floats = sums.cpu().numpy()
    return out


def _without_head(model: Any) -> TraceError:
    return TraceError(
        f"{type(model).__name__} does not take its logits from a layer of its own (get_output_embeddings): how likely "
        "a text is with neurons set (claims of kind necessary and sufficient) cannot be had of it."
    )
