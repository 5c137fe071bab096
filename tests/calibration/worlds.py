"""The cells of the full grid: a world, what is claimed of it, and what is true."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from unittest.mock import patch

import numpy as np

from neurontest.claims import permutation
from neurontest.claims.trial import Trial
from neurontest.neurons.normalize import normalize
from neurontest.neurons.select import selector
from neurontest.stats.half_t import HalfT
from neurontest.stats.relabel import relabel
from neurontest.stats.sequential import clear_of
from neurontest.stats.whole_sets import overlap_difference
from neurontest.types import Selection, Statistics
from tests.worlds import Floats, Signal, World, claim_on, three

WIDTH, LAYERS, N0 = 576, 5, 20
LAYERS_OF_THE_MODEL = 30
#: Worlds whose truth is found by brute force, and prompts' sets drawn for each.
FIXED, DRAWS = 8, 400
#: Nothing else than the half-sample key.
HALF_SAMPLE = Statistics(test="half-sample")

Data = Mapping[str, Floats] | Mapping[str, Mapping[str, Floats]]


@dataclass(frozen=True)
class Made:
    """A data set: a sentence about some arrays, and the true value of what it is about, if that is known."""

    sentence: str
    data: Data
    baseline: Floats | Mapping[str, Floats]
    truth: float | None = None
    statistics: Statistics = HALF_SAMPLE
    groups: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class Cell:
    """One cell of the grid.

    Attributes
    ----------
    truth : {"null", "boundary", "true"}
        The claim's null holds; its estimand is the reference value, so that both sides' errors show; the claim is true.
    make : callable
        From the cell and a seed to a data set.
    stability : bool
        Two further seeds are asked for the same data.
    dealt : bool
        The prompts are those of the shipped suite, dealt at random.
    peer : bool
        Tested as it is usually done, for comparison: whole sets, and the prompts of b and c permuted.
    data_sets : int
        The most that are looked at: fewer where one takes seconds.
    """

    kind: str
    name: str
    truth: str
    n: int
    selection: Selection
    make: Callable[[Cell, int], Made]
    stability: bool = False
    dealt: bool = False
    peer: bool = False
    data_sets: int = 1000


@dataclass(frozen=True)
class Outcome:
    """What came of one data set; None where it was not asked."""

    p: float
    p_opposite: float
    covers: bool | None = None
    borderline: bool | None = None
    contradictory: bool | None = None


def run_cell(cell: Cell, seed: int, traces: Path | None = None) -> Outcome:
    """Make a data set and test it."""
    made = _dealt(cell, seed, traces) if traces is not None else cell.make(cell, seed)
    first = _test(cell, made, seed)
    if not cell.stability:
        return first
    others = [_test(cell, made, seed + shift) for shift in (100_000, 200_000)]
    clear = [one.p <= 0.05 for one in (first, *others) if not one.borderline]
    return replace(first, contradictory=len(set(clear)) > 1)


def _test(cell: Cell, made: Made, seed: int) -> Outcome:
    kind, claim, traces = claim_on(
        made.sentence,
        made.data,
        made.baseline,
        width=_arrays(made.data)[0].shape[1] // (LAYERS_OF_THE_MODEL if cell.dealt else LAYERS),
        selection=cell.selection,
        statistics=made.statistics,
        seed=seed,
        groups=made.groups,
    )
    if cell.peer:
        return _whole_sets(Trial(kind, claim, traces))
    if not kind.half_sampled(claim) or made.statistics.test != "half-sample":
        with patch.object(permutation, "relabel", partial(relabel, fewest=99, most=99, enumerated=0)):
            if made.statistics.test == "permutation":
                return _permutation(kind.name, Trial(kind, claim, traces))
            found = kind.evidence(claim, traces, (0.05,))
        return Outcome(found.p, found.p_opposite)
    results = Trial(kind, claim, traces).decide((0.05,))
    low, high = results[0].interval(0.95)
    return Outcome(
        p=max(one.p for one in results),
        p_opposite=min(1.0, len(results) * min(one.p_opposite for one in results)),
        covers=None if made.truth is None else low <= made.truth <= high,
        borderline=any(_borderline(one) for one in results),
    )


def _permutation(kind: str, trial: Trial) -> Outcome:
    """The permutation key alone: nothing else of the evidence is looked at."""
    if kind == "distinct":
        key = permutation.distinct_key(trial, list(trial.n), {})
    else:
        key = permutation.overlap_key(trial, "a", "b", "c")
    return Outcome(key((0.05,))[0].p, 1.0) if key is not None else Outcome(1.0, 1.0)


def _whole_sets(trial: Trial) -> Outcome:
    pool = trial.selector(np.concatenate([trial.scores(name) for name in "bc"]), min(trial.n["b"], trial.n["c"]))
    statistic = overlap_difference(pool, trial.full("a")[pool.columns])
    found = relabel(statistic, (trial.n["b"], trial.n["c"]), trial.stream("peer"), fewest=199, most=199, enumerated=0)
    return Outcome(found.p, 1.0)


def _borderline(one: HalfT) -> bool:
    return not one.exact and not clear_of(one.t, one.df, one.se, 0.05)


def _arrays(data: Data) -> list[Floats]:
    return [one if isinstance(one, np.ndarray) else next(iter(one.values())) for one in data.values()]


# Worlds.


def _world(seed: int, **settings: float) -> World:
    return World(np.random.default_rng([11, seed]), LAYERS, WIDTH, **settings)  # type: ignore[arg-type]


def _own(world: World, gain: float) -> Signal | None:
    """Six neurons of a concept's own, or none."""
    return (world.take(6), np.full(6, 4.0 * gain)) if gain else None


