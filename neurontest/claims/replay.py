"""A claim replayed in worlds in which concepts mean nothing: the prompts at hand, dealt to the concepts at random.

What is declared there as well says nothing about the concepts. Imported by whoever runs claims, for it needs numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import stats

from neurontest.claims.base import Kind, Traces
from neurontest.claims.deal import deal
from neurontest.claims.dealt import dealt_samples
from neurontest.claims.trial import Trial
from neurontest.stats.half_t import half_t
from neurontest.stats.halves import draw_halves
from neurontest.stats.terms import Selector
from neurontest.types import Claim, Concept, Vacuity

#: Pairs of half-samples of each concept in a world.
PAIRS = 40
#: Null worlds looked at, at most.
WORLDS = 100
#: Confidence of the bound on how often a claim is declared in them.
CONFIDENCE = 0.99


def replay(kind: Kind, claim: Claim, everyone: Mapping[str, Concept], traces: Traces, worlds: int = WORLDS) -> Vacuity:
    """How often a claim would be declared if its concepts were dealt their prompts at random.

    The unadjusted half-sample key decides, from few half-samples; it ends when a binomial bound
    (Clopper & Pearson 1934, Biometrika 26:404) has told on which side of alpha the rate lies.

    Parameters
    ----------
    everyone : mapping from name to Concept
        Those whose prompts are dealt; the claim's own among them.
    traces : mapping from TraceRequest to Activations
        Holds what the claim would request if it were about all of them.

    Returns
    -------
    Vacuity
        With the reason, where prompts cannot be dealt so that concepts mean nothing.
    """
    dealt = deal(kind, claim, everyone)
    if isinstance(dealt, str):
        return Vacuity.unknown(dealt)
    own = Trial(kind, claim, traces)
    # What others have too few prompts for is not asked of them.
    statistics = replace(claim.statistics, m=None)
    pool = Trial(kind, replace(claim, concepts=dict(everyone), statistics=statistics), traces)
    selectors: dict[str, Selector] = {
        mode: own.selector(np.concatenate([pool.scores(name, mode) for name in pool.n]), own.m) for mode in own.modes
    }
    total = sum(pool.n.values())
    fixed = {(name, mode): own.published(name) for name in claim.concepts if name not in own.n for mode in own.modes}
    stream = own.stream("null worlds")
    alpha = claim.statistics.alpha
    declared = seen = 0
    low, high = 0.0, 1.0
    while seen < worlds and low <= alpha <= high:
        halves = {name: draw_halves(n, own.m, PAIRS, stream) for name, n in own.sizes.items()}
        samples = dealt_samples(selectors, dealt.draw(stream), total, halves, own.sample_of, fixed)
        declared += max(half_t(samples, one).p for one in kind.hypotheses(claim, samples)) <= alpha
        seen += 1
        low, high = _bounds(declared, seen)
    return Vacuity(worlds=seen, declared=declared, low=low, high=high, vacuous=low > alpha, about=kind.about_method)


def _bounds(declared: int, worlds: int) -> tuple[float, float]:
    low = float(stats.beta.ppf(1 - CONFIDENCE, declared, worlds - declared + 1)) if declared else 0.0
    high = float(stats.beta.ppf(CONFIDENCE, declared + 1, worlds - declared)) if declared < worlds else 1.0
    return low, high
