"""How likely texts are after their prompts, as the model is and with neurons set: forward passes over whole texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neurontest.errors import TraceError
from neurontest.trace.architecture import is_encoder_decoder, writes
from neurontest.trace.forcing import Forced, SiteForcer
from neurontest.trace.resume import Resume
from neurontest.trace.sites import Site, find_sites

if TYPE_CHECKING:
    import torch

Floats = npt.NDArray[np.float64]

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
        gives logits.
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
    done = 0
    for start in range(0, len(order), _KEPT):
        kept = order[start : start + _KEPT]
        width = max(texts[at].size for at in kept)
        kept_texts = [texts[at] for at in kept]
        logits = vocabulary * max(len(text.after) for text in kept_texts)
        most = max(1, min(_ROWS, _LOGITS // logits))
        begun = Resume(blocks, first) if blocks else None
        at_first = most if begun is None else max(1, _LOGITS_FIRST // logits)
        out[0, kept] = _base(model, site, kept_texts, width, at_first, begun)
        if begun is not None and not _resumes(model, site, kept_texts[:most], width, begun, out[0, kept[:most]]):
            begun, blocks = None, ()
        jobs = [(forcing, place) for forcing in range(len(forced)) for place in range(len(kept))]
        for at in range(0, len(jobs), most):
            part = jobs[at : at + most]
            rows = [forced[forcing][kept[place]] for forcing, place in part]
            places = [place for _, place in part]
            found = _pass(model, site, [kept_texts[place] for place in places], rows, width, begun, places)
            for (forcing, place), value in zip(part, found, strict=True):
                out[1 + forcing, kept[place]] = value
            done += len(part)
            on_pass(done)
    if not np.isfinite(out).all():
        raise TraceError(
            "The log-probability of a text is NaN or infinite with neurons set to other values; "
            "say another 'ablate', or use --concept-dtype float32."
        )
    return out


def _base(model: Any, site: Site, texts: Sequence[Text], width: int, most: int, begun: Resume | None) -> Floats:
    """The model as it is; records what later passes begin with."""
    parts = [texts[at : at + most] for at in range(0, len(texts), most)]
    with nullcontext() if begun is None else begun.recording():
        return np.concatenate([_pass(model, site, part, [((), ())] * len(part), width) for part in parts])


def _resumes(model: Any, site: Site, texts: Sequence[Text], width: int, begun: Resume, wanted: Floats) -> bool:
    """Whether this architecture gives the same when begun at a later block."""
    try:
        found = _pass(model, site, texts, [((), ())] * len(texts), width, begun, range(len(texts)))
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, RuntimeError):
        return False
    return bool(np.allclose(found, wanted, rtol=0, atol=_SAME))


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
            return (args[0][row, at - 1][None], *args[1:])

        handle = head.register_forward_pre_hook(narrow)
        stack.callback(handle.remove)
        # Padding stands behind: causal attention never looks there, and positions count from 0 without being told.
        logits: torch.Tensor = model(
            input_ids=tokens[:, read],
            attention_mask=torch.from_numpy(mask[:, read]).to(device),
            use_cache=False,
            return_dict=True,
        ).logits[0]
        if not asked:
            raise _without_head(model)
        foretold = logits.float()
        likely = foretold.gather(1, tokens[row, at, None])[:, 0] - foretold.logsumexp(dim=1)
        sums = torch.zeros(len(texts), dtype=torch.float64, device=device).index_add_(0, row, likely.double())
        out: Floats = sums.cpu().numpy()
    return out


def _without_head(model: Any) -> TraceError:
    return TraceError(
        f"{type(model).__name__} does not take its logits from a layer of its own (get_output_embeddings): how likely "
        "a text is with neurons set (claims of kind necessary and sufficient) cannot be had of it."
    )