def overlap_greater(
    cell: Cell,
    seed: int,
    shape: tuple[int, int, float],
    test: str = "half-sample",
    sizes: tuple[int, int, int] | None = None,
    neutral: int = N0,
) -> Made:
    """a shares as many neurons with b as with c (b and c differ), or more."""
    world = _world(seed)
    signals = three(world, *shape)
    counts = sizes or (cell.n,) * 3
    data = {name: world.concept(count, one) for name, count, one in zip("abc", counts, signals, strict=True)}
    truth = 0.0 if shape[0] == shape[1] else None
    return Made("a overlaps b more than c", data, world.neutral(neutral), truth, Statistics(test=test))  # type: ignore[arg-type]


def alike(cell: Cell, seed: int, test: str = "half-sample") -> Made:
    """b and c are the same concept."""
    world = _world(seed)
    a, b, _ = three(world, 5, 5)
    data = {"a": world.concept(cell.n, a), "b": world.concept(cell.n, b), "c": world.concept(cell.n, b)}
    return Made("a overlaps b more than c", data, world.neutral(N0), 0.0, Statistics(test=test))  # type: ignore[arg-type]


def templates(cell: Cell, seed: int, shape: tuple[int, int, float]) -> Made:
    """The same, of prompts made from shared templates, whose own noise is as large as a prompt's."""
    made = overlap_greater(cell, seed, shape)
    rng = np.random.default_rng([19, seed])
    common = rng.normal(size=(cell.n, WIDTH * LAYERS))
    data = {name: values + common for name, values in made.data.items() if isinstance(values, np.ndarray)}
    names = tuple(f"template-{number}" for number in range(cell.n))
    return replace(made, data=data, truth=None, groups=dict.fromkeys(data, names))


def above_chance(cell: Cell, seed: int, shared: int) -> Made:
    """a and b, and four controls, have neurons of their own, but for some that a and b share."""
    world = _world(seed)
    own = {name: world.take(6) for name in "abcdef"}
    own["b"][:shared] = own["a"][:shared]
    data = {name: world.concept(cell.n, (neurons, np.full(6, 4.0))) for name, neurons in own.items()}
    truth = None if shared else 0.0
    return Made("a overlaps b above chance against c, d, e and f", data, world.neutral(N0), truth)


