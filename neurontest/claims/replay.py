"""A claim replayed in worlds in which concepts mean nothing: the prompts at hand, dealt to the concepts at random.

What is declared there as well says nothing about the concepts. Imported by whoever runs claims, for it needs numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import stats

from neurontest.claims.base import Kind, Traces
from neurontest.claims.dealt import dealt_samples
from neurontest.claims.trial import Trial
from neurontest.stats.half_t import half_t
from neurontest.stats.halves import Indices, draw_halves
from neurontest.stats.streams import Stream
from neurontest.stats.studentised import PAIRS
from neurontest.stats.terms import Selector
from neurontest.types import Claim, Concept, Vacuity

#: Null worlds looked at, at most.
WORLDS = 100
#: Confidence of the bound on how often a claim is declared in them.
CONFIDENCE = 0.99


def replay(kind: Kind, claim: Claim, everyone: Mapping[str, Concept], traces: Traces, worlds: int = WORLDS) -> Vacuity:
    """How often a claim would be declared if its concepts were dealt their prompts at random.

    The unadjusted half-sample key decides, from as few half-samples as under relabeling; it ends when a binomial bound
    (Clopper & Pearson 1934, Biometrika 26:404) has told on which side of alpha the rate lies.

    Parameters
    ----------
    everyone : mapping from name to Concept
        Those whose prompts are dealt; the claim's own among them.
    traces : mapping from TraceRequest to Activations
        Holds what the claim would request if it were about all of them.
    """
    own = Trial(kind, claim, traces)
    pool = Trial(kind, replace(claim, concepts=dict(everyone)), traces)
    selectors: dict[str, Selector] = {
        mode: own.selector(np.concatenate([pool.scores(name, mode) for name in pool.n]), own.m) for mode in own.modes
    }
    starts = dict(zip(pool.n, np.cumsum([0, *pool.n.values()]), strict=False))
    total = sum(pool.n.values())
    fixed = {(name, mode): own.published(name) for name in claim.concepts if name not in own.n for mode in own.modes}
    stream = own.stream("null worlds")
    alpha = claim.statistics.alpha
    declared = seen = 0
    low, high = 0.0, 1.0
    while seen < worlds and low <= alpha <= high:
        halves = {name: draw_halves(n, own.m, PAIRS, stream) for name, n in own.sizes.items()}
        members = _deal(own, pool, starts, stream)
        samples = dealt_samples(selectors, members, total, halves, own.sample_of, fixed)
        declared += max(half_t(samples, one).p for one in kind.hypotheses(claim, samples)) <= alpha
        seen += 1
        low, high = _bounds(declared, seen)
    return Vacuity(worlds=seen, declared=declared, low=low, high=high, vacuous=low > alpha, about=kind.about_method)


def _deal(own: Trial, pool: Trial, starts: Mapping[str, int], stream: Stream) -> dict[str, Indices]:
    """Rows of the pool for each concept: exchanged within templates that it shares, or drawn from all the others."""
    together: dict[str, list[str]] = {}
    for name, sample in own.sample_of.items():
        together.setdefault(sample, []).append(name)
    out: dict[str, Indices] = {}
    for names in together.values():
        if len(names) > 1:
            templates = np.arange(own.n[names[0]])
            sources = stream.permutations(len(templates), len(names))
            firsts = np.array([starts[name] for name in names])
            for group, name in enumerate(names):
                out[name] = firsts[sources[:, group]] + templates
    free = np.concatenate([np.arange(starts[name], starts[name] + n) for name, n in pool.n.items() if name not in out])
    order = free[stream.permutations(len(free))]
    start = 0
    for name, n in own.n.items():
        if name not in out:
            out[name] = np.sort(order[start : start + n])
            start += n
    return out


def _bounds(declared: int, worlds: int) -> tuple[float, float]:
    low = float(stats.beta.ppf(1 - CONFIDENCE, declared, worlds - declared + 1)) if declared else 0.0
    high = float(stats.beta.ppf(CONFIDENCE, declared + 1, worlds - declared)) if declared < worlds else 1.0
    return low, high
