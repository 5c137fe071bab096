"""Error rates of the gate: pairs of models of which nothing has changed, exactly the margin is lost, or more or less.

    python -m tests.calibration.gate [--data-sets 200] [--cells 'named|losses']

Each data set is two models over the same prompts, or over prompts of their own. What is lost is known: it is exact for
single neurons, lists and losses, and found by brute force for half-samples, in worlds that are fixed. Counted are
verdicts at .05 of one claim that stands alone: `preserved` where exactly the margin is lost, and `weakened` where
nothing has changed, are errors. A table is printed as it comes.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
from scipy import stats

from neurontest.claims.preserved import Preserved
from neurontest.claims.trial import Trial
from neurontest.gate.effects import EFFECT, effect_survival
from neurontest.gate.margin import Margin
from neurontest.gate.mean_t import mean_survival
from neurontest.gate.named import any_of, named_survival
from neurontest.gate.paired import PairedTrial, survival
from neurontest.gate.preserved import drift_evidence
from neurontest.gate.survival import Survival
from neurontest.neurons.normalize import normalize
from neurontest.neurons.select import selector
from neurontest.stats.welch_bound import welch_bound
from neurontest.types import PerPrompt, Selection, Statistics, Thresholds
from tests.worlds import Floats, Signal, World, claim_on, three

AT = Thresholds.of(0.05)
MARGIN = Margin()
WIDTH, K, N0 = 200, 10, 20
HALVES = Statistics(test="half-sample")
#: Worlds of half-samples, and prompts by which what is left in them is found.
FIXED, POOL = 3, 4000
#: What a changed model adds to each activation, in standard deviations of it.
NOISE = 0.3


@dataclass(frozen=True)
class Change:
    """What became of a model.

    Attributes
    ----------
    left : float
        Of the effect, as a share.
    own : bool
        Each model has its own texts; else both read the same, and what prompts have in common is the same in both.
    """

    left: float
    own: bool = False

    def __str__(self) -> str:
        return f"{self.left:.0%} left, {'own texts' if self.own else 'same texts'}"


@dataclass(frozen=True)
class Shown:
    """What a claim about the change itself shows: that it is preserved, and that it is not."""

    p_preserved: float
    p_weakened: float


Found = Survival | Shown | None


@dataclass(frozen=True)
class Pair:
    """One cell: a way to test, a change, prompts, and how sets are selected."""

    name: str
    change: Change
    n: int
    select: str
    make: Callable[[Pair, int], Found]

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return f"{self.name}; {self.change}; n = {self.n}" + (f"; {self.select}" if self.select else "")


@dataclass(frozen=True)
class Sampled:
    """A claim that half-samples decide, and which of its signals a change makes weaker."""

    sentence: str
    weaker: Callable[[dict[str, Signal], float], dict[str, Signal]]
    statistics: Statistics = HALVES


def _b_alone(signals: dict[str, Signal], gain: float) -> dict[str, Signal]:
    """b loses what it shares with a."""
    neurons, strengths = signals["b"]
    shared = np.isin(neurons, signals["a"][0])
    return {**signals, "b": (neurons, np.where(shared, gain, 1.0) * strengths)}


def _all_of_them(signals: dict[str, Signal], gain: float) -> dict[str, Signal]:
    return {name: (neurons, gain * strengths) for name, (neurons, strengths) in signals.items()}


def _a_but_for_two(signals: dict[str, Signal], gain: float) -> dict[str, Signal]:
    """Other neurons take the places of most of a's."""
    neurons, strengths = signals["a"]
    return {**signals, "a": (neurons, np.where(np.arange(len(neurons)) < 2, 1.0, gain) * strengths)}


SAMPLED = {
    "overlap_greater": Sampled("a overlaps b more than c", _b_alone),
    "distinct": Sampled("a and c have distinct neurons", _all_of_them),
    "consistent": Sampled("a has consistent neurons", _all_of_them, replace(HALVES, consistent_above=0.6)),
    "preserved": Sampled("a's neurons are preserved", _a_but_for_two),
}