def distinct(cell: Cell, seed: int, gain: float, test: str = "half-sample") -> Made:
    """Four concepts with neurons of their own, or with nothing but noise."""
    world = _world(seed)
    data = {name: world.concept(cell.n, _own(world, gain)) for name in "abcd"}
    statistics = Statistics(test=test)  # type: ignore[arg-type]
    return Made("a, b, c and d have distinct neurons", data, world.neutral(N0), None if gain else 0.0, statistics)


def positions(cell: Cell, seed: int, gains: tuple[float, float], noise: float = 1.0) -> Made:
    """Signals of these strengths over all tokens and at the last, in different neurons; the last one's noise.

    Noise is shared in part: both modes look at the same prompts.
    """
    world = _world(seed)
    data: dict[str, dict[str, Floats]] = {}
    for name in "abcd":
        common = world.concept(cell.n) - world.mean - world.shift
        data[name] = {
            where: 0.6 * common * loud
            + 0.8 * (world.concept(cell.n, _own(world, gain), loud) - world.mean)
            + world.mean
            for where, gain, loud in (("generated", gains[0], 1.0), ("last", gains[1], noise))
        }
    neutral = world.neutral(N0)
    sentence = "all generated tokens separate a, b, c and d better than the last token"
    truth = 0.0 if gains[0] == gains[1] and noise == 1.0 else None
    return Made(sentence, data, {"generated": neutral, "last": neutral}, truth)


def normalization(cell: Cell, seed: int, gain: float) -> Made:
    """Signals that massive dimensions hide raw; or none, so that nothing helps."""
    world = _world(seed)
    data = {name: world.concept(cell.n, _own(world, gain)) for name in "abcd"}
    sentence = "normalization separates a, b, c and d better than raw"
    return Made(sentence, data, world.neutral(N0), None if gain else 0.0)


def against_neutral(cell: Cell, seed: int, gain: float) -> Made:
    """A concept with neurons of its own or none, and twenty neutral prompts of the same template."""
    world = _world(seed)
    data = {"a": world.concept(cell.n, _own(world, gain)), "b": world.concept(20)}
    return Made("a has consistent neurons against b", data, world.neutral(N0))


def specific(cell: Cell, seed: int, strength: float, *, named: bool, noise: float = 1.0) -> Made:
    """One neuron that answers to a and not to b, or none; how noisy a is."""
    world = _world(seed)
    neuron = world.take(1)
    data = {name: world.concept(cell.n, noise=loud) for name, loud in (("a", noise), ("b", 1.0))}
    if strength:
        data["a"][:, neuron] += strength
    layer, index = divmod(int(neuron[0]), WIDTH)
    sentence = f"neuron L{layer}.residual[{index}] is specific to a against b" if named else "a has specific neurons"
    return Made(sentence, data, world.neutral(N0))


class Fixed:
    """A world whose expected overlaps of sets from m fresh prompts are known by brute force."""

    def __init__(self, seed: int, m: int, selection: Selection) -> None:
        self.world = _world(1000 + seed)
        self.signals = dict(zip("abc", three(self.world, 5, 5), strict=True))
        self.baseline = self.world.neutral(N0)
        raw = {name: np.zeros(self.world.size) for name in "ab"}
        normalized = {name: np.zeros(self.world.size) for name in "ab"}
        square = 0.0
        for name in "ab":
            for _ in range(DRAWS):
                prompts = self.world.concept(m, self.signals[name])
                raw[name] += _set(prompts, self.baseline, "raw", selection)
                one = _set(prompts, self.baseline, "difference", selection)
                normalized[name] += one
                square += float(one @ one) if name == "a" else 0.0
        self.shared = float(normalized["a"] @ normalized["b"]) / DRAWS**2
        self.shared_raw = float(raw["a"] @ raw["b"]) / DRAWS**2
        # Unbiased: a draw is not paired with itself.
        self.within = (float(normalized["a"] @ normalized["a"]) - square) / (DRAWS * (DRAWS - 1))
        self.cross = float(raw["a"] @ normalized["a"]) / DRAWS**2


def _set(prompts: Floats, baseline: Floats, how: str, selection: Selection) -> Floats:
    scores = normalize(prompts, baseline, how)
    chosen = selector(scores, select=selection.select, k=selection.k, smallest=len(scores))
    out = np.zeros(chosen.size)
    out[chosen.columns] = chosen.memberships(np.ones((1, len(scores))))[0]
    return out


