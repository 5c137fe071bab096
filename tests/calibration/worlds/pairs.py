"""Pairs of models of which it is known exactly what is left: of single neurons, of lists, and of losses.

What prompts have in common is the same in both models where they read the same texts, and each adds noise of its own.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import stats

from neurontest.arrays import Floats
from neurontest.evidence.trial import Trial
from neurontest.gate.ways.effects import EFFECT, effect_survival
from neurontest.gate.ways.mean_t import mean_survival
from neurontest.gate.ways.named import any_of, named_survival
from neurontest.gate.ways.survival import Survival
from neurontest.stats.relabeling.welch_bound import welch_bound
from neurontest.types import PerPrompt
from tests.calibration.pair import AT, MARGIN, Pair, Said
from tests.worlds import claim_on

#: What a model adds to each activation, in standard deviations of it.
NOISE = 0.3
#: Neurons that a search looks at, and the most that a reference names.
SEARCHED, NAMED = 300, 10


def said(found: Survival) -> Said:
    """By the verdict that stands alone."""
    return Said(found.p_preserved, found.p_weakened)


def named(pair: Pair, seed: int, area: float) -> Said:
    """A neuron that tells a concept from two others, from one of them with this AUROC and from the other wholly."""
    return said(named_change(pair, seed, area))


def named_change(pair: Pair, seed: int, area: float, noise: float = NOISE) -> Survival:
    """The test of such a neuron."""
    rng = np.random.default_rng([54, seed])
    parts = {name: _on_both(rng, (pair.n, 1), pair.own, noise) for name in "abc"}
    trials = []
    for model, left in enumerate((1.0, pair.left)):
        rows = {
            "a": parts["a"][model] + _shift(area, left),
            "b": parts["b"][model],
            "c": parts["c"][model] - 60,
        }
        data = {name: np.tile(one, (1, 8)) for name, one in rows.items()}
        sentence = "neuron L0.residual[3] is specific to a against b and c"
        trials.append(Trial(*claim_on(sentence, data, np.zeros((10, 8)), width=8)))
    return named_survival(trials[0], trials[1], ["L0.residual[3]"], (("b",), ("c",)), MARGIN)


def found(pair: Pair, seed: int, area: float, count: int = 3) -> Said:
    """So many neurons of 300 tell a concept from another; those are compared that a search finds on the reference.

    A reference in which it finds none has no such claim, and is drawn anew.
    """
    for again in range(1000):
        rng = np.random.default_rng([55, seed, again])
        own, others = (_on_both(rng, (pair.n, SEARCHED), pair.own) for _ in range(2))
        for model, left in enumerate((1.0, pair.left)):
            own[model][:, :count] += _shift(area, left)
        bound = welch_bound(own[0], others[0])
        names = [int(at) for at in np.argsort(bound.p)[:NAMED] if bound.p[at] <= AT.largest]
        if names:
            break
    else:
        raise LookupError(f"{pair.key}: the search finds nothing in any reference")
    sentence = "a has specific neurons against b"
    trials = [
        Trial(*claim_on(sentence, {"a": own[at], "b": others[at]}, np.zeros((10, SEARCHED)), width=SEARCHED))
        for at in (0, 1)
    ]
    neurons = [f"L0.residual[{one}]" for one in names]
    return said(named_survival(trials[0], trials[1], neurons, (("b",),), MARGIN, searched=True))


def listed(pair: Pair, seed: int) -> Said:
    """A neuron that is in eight of ten lists of the concept, and in one of ten neutral ones."""
    rng = np.random.default_rng([56, seed])
    shares = [(0.8, 0.1), (0.1 + 0.7 * pair.left, 0.1)]
    sides = [_on_both(rng, (pair.n,), pair.own) for _ in range(2)]
    then, now = (
        [(stats.norm.cdf(side[model]) < share).astype(float) for side, share in zip(sides, shares[model], strict=True)]
        for model in (0, 1)
    )
    return said(any_of([mean_survival(then, now, MARGIN, unit="share", flip=1.0)]))


def losses(pair: Pair, seed: int, sides: int) -> Said:
    """What forcing a set costs a's texts, or gives words; others lose by it as well, where there are others."""
    return said(losses_change(pair, seed, sides))


def losses_change(pair: Pair, seed: int, sides: int, noise: float = NOISE) -> Survival:
    """The test of such a set. What it does to a prompt is skew, and the same in both models but for noise."""
    rng = np.random.default_rng([57, seed])
    models: list[list[PerPrompt]] = [[], []]
    for side in range(sides):
        common = rng.gamma(4, 0.25, pair.n)
        for model, left in enumerate((1.0, pair.left)):
            of_prompt = rng.gamma(4, 0.25, pair.n) if pair.own else common
            # The others lose a half, whatever becomes of the set.
            mean = 0.5 if side else 0.5 * (sides - 1) + left
            values = mean * of_prompt * (1 + noise * rng.normal(size=pair.n)) + noise / 3 * rng.normal(size=pair.n)
            units = tuple(map(str, range(pair.n)))
            models[model].append(PerPrompt("ab"[side], units, {EFFECT: tuple(map(float, values))}))
    return effect_survival(models[0], models[1], MARGIN, "nats")


@cache
def _shift(area: float, left: float) -> float:
    """Between two standard normal samples, by which this share of an AUROC beyond one half is left."""
    return float(2**0.5 * stats.norm.ppf(0.5 + left * (area - 0.5)))


def _on_both(rng: np.random.Generator, size: tuple[int, ...], own: bool, noise: float = NOISE) -> tuple[Floats, Floats]:
    """Standard normal values on two models: of the same prompts nearly the same."""
    common = rng.normal(size=size)
    shared = np.sqrt(1 - noise**2)
    first, second = (
        shared * (rng.normal(size=size) if own else common) + noise * rng.normal(size=size) for _ in range(2)
    )
    return first, second
