"""Pairs of models for claims that half-samples decide: what is left is found by brute force, in worlds that are fixed.

A change makes some signals weaker, or stronger, by a gain; that which leaves so much of the claim's effect is looked
for by selecting sets from thousands of prompts, apart from the code that is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from neurontest.arrays import Floats
from neurontest.evidence.trial import Trial
from neurontest.gate.neurons.preserved import drift_evidence
from neurontest.gate.ways.paired import PairedTrial, survival
from neurontest.kinds.preserved import Preserved
from neurontest.types import Selection, Statistics
from tests.calibration.pair import AT, MARGIN, K, Pair, Said
from tests.calibration.worlds.brute_force import Sets, selected
from tests.calibration.worlds.pairs import NOISE
from tests.worlds import Signal, World, claim_on, three

WIDTH, N0 = 200, 20
#: Worlds, and independent sets of each concept by which what is left in them is found, and how often they are dealt.
FIXED, SETS, DEALS = 3, 250, 4
#: Gains from no change on, among which that which leaves so much is looked for, and how near it must come.
WEAKER, STRONGER = (1.0, 0.8, 0.6, 0.4, 0.2, 0.0), (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
NEAR = 0.005
Signals = Mapping[str, Signal]
Change = Callable[[Signals, float], Signals]


def _b_alone(signals: Signals, gain: float) -> Signals:
    """b loses what it shares with a."""
    neurons, strengths = signals["b"]
    shared = np.isin(neurons, signals["a"][0])
    return {**signals, "b": (neurons, np.where(shared, gain, 1.0) * strengths)}


def _all_of_them(signals: Signals, gain: float) -> Signals:
    return {name: (neurons, gain * strengths) for name, (neurons, strengths) in signals.items()}


def _a_alone(signals: Signals, gain: float) -> Signals:
    """a loses all of its neurons."""
    neurons, strengths = signals["a"]
    return {**signals, "a": (neurons, gain * strengths)}


def _others_for_a(signals: Signals, gain: float) -> Signals:
    """Other neurons, that nothing else uses, take the places of a's."""
    (neurons, strengths), *others = (signals[name] for name in "ade")
    places = np.concatenate([one for one, _ in others])
    taken = np.concatenate([one for _, one in others])
    return {**signals, "a": (np.r_[neurons, places], np.r_[gain * strengths, (1 - gain) * taken])}


@dataclass(frozen=True)
class Sampled:
    """A claim that half-samples decide, and what a change does to its signals.

    Attributes
    ----------
    effects : callable
        From sets to the effect beyond its reference value, of each part of the claim.
    gains : tuple of float
    shared : tuple of (int, int)
        Neurons that a has in common with b and with c.
    massive : int
        Neurons that are far more active than all others, whatever is read.
    template : float
        How strong some neurons are in all concepts. They alone keep halves alike, and models.
    last : float or None
        How strong signals are at the last token, whatever becomes of those over all of them; None where it is not
        looked at.
    """

    sentence: str
    change: Change
    effects: Callable[[Sets], list[float]]
    gains: tuple[float, ...] = WEAKER
    shared: tuple[int, int] = (6, 1)
    massive: int = 2
    template: float = 2.5
    last: float | None = None
    statistics: Statistics = field(default_factory=lambda: Statistics(test="half-sample"))


SAMPLED = {
    "overlap_greater": Sampled(
        "a overlaps b more than c", _b_alone, lambda at: [at.shared("a", "b") - at.shared("a", "c")]
    ),
    "overlap_above": Sampled(
        "a overlaps b by at least 20% of the ceiling",
        _b_alone,
        lambda at: [at.shared("a", "b") - 0.2 * at.within("a", "b")],
    ),
    "overlap_below": Sampled(
        "a overlaps c by at most 80% of the ceiling",
        _all_of_them,
        lambda at: [0.8 * at.within("a", "c") - at.shared("a", "c")],
    ),
    "overlap_highest": Sampled(
        "the highest overlap is between a and b among a, b and c",
        _b_alone,
        lambda at: [at.shared("a", "b") - at.shared("a", "c"), at.shared("a", "b") - at.shared("b", "c")],
    ),
    "overlap_lowest": Sampled(
        "the lowest overlap is between b and c among a, b and c",
        _all_of_them,
        lambda at: [at.shared("a", "b") - at.shared("b", "c"), at.shared("a", "c") - at.shared("b", "c")],
        shared=(5, 5),
    ),
    "overlap_above_chance": Sampled(
        "a overlaps b above chance against c, d and e on these controls",
        _b_alone,
        lambda at: [at.shared("a", "b") - float(np.mean([at.shared("a", name) for name in "cde"]))],
    ),
    "distinct": Sampled("a and c have distinct neurons", _all_of_them, lambda at: [at.distinct("a", "c")]),
    "positions_more_distinct": Sampled(
        "all generated tokens separate a and c better than the last token",
        _all_of_them,
        lambda at: [at.distinct("a", "c", mode="generated") - at.distinct("a", "c", mode="last")],
        last=0.3,
    ),
    "normalization_helps": Sampled(
        "normalization separates a and c better than raw",
        _all_of_them,
        lambda at: [at.distinct("a", "c") - at.distinct("a", "c", mode="raw")],
        massive=10,
    ),
    "sets_differ": Sampled(
        "baseline-normalized sets differ from raw for a",
        _a_alone,
        lambda at: [0.5 * (at.within("a") + at.within("a", mode="raw")) / 2 - at.shared("a", "a", "raw", "difference")],
        gains=STRONGER,
        massive=10,
    ),
    "sets_similar": Sampled(
        "raw neurons of a and c are nearly identical",
        _all_of_them,
        lambda at: [at.shared("a", "c", "raw") - 0.8 * at.within("a", "c", mode="raw")],
        gains=STRONGER,
        massive=10,
    ),
    "consistent": Sampled(
        "a has consistent neurons",
        _all_of_them,
        lambda at: [at.within("a") - 0.6 * K],
        template=0.0,
        statistics=Statistics(test="half-sample", consistent_above=0.6),
    ),
    # As much as the claim lets be lost is lost where half of the ceiling is.
    "preserved": Sampled(
        "a's neurons are preserved",
        _others_for_a,
        lambda at: [at.shared("then", "a") / at.within("a", "then")],
        template=0.0,
    ),
}


