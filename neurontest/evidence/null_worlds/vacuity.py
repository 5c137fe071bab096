"""A claim replayed in worlds in which concepts mean nothing: the prompts at hand, dealt to the concepts at random.

What is declared there as well says nothing about the concepts. Imported by whoever runs claims, for it needs numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from neurontest.claims.base import Claim, Traces
from neurontest.evidence.null_worlds.deal import deal
from neurontest.evidence.null_worlds.dealt import dealt_samples
from neurontest.evidence.procedure import procedure_of
from neurontest.evidence.trial import Trial
from neurontest.stats.e_value import TOLD, e_above, e_below
from neurontest.stats.half_samples.half_t import half_t
from neurontest.stats.halves import draw_halves
from neurontest.stats.terms import Selector
from neurontest.types import Concept, Vacuity

#: Pairs of half-samples of each concept in a world.
PAIRS = 40
#: Null worlds looked at, at most.
WORLDS = 100
#: A claim is vacuous if it is declared in more than this share of them.
LIMIT = 0.1


def vacuity_of(claim: Claim, everyone: Mapping[str, Concept], traces: Traces, worlds: int = WORLDS) -> Vacuity:
    """How often a claim would be declared if its concepts were dealt their prompts at random.

    The unadjusted half-sample key decides, from few half-samples; it ends when an e-value has told on which side of
    :func:`limit_at` the rate lies.

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
    dealt = deal(claim, everyone)
    if isinstance(dealt, str):
        return Vacuity.unknown(dealt)
    own = Trial(claim, traces)
    # What others have too few prompts for is not asked of them.
    statistics = replace(claim.statistics, m=None)
    pool = Trial(replace(claim, concepts=dict(everyone), statistics=statistics), traces)
    selectors: dict[str, Selector] = {
        mode: own.selector(np.concatenate([pool.scores(name, mode) for name in pool.n]), own.m) for mode in own.modes
    }
    total = sum(pool.n.values())
    fixed = {(name, mode): own.published(name) for name in claim.concepts if name not in own.n for mode in own.modes}
    stream = own.stream("null worlds")
    alpha = claim.statistics.alpha
    limit = limit_at(alpha)
    declared = seen = 0
    vacuous = cleared = False
    while seen < worlds and not vacuous and not cleared:
        halves = {name: draw_halves(n, own.m, PAIRS, stream) for name, n in own.sizes.items()}
        samples = dealt_samples(selectors, dealt.draw(stream), total, halves, own.sample_of, fixed)
        declared += max(half_t(samples, one).p for one in procedure_of(claim.kind).hypotheses(claim, samples)) <= alpha
        seen += 1
        vacuous = e_above(declared, seen, limit) >= TOLD
        cleared = e_below(declared, seen, limit) >= TOLD
    return Vacuity(seen, declared, vacuous, limit, cleared, about=claim.kind.about_method)


def limit_at(alpha: float) -> float:
    """The rate above which a claim that is tested at `alpha` is vacuous.

    At alpha .05 it is twice what chance allows. At a smaller alpha it stays: rates of a few in a hundred cannot be told
    from lower ones by a hundred worlds. At a larger one chance alone would reach it, so it stays twice of alpha.
    """
    return max(LIMIT, 2 * alpha)
