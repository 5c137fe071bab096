"""Causal claims on losses that are made up: error rates, agreement with scipy, and what a spec may say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import comb
from typing import Any, cast

import numpy as np
import pytest
from scipy import stats

from neurontest.claims import kind_named
from neurontest.claims.causal import LIKES
from neurontest.claims.effects import losses_compared, rises_compared
from neurontest.claims.experiment import Experiment, Part
from neurontest.neurons.matched import NEAREST
from neurontest.types import BASELINE, Evidence, ScoreRequest, Thresholds, TraceRequest
from tests.worlds import Floats, World, claim_on

SETS = 99
NEEDED = "a's neurons are needed for a more than for b"
FORCED = "forcing a's neurons makes b more likely"


@dataclass
class World2:
    """Two concepts, of which the first has six loud neurons, and a baseline."""

    prompts: int = 24

    def claim(self, sentence: str, **changes: Any) -> tuple[Any, Any, Any]:
        world = World(np.random.default_rng(0), layers=2, width=120)
        self.own = world.take(6)
        data = {
            "a": world.concept(self.prompts, (self.own, np.full(6, 6.0))),
            "b": world.concept(self.prompts),
        }
        kind, claim, traces = claim_on(sentence, data, world.neutral(24), width=120)
        claim = replace(claim, selection=replace(claim.selection, k=6, **changes))
        concepts = {name: replace(one, words=("word",)) for name, one in claim.concepts.items()}
        return kind, replace(claim, concepts=concepts), traces


def experiment(sentence: str, own: int, others: int) -> Experiment:
    """An experiment whose sides have so many prompts; only what the evidence asks of it."""
    kind, claim, traces = World2().claim(sentence)
    ours: Experiment = kind._experiment(claim, traces)
    sizes = {"a": own, "b": others, BASELINE: own}
    ours.measured = {
        name: Part(np.arange(sizes[name]), tuple(f"{name}{at}" for at in range(sizes[name])), ())
        for name in ours.measured
    }
    return ours


def losses(
    rng: np.random.Generator, n: tuple[int, int], tau: float, extra: float, loud: float
) -> tuple[Floats, Floats]:
    """Skewed losses; every set has an interaction of its own with standard deviation tau."""
    own = rng.gamma(2, 1, (n[0], 1 + SETS)) - 2
    others = rng.gamma(2, 1, (n[1], 1 + SETS)) - 2
    interaction = rng.normal(0, tau, 1 + SETS)
    interaction[0] += extra
    return loud * own + interaction, others


def rates(sizes: tuple[int, int], tau: float, extra: float, loud: float, worlds: int = 150) -> Floats:
    """Share of worlds in which prompts, sets, and both are declared at .05."""
    ours = experiment(NEEDED, *sizes)
    found = np.zeros(3)
    for seed in range(worlds):
        one = losses_compared(
            ours, "a", *losses(np.random.default_rng([3, seed]), sizes, tau, extra, loud), Thresholds.of(0.05)
        )
        found += [*(key.p <= 0.05 for key in one.keys), one.p <= 0.05]
    return np.asarray(found / worlds)


# Bounds that 150 worlds pass with a probability of .9999, at the rates of the design's own simulations.
def test_a_set_like_any_random_one_is_not_declared() -> None:
    prompts, sets, both = rates((20, 20), tau=0.8, extra=0.0, loud=1.0)
    assert prompts > 0.11  # .218: prompts alone take what every set does for this one's
    assert sets < 0.13
    assert both < 0.13


def test_louder_prompts_are_not_declared() -> None:
    assert rates((10, 40), tau=0.0, extra=0.0, loud=2.5)[2] < 0.12


def test_what_matters_is_declared() -> None:
    assert rates((20, 20), tau=0.8, extra=2.0, loud=1.0)[2] > 0.5


def test_losses_by_scipy() -> None:
    ours = experiment(NEEDED, 12, 15)
    own, others = losses(np.random.default_rng(1), (12, 15), 0.3, 1.0, 1.0)
    found = losses_compared(ours, "a", own, others, Thresholds.of(0.05))
    welch = stats.ttest_ind(own[:, 0], others[:, 0], equal_var=False)
    prompts, sets = found.keys
    assert prompts.statistic == pytest.approx(welch.statistic)
    permuted = stats.permutation_test(
        (own[:, 0], others[:, 0]),
        lambda x, y, axis: stats.ttest_ind(x, y, axis=axis, equal_var=False).statistic,
        vectorized=True,
        alternative="greater",
        n_resamples=4000,
        rng=np.random.default_rng(0),
    )
    assert prompts.p == pytest.approx(permuted.pvalue, abs=0.03)
    apart = own.mean(axis=0) - others.mean(axis=0)
    assert sets.p == (1 + (apart[1:] >= apart[0]).sum()) / 100
    assert found.effect.value == pytest.approx(apart[0])
    low, high = welch.confidence_interval(0.95)
    assert found.effect.interval is not None
    assert (found.effect.interval.low, found.effect.interval.high) == pytest.approx((low, high))
    assert found.p == max(prompts.p, sets.p)
    assert found.prompts == {"a": 12, "b": 15}


def test_rises_by_scipy() -> None:
    ours = experiment(FORCED, 15, 15)
    rng = np.random.default_rng(2)
    rises = rng.normal(0, 1, (15, 1 + SETS)) + np.r_[1.5, np.zeros(SETS)]
    found = rises_compared(ours, "b", rises, Thresholds.of(0.05))
    beyond = rises[:, 0] - rises[:, 1:].mean(axis=1)
    assert found.keys[0].p == pytest.approx(stats.ttest_1samp(beyond, 0, alternative="greater").pvalue)
    assert found.keys[1].p == 0.01
    assert found.prompts == {"baseline": 15}
    # No spread at all: nothing is shown by prompts.
    same = rises_compared(ours, "b", np.tile(rises[:1], (15, 1)), Thresholds.of(0.05))
    assert same.keys[0].p == 0.5


def scored(
    sentence: str, effect: float, sets: float = 0.0, **changes: Any
) -> tuple[Evidence, list[tuple[ScoreRequest, ...]], World2]:
    """The evidence if the set's forcing costs a's texts (or gives the words) as much as said, others' nothing.

    With `sets`, every second random set costs or gives that much. Besides what was asked for, look by look.
    """
    world = World2()
    kind, claim, traces = world.claim(sentence, **changes)
    thresholds = Thresholds.of(0.05)
    rng = np.random.default_rng(5)
    shape = next(iter(traces.values()))
    asked: list[tuple[ScoreRequest, ...]] = []
    known = dict(traces)
    while requests := kind.scores(claim, known, thresholds):
        for request in requests:
            values = rng.normal(-3, 0.05, (len(request.prompts), 1 + len(request.forcings)))
            affected = request.prompts[0].startswith("a") or bool(request.words)
            values[:, 2 - len(asked[:1]) :: 2] += sets * affected
            if not asked:
                values[:, 1] += effect * affected
            known[cast(TraceRequest, request)] = replace(shape, values=values.astype(np.float32))
        asked.append(requests)
    return kind.evidence(claim, known, thresholds), asked, world


def test_the_set_is_selected_on_other_prompts_than_are_measured() -> None:
    found, asked, world = scored(NEEDED, -1.0)
    own, others = asked[0]
    assert (len(own.prompts), len(others.prompts)) == (12, 24)
    assert found.p <= 0.05
    assert found.effect.value == pytest.approx(1.0, abs=0.05)
    assert len(set(own.forcings[0].neurons) & set(world.own.tolist())) >= 5
    assert sum(len(of_own.forcings) for of_own, _ in asked) == 1 + SETS
    # The baseline's mean, for all prompts alike; on the measured prompts the set is far above it.
    assert len(own.forcings[0].values) == 1
    assert own.forcings == others.forcings


def test_a_loss_that_others_share_is_not_enough() -> None:
    assert scored(NEEDED, 0.0)[0].p > 0.05
    assert scored(FORCED, 0.0)[0].p > 0.05


@pytest.mark.parametrize(("sentence", "sign"), [(NEEDED, -1.0), (FORCED, 1.0)])
def test_no_more_random_sets_than_it_takes(sentence: str, sign: float) -> None:
    # Half of the random sets do more than the set, half less: ten on each side are among the first.
    found, asked, _ = scored(sentence, 0.5 * sign, 1.0 * sign)
    assert [len(requests[0].forcings) for requests in asked] == [1 + 25]
    key = found.keys[1]
    assert key.exceedances == 10
    assert key.draws is not None
    assert 15 < key.draws <= 25
    assert key.p == 10 / key.draws
    assert key.p_floor == 0.01
    # Where none does as much, all are looked at; so where all do: the opposite is to be judged as well.
    for effect, p in ((1.0, 0.01), (-1.0, 1.0)):
        found, asked, _ = scored(sentence, effect * sign)
        assert [len(requests[0].forcings) for requests in asked] == [1 + 25, 25, 49]
        assert found.keys[1].p == p
        drawn = {forcing.neurons for requests in asked for forcing in requests[0].forcings}
        assert len(drawn) == 1 + SETS


@pytest.mark.parametrize(("how", "rows"), [("zero", 1), ("mean", 1), ("resample", 12)])
def test_what_neurons_are_set_to(how: str, rows: int) -> None:
    _, ((own, _), *_), _ = scored(NEEDED, -1.0, ablate=how)
    values = np.array(own.forcings[0].values)
    assert values.shape == (rows, 6)
    assert (values == 0).all() == (how == "zero")
    assert (len(np.unique(values, axis=0)) > 1) == (how == "resample")


def test_the_order_of_a_list_changes_no_value() -> None:
    kind, claim, traces = World2().claim(NEEDED, ablate="resample")
    a = claim.concepts["a"]
    order = np.random.default_rng(1).permutation(len(a.prompts))
    shuffled = replace(a, prompts=tuple(a.prompts[at] for at in order))
    other = replace(claim, concepts={**claim.concepts, "a": shuffled})
    moved = replace(traces[claim.request("a")], values=traces[claim.request("a")].values[order])
    found = []
    for one, seen in ((claim, traces), (other, {**traces, other.request("a"): moved})):
        request, _ = kind.scores(one, seen, Thresholds.of(0.05))
        found.append([dict(zip(request.prompts, forcing.values, strict=True)) for forcing in request.forcings])
    assert found[0] == found[1]


def test_words_are_measured_after_neutral_prompts() -> None:
    found, ((request,), *_), world = scored(FORCED, 2.0)
    assert request.words == ("word",)
    assert len(request.prompts) == 12  # the other half of the baseline's 24 select
    assert all(prompt.startswith("neutral") for prompt in request.prompts)
    assert len(set(request.forcings[0].neurons) & set(world.own.tolist())) >= 5
    # Their values on a: far above the baseline's, where they are near 0.
    assert np.median(request.forcings[0].values[0]) > 3
    assert found.p <= 0.05


def test_the_smallest_p_of_the_design() -> None:
    kind, claim, _ = World2().claim(NEEDED)
    assert kind.smallest_p(claim) == 1 / comb(12 + 24, 12)


@pytest.mark.parametrize("sentence", [NEEDED, FORCED])
def test_one_neuron_has_few_that_are_like_it(sentence: str) -> None:
    assert LIKES == NEAREST
    kind, claim, _ = World2().claim(sentence)
    alone = replace(claim, selection=replace(claim.selection, k=1))
    assert kind.smallest_p(alone) == 1 / 21
    ours = experiment(sentence, 12, 15)
    rng = np.random.default_rng(3)
    values = rng.normal(size=(27, 21)) + np.r_[[5.0], np.zeros(20)] * np.r_[np.ones(12), np.zeros(15)][:, None]
    thresholds = Thresholds.of(0.05)
    if sentence == NEEDED:
        found = losses_compared(ours, "a", values[:12], values[12:], thresholds)
        assert found.keys[0].p_floor == 1 / comb(27, 12)
    else:
        found = rises_compared(ours, "b", values[:12], thresholds)
    assert found.p == found.keys[1].p_floor == 1 / 21
    (said,) = found.warnings
    assert said.startswith("a set of 6 has only 20 random ones like it, so that p is at least 0.048")


def test_sides_that_share_a_prompt() -> None:
    kind, claim, _ = World2().claim(NEEDED)
    a, b = claim.concepts.values()
    also = replace(b, prompts=(*b.prompts, a.prompts[3]))
    (said,) = kind.faults(replace(claim, concepts={"a": a, "b": also}))
    assert said.startswith(f"'a' and 'b' share the prompt {a.prompts[3]!r}; neurons are selected on other prompts")


@pytest.mark.parametrize("reduce", ["max", "rate"])
def test_neurons_are_set_to_means_alone(reduce: str) -> None:
    kind, claim, _ = World2().claim(NEEDED, reduce=reduce)
    (said,) = kind.faults(claim)
    assert said.endswith("say 'neurons: {reduce: mean}' or 'ablate: zero'")
    kind, claim, _ = World2().claim(NEEDED, reduce=reduce, ablate="zero")
    assert kind.faults(claim) == []
    kind, claim, _ = World2().claim(FORCED, reduce=reduce)
    (said,) = kind.faults(claim)
    assert said == (
        f"neurons are set to what they are on average, which reduce: {reduce} does not say;"
        " say 'neurons: {reduce: mean}'"
    )


def test_faults() -> None:
    kind, claim, _ = World2(prompts=16).claim(NEEDED)
    assert kind.faults(claim) == []
    (few,) = kind.shortages(claim)
    assert few.startswith("'a' has 16 prompts; half of them select the neurons")
    kind, claim, _ = World2().claim(NEEDED, identity="dimension")
    assert kind.faults(claim) == ["a dimension of all layers cannot be forced; say 'neurons: {identity: neuron}'"]
    kind, claim, _ = World2().claim(FORCED)
    wordless = {name: replace(one, words=()) for name, one in claim.concepts.items()}
    (said,) = kind.faults(replace(claim, concepts=wordless))
    assert said == "'b' has no words whose likelihood could rise; say 'words: [...]' in the concept"
    small = replace(claim.baseline, prompts=claim.baseline.prompts[:19])
    (said,) = kind.shortages(replace(claim, baseline=small))
    assert said.endswith("the baseline has 19 prompts and needs 20")
    kind, claim, _ = World2().claim(NEEDED, normalize="raw")
    (said,) = kind.faults(replace(claim, baseline=None))
    assert said.startswith("ablate: mean takes its values from a baseline")
    kind, claim, _ = World2().claim(NEEDED, normalize="raw", ablate="zero")
    assert kind.faults(replace(claim, baseline=None)) == []


def test_groups_of_one_concept_are_shared_with_none() -> None:
    kind, claim, _ = World2().claim("forcing a's neurons makes a more likely")
    grouped = {
        name: replace(one, groups=tuple(f"g{at // 2}" for at in range(len(one.prompts))))
        for name, one in claim.concepts.items()
    }
    assert kind.faults(replace(claim, concepts=grouped)) == []


def test_kinds_by_name() -> None:
    assert {kind_named("necessary").sentence[:4], kind_named("sufficient").sentence[:4]} == {"{of}", "forc"}