def sampled(pair: Pair, seed: int) -> Said:
    """A half-sampled claim on two models."""
    what = SAMPLED[pair.kind]
    one, signals, neutral = world(what, seed % FIXED)
    gain = gain_of(pair.kind, seed % FIXED, pair.n // 2, pair.select, pair.left)
    selection = Selection(k=K, select=pair.select)  # type: ignore[arg-type]
    claims = []
    for model, strength in enumerate((1.0, gain)):
        # The same draws, whatever the strengths are.
        one.rng = np.random.default_rng([51, seed, model if pair.own else 0])
        rows = drawn(what, one, what.change(signals, strength), signals, pair.n)
        rng = np.random.default_rng([52, seed, model])
        data = {
            name: {where: values + NOISE * one.sd * rng.normal(size=values.shape) for where, values in by_mode.items()}
            for name, by_mode in rows.items()
        }
        claims.append(
            claim_on(
                what.sentence,
                data,
                {"generated": neutral, "last": neutral},
                width=WIDTH,
                selection=selection,
                statistics=what.statistics,
                seed=seed + 1,
            )
        )
    (claim, then), (_, now) = claims
    both = PairedTrial(Trial(claim, then), now)
    if isinstance(claim.kind, Preserved):
        evidence = drift_evidence(claim, both, None, AT)
        return Said(evidence.p, evidence.p_opposite, "half-sample")
    found = survival(both, MARGIN, AT)
    return Said(found.p_preserved, found.p_weakened, "half-sample")


def world(what: Sampled, which: int) -> tuple[World, Signals, Floats]:
    """A world, its signals, and neutral prompts."""
    one = World(np.random.default_rng([50, which]), layers=1, width=WIDTH, massive=what.massive, template=what.template)
    signals: dict[str, Signal] = dict(zip("abc", three(one, *what.shared, 1.5), strict=True))
    for name in "de":
        signals[name] = (one.take(6), np.full(6, 4.0))
    return one, signals, one.neutral(N0)


def drawn(what: Sampled, one: World, signals: Signals, before: Signals, count: int) -> dict[str, dict[str, Floats]]:
    """Prompts of each concept that the claim is about: over all tokens, and at the last."""
    out = {}
    for name in signals:
        if name not in what.sentence.replace(",", "").split() and name != "a":
            continue
        out[name] = {"generated": one.concept(count, signals[name])}
        if what.last is not None:
            neurons, strengths = before[name]
            out[name]["last"] = one.concept(count, (neurons, what.last * strengths))
    return out


@cache
def gain_of(kind: str, which: int, m: int, select: str, left: float) -> float:
    """By how much signals are stronger if so much of the effect is left, of the part of which least is.

    Raises
    ------
    ValueError
        If no gain leaves so little.
    """
    gains = SAMPLED[kind].gains
    if left == 1.0:
        return gains[0]

    def beyond(gain: float) -> float:
        return share_left(kind, which, m, select, gain) - left

    # Weak signals may leave less than none: the first that leave so much are meant.
    last = next((at for at, gain in enumerate(gains) if beyond(gain) <= 0), None)
    if last is None:
        raise ValueError(f"{kind}: no change leaves {left:.0%} of the effect")
    near, far = gains[last - 1], gains[last]
    for _ in range(12):
        middle = (near + far) / 2
        found = beyond(middle)
        if abs(found) <= NEAR:
            return middle
        near, far = (middle, far) if found > 0 else (near, middle)
    return (near + far) / 2


def share_left(kind: str, which: int, m: int, select: str, gain: float) -> float:
    """What is left of the effect, of the part of which least is."""
    whole, now = (effects(kind, which, m, select, one) for one in (SAMPLED[kind].gains[0], gain))
    if min(whole) <= 0:
        raise ValueError(f"{kind}: there is no effect, {whole}")
    # What two models share is counted of both at once.
    return min(now) if kind == "preserved" else min(one / all_ for one, all_ in zip(now, whole, strict=True))


@cache
def effects(kind: str, which: int, m: int, select: str, gain: float) -> list[float]:
    """The effects beyond their reference values, by sets of m prompts out of many."""
    what = SAMPLED[kind]
    one, signals, neutral = world(what, which)
    # The same draws, whatever the gain is.
    one.rng = np.random.default_rng([53, which])
    count = SETS * m
    rows = drawn(what, one, what.change(signals, gain), signals, count)
    if kind == "preserved":
        rows["then"] = drawn(what, one, signals, signals, count)["a"]
    chosen = {}
    for concept, by_mode in rows.items():
        for where, values in by_mode.items():
            noisy = values + NOISE * one.sd * one.rng.normal(size=values.shape)
            order = one.rng.permuted(np.tile(np.arange(count), (DEALS, 1)), axis=1).reshape(-1, m)
            scores = noisy - neutral.mean(axis=0)
            if what.last is not None:
                chosen[concept, where] = selected(scores, order, select)
            else:
                chosen[concept, "difference"] = selected(scores, order, select)
                chosen[concept, "raw"] = selected(noisy, order, select)
    return what.effects(Sets(chosen))
