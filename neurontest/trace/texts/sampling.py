"""Which token comes next: one uniform per prompt, sample and step decides, by inverse CDF over the top k.

No torch here: a step's k candidates are few, and numpy draws from them the same way on every device.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

#: Rounding of a logit, in units of the number format's epsilon times the largest logit. Another batch size or thread
#: count adds the same products in another order. Chosen, not measured: 64 units are 8e-6 of the largest logit in
#: float32, the size of what accumulates over tens of layers; more counts draws that are in no doubt, less misses some.
ROUNDING_UNITS = 64.0


@dataclass(frozen=True)
class Draw:
    """One step's tokens.

    Attributes
    ----------
    tokens : int64 array [row]
    near : bool array [row]
        Whether rounding of the logits might have given another token.
    """

    tokens: npt.NDArray[np.int64]
    near: npt.NDArray[np.bool_]


def uniforms(seed: int, prompt: str, format: str, sample: int, steps: int) -> npt.NDArray[np.float64]:
    """Uniforms in [0, 1) of one prompt and sample, ``[step]``; a step's value depends on no other row and no batch.

    Raw words of the counter-based Philox are used, since the distributions of ``Generator`` may change between releases
    of numpy, while the words are guaranteed.
    """
    name = json.dumps([seed, prompt, format, sample])
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "little")
    words = np.random.Philox(key=key).random_raw(steps)
    return np.asarray(words >> np.uint64(11), dtype=np.float64) * 2.0**-53


def draw(
    logits: npt.NDArray[np.float64],
    tokens: npt.NDArray[np.int64],
    u: npt.NDArray[np.float64],
    *,
    top_k: int,
    temperature: float,
    epsilon: float,
) -> Draw:
    """Draw a token per row.

    The candidates are laid along [0, 1) by ascending token id, not by rank: two candidates of almost the same
    probability would else swap places under rounding.

    Parameters
    ----------
    logits : float64 array [row, candidate]
        The largest logits, descending: `top_k` of them and, if the vocabulary has it, the next one as well, which
        only serves to tell whether the cut itself is within rounding.
    tokens : int64 array [row, candidate]
        Their ids.
    u : float64 array [row]
        In [0, 1).
    top_k : int
    temperature : float
        0 takes the likeliest token.
    epsilon : float
        Of the number format that the logits were computed in.

    Notes
    -----
    If every logit may be off by d, an edge F between two candidates may be off by 2 d F (1 - F) to first order: the
    odds F / (1 - F) change at most by the factor exp(2 d). A cut within rounding may besides exchange candidates of
    the last one's probability.
    """
    greedy = temperature == 0
    k = min(1 if greedy else top_k, logits.shape[1])
    with np.errstate(invalid="ignore"):  # minus infinity is a forbidden token, not a fault
        scale = np.abs(np.where(np.isfinite(logits), logits, 0.0)).max(axis=1, keepdims=True)
        rounding = ROUNDING_UNITS * epsilon * scale
        kept, ids = logits[:, :k], tokens[:, :k]
        # Where the whole vocabulary is drawn from there is no cut, and so nothing next to it.
        beyond = logits[:, k : k + 1] if logits.shape[1] > k else np.full((len(u), 1), -np.inf)
        at_cut = kept - beyond <= 2 * rounding
    # Exact ties are kept apart by id, whatever order they came in.
    order = np.argsort(ids, axis=1)
    kept, ids, at_cut = (np.take_along_axis(a, order, axis=1) for a in (kept, ids, at_cut))
    heat = 1.0 if greedy else temperature
    weights = np.exp((kept - logits[:, :1]) / heat)
    edges = np.cumsum(weights, axis=1)
    total = edges[:, -1:]
    edges = edges / total
    chosen = np.minimum((edges <= u[:, None]).sum(axis=1), k - 1)
    swapped = (
        at_cut.sum(axis=1, keepdims=True) * np.exp((logits[:, k - 1 : k] - logits[:, :1] + 2 * rounding) / heat) / total
    )
    slack = 2 * rounding / heat * edges * (1 - edges) + swapped
    close = np.abs(u[:, None] - edges[:, :-1]) <= slack[:, :-1]
    # A candidate that is exchanged leaves its place anywhere and takes the other's, which may be before all or after.
    moved = np.minimum(u, 1 - u)[:, None] < swapped
    rows = np.arange(len(u))
    return Draw(ids[rows, chosen], close.any(axis=1) | moved[:, 0] | at_cut[rows, chosen])