def sampled(pair: Pair, seed: int) -> Survival | Shown:
    """A half-sampled claim on two models."""
    one, signals, neutral = _world(seed % FIXED)
    what = SAMPLED[pair.name]
    gain = _gain(pair.name, seed % FIXED, pair.n // 2, pair.select, pair.change.left)
    selection = Selection(k=K, select=pair.select)  # type: ignore[arg-type]
    claims = []
    for model, strength in enumerate((1.0, gain)):
        # The same draws, whatever the strengths are.
        one.rng = np.random.default_rng([51, seed, model if pair.change.own else 0])
        drawn = what.weaker(signals, strength)
        rows = {name: one.concept(pair.n, drawn[name]) for name in "abc"}
        rng = np.random.default_rng([52, seed, model])
        data = {name: values + NOISE * one.sd * rng.normal(size=values.shape) for name, values in rows.items()}
        claims.append(
            claim_on(
                what.sentence,
                data,
                neutral,
                width=WIDTH,
                selection=selection,
                statistics=what.statistics,
                seed=seed + 1,
            )
        )
    (kind, claim, then), (_, _, now) = claims
    both = PairedTrial(Trial(kind, claim, then), now)
    if isinstance(kind, Preserved):
        evidence = drift_evidence(kind, claim, both, None, AT)
        return Shown(evidence.p, evidence.p_opposite)
    return survival(both, MARGIN, AT)


def _world(which: int) -> tuple[World, dict[str, Signal], Floats]:
    one = World(np.random.default_rng([50, which]), layers=1, width=WIDTH, massive=2)
    signals = dict(zip("abc", three(one, 6, 1, 1.5), strict=True))
    return one, signals, one.neutral(N0)


@cache
def _gain(name: str, which: int, m: int, select: str, left: float) -> float:
    """Strength of the signals with which so much of the effect is left."""
    if left == 1.0:
        return 1.0
    gains = (1.0, 0.85, 0.7, 0.55, 0.45, 0.35, 0.25, 0.15, 0.0)
    whole = above = _effect(name, which, m, select, gains[0])
    # Weak signals may leave less than none: the strongest that leave so much are meant.
    for stronger, weaker in itertools.pairwise(gains):
        below = _effect(name, which, m, select, weaker)
        if below <= left * whole:
            return weaker + (stronger - weaker) * (left * whole - below) / (above - below)
        above = below
    raise ValueError(f"{name}: {above / whole:.2f} of the effect is left without any signal, not {left}")


@cache
def _effect(name: str, which: int, m: int, select: str, gain: float) -> float:
    """The effect beyond its reference value, or what two models share, by sets of m prompts out of many."""
    one, signals, neutral = _world(which)
    drawn = SAMPLED[name].weaker(signals, gain)
    one.rng = np.random.default_rng([53, which])
    chosen = {}
    # The last is a as it was.
    for concept, signal in [*drawn.items(), ("then", signals["a"])]:
        rows = one.concept(POOL, signal)
        rows += NOISE * one.sd * one.rng.normal(size=rows.shape)
        scores = normalize(rows.astype(np.float32), neutral.astype(np.float32), Selection().normalize)
        by = selector(scores, select=select, k=K, smallest=m)
        # Disjoint sets of prompts, each half of them alone.
        order = one.rng.permuted(np.tile(np.arange(POOL), (8, 1)), axis=1).reshape(8, -1, m).reshape(-1, m)
        subsets = np.zeros((len(order), POOL))
        np.put_along_axis(subsets, order, 1.0, axis=1)
        places, sets = by.selected(subsets)
        whole = np.zeros((len(order), by.size))
        whole[:, by.columns[places]] = sets
        chosen[concept] = whole
    pi = {concept: whole.mean(axis=0) for concept, whole in chosen.items()}
    # Sets next to each other are of disjoint prompts, except where a permutation ends.
    within = {concept: float((whole[:-1] * whole[1:]).sum(axis=1).mean()) for concept, whole in chosen.items()}
    if name == "overlap_greater":
        return float(pi["a"] @ pi["b"] - pi["a"] @ pi["c"])
    if name == "distinct":
        return (within["a"] + within["c"]) / 2 - float(pi["a"] @ pi["c"])
    if name == "preserved":
        # As much as the claim lets be lost is lost where half of the ceiling is.
        return float(pi["then"] @ pi["a"]) / ((within["a"] + within["then"]) / 2)
    return within["a"] - SAMPLED[name].statistics.consistent_above * K


def _pair_of(rng: np.random.Generator, size: tuple[int, ...], *, own: bool) -> tuple[Floats, Floats]:
    """Standard normal values on two models: of the same prompts nearly the same."""
    common = rng.normal(size=size)
    shared = np.sqrt(1 - NOISE**2)
    first, second = (
        shared * (rng.normal(size=size) if own else common) + NOISE * rng.normal(size=size) for _ in range(2)
    )
    return first, second


def named(pair: Pair, seed: int, area: float) -> Survival:
    """A neuron that tells a concept from two others, from one of them with this AUROC and from the other wholly."""
    rng = np.random.default_rng([54, seed])
    shifts = [2**0.5 * stats.norm.ppf(0.5 + left * (area - 0.5)) for left in (1.0, pair.change.left)]
    parts = {name: _pair_of(rng, (pair.n, 1), own=pair.change.own) for name in "abc"}
    trials = []
    for model, shift in enumerate(shifts):
        rows = {"a": parts["a"][model] + shift, "b": parts["b"][model], "c": parts["c"][model] - 60}
        data = {name: np.tile(one, (1, 8)) for name, one in rows.items()}
        sentence = "neuron L0.residual[3] is specific to a against b and c"
        trials.append(Trial(*claim_on(sentence, data, np.zeros((10, 8)), width=8)))
    return named_survival(trials[0], trials[1], ["L0.residual[3]"], (("b",), ("c",)), MARGIN)


def found(pair: Pair, seed: int, area: float) -> Survival | None:
    """Three neurons of 300 that tell a concept from another, those that a search finds on the reference; None if none.

    The best of many flatter themselves on the texts that they were found on.
    """
    rng = np.random.default_rng([55, seed])
    own, others = (_pair_of(rng, (pair.n, 300), own=pair.change.own) for _ in range(2))
    for model, left in enumerate((1.0, pair.change.left)):
        own[model][:, :3] += 2**0.5 * stats.norm.ppf(0.5 + left * (area - 0.5))
    bound = welch_bound(own[0], others[0])
    names = [int(at) for at in np.argsort(bound.p)[:10] if bound.p[at] <= AT.largest]
    if not names:
        return None
    sentence = "a has specific neurons against b"
    trials = [
        Trial(*claim_on(sentence, {"a": own[at], "b": others[at]}, np.zeros((10, 300)), width=300)) for at in (0, 1)
    ]
    return named_survival(trials[0], trials[1], [f"L0.residual[{one}]" for one in names], (("b",),), MARGIN)


def listed(pair: Pair, seed: int) -> Survival:
    """A neuron that is in eight of ten lists of the concept, and in one of ten neutral ones."""
    rng = np.random.default_rng([56, seed])
    shares = [(0.8, 0.1), (0.1 + 0.7 * pair.change.left, 0.1)]
    sides = [_pair_of(rng, (pair.n,), own=pair.change.own) for _ in range(2)]
    then, now = (
        [(stats.norm.cdf(side[model]) < share).astype(float) for side, share in zip(sides, shares[model], strict=True)]
        for model in (0, 1)
    )
    return any_of([mean_survival(then, now, MARGIN, unit="share", flip=1.0)])


def losses(pair: Pair, seed: int, sides: int) -> Survival:
    """What forcing a set costs a's texts, or gives words; others lose by it as well, where there are others.

    What it does to a prompt is skew, and the same in both models but for noise.
    """
    rng = np.random.default_rng([57, seed])
    models: list[list[PerPrompt]] = [[], []]
    for side in range(sides):
        common = rng.gamma(4, 0.25, pair.n)
        for model, left in enumerate((1.0, pair.change.left)):
            of_prompt = rng.gamma(4, 0.25, pair.n) if pair.change.own else common
            # The others lose a half, whatever becomes of the set.
            mean = 0.5 if side else 0.5 * (sides - 1) + left
            values = mean * of_prompt * (1 + NOISE * rng.normal(size=pair.n)) + NOISE / 3 * rng.normal(size=pair.n)
            units = tuple(map(str, range(pair.n)))
            models[model].append(PerPrompt("ab"[side], units, {EFFECT: tuple(map(float, values))}))
    return effect_survival(models[0], models[1], MARGIN, "nats")


CHANGES = tuple(Change(left, own) for left in (1.0, 0.8, 0.5, 0.0) for own in (False, True))
MAKERS: Mapping[str, Callable[[Pair, int], Found]] = {
    "specific, AUROC .8": partial(named, area=0.8),
    "specific, AUROC .98": partial(named, area=0.98),
    "specific_any, AUROC .98": partial(found, area=0.98),
    "consistent against neutral": listed,
    "necessary, losses": partial(losses, sides=2),
    "sufficient, rises": partial(losses, sides=1),
}


def cells() -> Iterator[Pair]:
    """All of them."""
    for n in (10, 20, 40):
        for change in CHANGES:
            for name, make in MAKERS.items():
                yield Pair(name, change, n, "", make)
            # Neurons of the template are in all sets, and keep halves consistent and models alike.
            for name in [one for one in SAMPLED if change.left or one not in ("consistent", "preserved")]:
                for select in ("mean", "consistency"):
                    yield Pair(name, change, n, select, sampled)


@dataclass(frozen=True)
class Counted:
    """What came of a cell's data sets."""

    data_sets: int = 0
    preserved: int = 0
    weakened: int = 0

    def with_one(self, found: Found) -> Counted:
        """One more; of a search that finds nothing there is nothing to say."""
        if found is None:
            return self
        at = AT.largest
        return replace(
            self,
            data_sets=self.data_sets + 1,
            preserved=self.preserved + (found.p_preserved <= at),
            weakened=self.weakened + (found.p_weakened <= at),
        )


def count(pair: Pair, data_sets: int) -> Counted:
    """Look at some data sets."""
    so_far = Counted()
    for seed in range(data_sets):
        so_far = so_far.with_one(pair.make(pair, seed))
    return so_far


def main() -> None:
    """Count, and print a table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data-sets", type=int, default=200)
    options.add_argument("--cells", default="", help="only cells whose name holds one of these texts, divided by bars")
    said = options.parse_args()
    wanted = said.cells.split("|")
    for pair in cells():
        if any(one in pair.key for one in wanted):
            before = time.process_time()
            got = count(pair, said.data_sets)
            print(  # noqa: T201
                f"| {pair.key} | {got.data_sets} | {got.preserved / max(1, got.data_sets):.3f}"
                f" | {got.weakened / max(1, got.data_sets):.3f} | {time.process_time() - before:.0f} s |",
                flush=True,
            )


if __name__ == "__main__":
    main()
