"""A claim replayed in worlds in which concepts mean nothing: the prompts at hand, dealt to the concepts at random.

What is declared there as well says nothing about the concepts. Imported by whoever runs claims, for it needs numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import stats

from neurontest.claims.base import Kind, Traces
from neurontest.claims.trial import Trial
from neurontest.stats.half_t import half_t
from neurontest.stats.halves import Floats, Indices, draw_halves
from neurontest.stats.studentised import PAIRS
from neurontest.stats.terms import HalfSamples, Key, Selector
from neurontest.types import Claim, Concept, Vacuity

#: Null worlds looked at, at most.
WORLDS = 100
#: Confidence of the bound on how often a claim is declared in them.
CONFIDENCE = 0.99


class Dealt:
    """A selector of some of the pooled prompts: those that a concept was dealt.

    Parameters
    ----------
    pool : Selector
        Over all pooled prompts.
    members : int array [prompt]
        Rows of the pool.
    total : int
        Prompts in the pool.
    """

    def __init__(self, pool: Selector, members: Indices, total: int) -> None:
        self.pool, self.members, self.total = pool, members, total
        self.size, self.columns = pool.size, pool.columns

    def memberships(self, subsets: Floats) -> Floats:
        """See :class:`neurontest.stats.terms.Selector`."""
        return self.pool.memberships(self._wide(subsets))

    def leading(self, subsets: Floats) -> Floats:
        """See :class:`neurontest.stats.terms.Selector`."""
        return self.pool.leading(self._wide(subsets))

    def _wide(self, subsets: Floats) -> Floats:
        out = np.zeros((len(subsets), self.total))
        out[:, self.members] = subsets
        return out


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
        mode: own.selector(np.concatenate([pool.scores(name, mode) for name in everyone]), own.m) for mode in own.modes
    }
    total = sum(pool.n.values())
    stream = own.stream("null worlds")
    alpha = claim.statistics.alpha
    declared = seen = 0
    low, high = 0.0, 1.0
    while seen < worlds and low <= alpha <= high:
        order = stream.permutations(total)
        dealt: dict[Key, Selector] = {}
        start = 0
        for name, n in own.n.items():
            members = np.sort(order[start : start + n])
            start += n
            dealt.update({(name, mode): Dealt(selectors[mode], members, total) for mode in own.modes})
        halves = {name: draw_halves(n, own.m, PAIRS, stream) for name, n in own.n.items()}
        samples = HalfSamples(dealt, halves)
        declared += max(half_t(samples, one).p for one in kind.hypotheses(claim, samples)) <= alpha
        seen += 1
        low, high = _bounds(declared, seen)
    return Vacuity(worlds=seen, declared=declared, low=low, high=high, vacuous=low > alpha, about=kind.about_method)


def _bounds(declared: int, worlds: int) -> tuple[float, float]:
    low = float(stats.beta.ppf(1 - CONFIDENCE, declared, worlds - declared + 1)) if declared else 0.0
    high = float(stats.beta.ppf(CONFIDENCE, declared + 1, worlds - declared)) if declared < worlds else 1.0
    return low, high