@cache
def _fixed(seed: int, m: int, selection: Selection) -> Fixed:
    return Fixed(seed, m, selection)


def boundary(cell: Cell, seed: int) -> Made:
    """The reference value is the true one."""
    fixed = _fixed(seed % FIXED, cell.n // 2, cell.selection)
    world, k = fixed.world, cell.selection.k
    world.rng = np.random.default_rng([13, seed])
    data = {name: world.concept(cell.n, fixed.signals[name]) for name in "ab"}
    plain = Statistics(test="half-sample")
    sentence, truth, statistics = {
        "overlap_above": (f"a overlaps b by at least {fixed.shared:.6f} neurons", fixed.shared, plain),
        "overlap_below": (f"a overlaps b by at most {fixed.shared:.6f} neurons", fixed.shared, plain),
        "consistent": ("a has consistent neurons", fixed.within, replace(plain, consistent_above=fixed.within / k)),
        "sets_differ": (
            "baseline-normalized sets differ from raw for a",
            fixed.cross,
            replace(plain, differ_below=fixed.cross / k),
        ),
        "sets_similar": (
            "raw neurons of a and b are nearly identical",
            fixed.shared_raw,
            replace(plain, similar_above=fixed.shared_raw / k),
        ),
    }[cell.kind]
    return Made(sentence, data, fixed.baseline, truth, statistics)


# Activations of a real model, dealt.


@cache
def _traces(folder: Path, site: str) -> tuple[Floats, Floats]:
    """Pooled activations of the shipped suite's concepts, over all tokens and at the last; the baseline's below."""
    from neurontest.run import Run
    from neurontest.spec.load import load_suite
    from neurontest.trace.models import resolve
    from neurontest.types import TraceRequest, silent

    suite = load_suite(Path(__file__).parents[2] / "concept_specs")
    handle = resolve(
        suite.model, cache_dir=folder, dtype="float32", device="cpu", suite_folder=suite.folder, progress=silent
    )
    run = Run(suite, handle, cache_dir=folder)
    prompts = (*suite.concepts.values(), *([suite.baseline] if suite.baseline else []))
    modes = []
    for where in ("generated", "last"):
        read = [run.read(TraceRequest(one.prompts, suite.generation, site, where)) for one in prompts]
        modes.append(np.concatenate([one.values for one in read]))
    return modes[0], modes[1]


SENTENCES = {
    "overlap_greater": "a overlaps b more than c",
    "overlap_above_chance": "a overlaps b above chance against c, d, e and f",
    "distinct": "a, b, c and d have distinct neurons",
    "positions_more_distinct": "all generated tokens separate a, b, c and d better than the last token",
    "normalization_helps": "normalization separates a, b, c and d better than raw",
    "consistent": "a has consistent neurons against b",
    "specific": "neuron L15.residual[100] is specific to a against b and c",
    "specific_any": "a has specific neurons",
}


def _dealt(cell: Cell, seed: int, folder: Path) -> Made:
    generated, last = _traces(folder, cell.selection.site)
    # The last rows are the suite's own baseline; the prompts of all concepts are dealt.
    pool, rng = len(generated) - 40, np.random.default_rng([17, seed])
    order = rng.permutation(pool)
    names = "abcdef" if cell.kind == "overlap_above_chance" else "abcd"
    rows = {name: order[at * cell.n : (at + 1) * cell.n] for at, name in enumerate(names)}
    sentence = SENTENCES[cell.kind].replace("residual", cell.selection.site)
    if cell.kind == "positions_more_distinct":
        data: Data = {name: {"generated": generated[own], "last": last[own]} for name, own in rows.items()}
        return Made(sentence, data, {"generated": generated[pool:], "last": last[pool:]}, 0.0)
    truth = None if cell.kind in ("consistent", "specific", "specific_any") else 0.0
    return Made(sentence, {name: generated[own] for name, own in rows.items()}, generated[pool:], truth)
