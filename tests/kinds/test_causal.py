"""Causal claims on losses that are made up: agreement with scipy, refusals, and what a spec may say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pytest
from scipy import stats

from neurontest.arrays import Floats
from neurontest.claims.base import Claim, Traces
from neurontest.claims.suite import Family
from neurontest.evidence.causal.experiment import Experiment, Part, Seen
from neurontest.evidence.causal.necessary import losses_compared
from neurontest.evidence.causal.sufficient import rises_compared
from neurontest.evidence.procedure import evidence_of, procedure_of
from neurontest.kinds import kind_named
from neurontest.kinds.causal import LIKES
from neurontest.neurons.matched import NEAREST
from neurontest.types import BASELINE, Evidence, ScoreRequest, Thresholds, TraceRequest, WriteRequest
from neurontest.verdict import judge
from tests.worlds import World, claim_on

SETS = 99
NEEDED = "a's neurons are needed for a more than for b"
FORCED = "forcing a's neurons makes b more likely"


@dataclass
class World2:
    """Two concepts, of which the first has six loud neurons, and a baseline."""

    prompts: int = 24

    def claim(self, sentence: str, **changes: Any) -> tuple[Claim, Traces]:
        world = World(np.random.default_rng(0), layers=2, width=120)
        self.own = world.take(6)
        data = {
            "a": world.concept(self.prompts, (self.own, np.full(6, 6.0))),
            "b": world.concept(self.prompts),
        }
        claim, traces = claim_on(sentence, data, world.neutral(24), width=120)
        claim = replace(claim, selection=replace(claim.selection, k=6, **changes))
        concepts = {name: replace(one, words=("word",)) for name, one in claim.concepts.items()}
        return replace(claim, concepts=concepts), traces


def asked_of(claim: Claim, traces: Traces, thresholds: Thresholds) -> tuple[Any, ...]:
    """What a causal claim asks of the model next."""
    return procedure_of(claim.kind).scores(claim, traces, thresholds)


def experiment(sentence: str, own: int, others: int) -> Experiment:
    """An experiment whose sides have so many prompts; only what the evidence asks of it."""
    claim, traces = World2().claim(sentence)
    measured = ["a", "b"] if sentence == NEEDED else [BASELINE]
    ours = Experiment(claim, traces, "a", measured, claim.said("for"))
    sizes = {"a": own, "b": others, BASELINE: own}
    ours.measured = {
        name: Part(np.arange(sizes[name]), tuple(f"{name}{at}" for at in range(sizes[name])), ())
        for name in ours.measured
    }
    ours.random_sets = SETS
    return ours


def lost(losses: Floats, change: float = 1.0, write: float = 1.0) -> Seen:
    """What is measured where texts lose so much [prompt, 1 + set]; what random sets write beside the set."""
    return {
        "likelihood": -losses,
        "change": np.full(losses.shape, change),
        "write": np.where(np.arange(losses.shape[1]) > 0, write, 1.0) * np.ones(losses.shape),
    }


def risen(rises: Floats, controls: Floats | float = 0.0, write: float = 1.0) -> Seen:
    """The same of words of one token; control tokens have a spread of 1."""
    beside = {"first": rises, "controls": controls * np.ones(rises.shape), "spread": np.ones(rises.shape)}
    return {**lost(-rises, write=write), **beside}


def test_losses_by_scipy() -> None:
    ours = experiment(NEEDED, 12, 15)
    rng = np.random.default_rng(1)
    own, others = rng.gamma(2, 1, (12, 1 + SETS)), rng.gamma(2, 1, (15, 1 + SETS))
    own[:, 0] += 2
    found = losses_compared(ours, "a", lost(own), lost(others), Thresholds.of(0.05))
    welch = stats.ttest_ind(own[:, 0], others[:, 0], equal_var=False, alternative="greater")
    prompts, beyond, sets = found.keys
    assert (prompts.statistic, prompts.df, prompts.p) == pytest.approx((welch.statistic, welch.df, welch.pvalue))
    assert prompts.p_opposite == pytest.approx(1 - welch.pvalue)
    assert beyond.about == "beyond fragility"
    assert (sets.p, sets.exceedances, sets.draws) == (0.01, 0, SETS)
    assert found.effect.value == pytest.approx(own[:, 0].mean() - others[:, 0].mean())
    low, high = stats.ttest_ind(own[:, 0], others[:, 0], equal_var=False).confidence_interval(0.95)
    assert found.effect.interval is not None
    assert (found.effect.interval.low, found.effect.interval.high) == pytest.approx((low, high))
    assert found.p == max(key.p for key in found.keys)
    assert found.p_opposite == max(key.p_opposite or 0 for key in found.keys)
    assert found.prompts == {"a": 12, "b": 15}
    # The other way round, the opposite is what was claimed.
    other = losses_compared(experiment(NEEDED, 15, 12), "a", lost(others), lost(own), Thresholds.of(0.05))
    assert (other.p, other.p_opposite) == pytest.approx((found.p_opposite, found.p))
    details = {one.name: one for one in found.details}
    assert details["extra loss of a"].value == pytest.approx(own[:, 0].mean())
    assert details["extra loss of the others by random sets"].value == pytest.approx(others[:, 1:].mean())
    assert details["fragility of a beside the others"].value == pytest.approx(1, abs=0.1)
    assert details["random sets below it, by the normalised difference"].value == 1
    assert details["random sets' write beside the set's, a"].value == 1


def test_rises_by_scipy() -> None:
    ours = experiment(FORCED, 15, 15)
    rng = np.random.default_rng(2)
    rises = rng.normal(0, 1, (15, 1 + SETS)) + np.r_[1.5, np.zeros(SETS)]
    controls = rng.normal(0, 0.1, (15, 1 + SETS))
    found = rises_compared(ours, "b", risen(rises, controls), Thresholds.of(0.05))
    apart = rises - controls
    beyond = apart[:, 0] - apart[:, 1:].mean(axis=1)
    prompts, plain, in_spreads = found.keys
    assert prompts.p == pytest.approx(stats.ttest_1samp(beyond, 0, alternative="greater").pvalue)
    assert found.effect.value == pytest.approx(beyond.mean())
    assert (plain.p, plain.about, in_spreads.p, in_spreads.about) == (0.01, "", 0.01, "beyond control tokens")
    assert found.prompts == {"baseline": 15}
    # Where control tokens rise as much, the words do no more than any token.
    with_all = rises_compared(ours, "b", risen(rises, rises), Thresholds.of(0.05))
    assert with_all.keys[1].p == 0.01
    assert min(with_all.keys[0].p, with_all.keys[2].p) >= 0.1
    # No spread at all: nothing is shown by prompts.
    same = rises_compared(ours, "b", risen(np.tile(rises[:1], (15, 1))), Thresholds.of(0.05))
    assert same.keys[0].p == 0.5


def test_random_sets_that_cannot_write_as_much_are_no_comparison() -> None:
    rng = np.random.default_rng(1)
    own, others = rng.gamma(2, 1, (12, 1 + SETS)), rng.gamma(2, 1, (15, 1 + SETS))
    own[:, 0] += 5
    ours = experiment(NEEDED, 12, 15)
    enough = losses_compared(ours, "a", lost(own, write=0.96), lost(others), Thresholds.of(0.05))
    assert enough.p < 0.05
    assert enough.refusal == ""
    # On either side.
    for a, b in ((0.94, 1.0), (1.0, 0.94)):
        found = losses_compared(ours, "a", lost(own, write=a), lost(others, write=b), Thresholds.of(0.05))
        assert (found.p, found.p_opposite, found.keys) == (1.0, 1.0, ())
        assert found.refusal.startswith("random sets cannot be made to write as much as the set (94% of it on ")
        family = Family("f.yaml", (ours.claim,), ours.claim.statistics)
        verdict = judge(family, {ours.claim.id: found})[ours.claim.id]
        assert (verdict.name, verdict.reason) == ("inconclusive", found.refusal)
    rises = rng.normal(0, 1, (15, 1 + SETS)) + np.r_[5, np.zeros(SETS)]
    refused = rises_compared(experiment(FORCED, 15, 15), "b", risen(rises, write=0.9), Thresholds.of(0.05))
    assert refused.refusal.startswith("random sets cannot be made to write as much as the set (90% of it on neutral")


def scored(
    sentence: str, effect: float, sets: float = 0.0, write: float = 1.0, **changes: Any
) -> tuple[Evidence, list[tuple[ScoreRequest, ...]], World2]:
    """The evidence if the set's forcing costs a's texts (or gives the words) as much as said, others' nothing.

    With `sets`, every second random set costs or gives that much. Besides what was asked for, look by look.
    """
    world = World2()
    claim, traces = world.claim(sentence, **changes)
    thresholds = Thresholds.of(0.05)
    rng = np.random.default_rng(5)
    shape = next(iter(traces.values()))
    asked: list[tuple[ScoreRequest, ...]] = []
    known = dict(traces)
    (writes,) = asked_of(claim, known, thresholds)
    assert writes == WriteRequest((), claim.generation, claim.selection.site, claim.selection.positions)
    known[writes] = replace(shape, values=np.ones((1, shape.layers * shape.width), dtype=np.float32))
    drawn = 0
    while requests := asked_of(claim, known, thresholds):
        for request in requests:
            count = len(request.forcings)
            values = np.zeros((len(request.prompts), len(request.scores), 1 + count))
            by_name = dict(zip(request.scores, np.moveaxis(values, 1, 0), strict=True))
            affected = request.prompts[0].startswith("a") or bool(request.words)
            likelihood = rng.normal(-3, 0.05, (len(request.prompts), 1 + count))
            likelihood[:, 1] += effect * affected
            likelihood[:, 2 + drawn % 2 :: 2] += sets * affected
            by_name["likelihood"][:] = likelihood
            by_name["write"][:, 1] = 1.0
            by_name["write"][:, 2:] = write
            if request.words:
                by_name["first"][:] = likelihood
                by_name["spread"][:, 1:] = 1.0
            flat = values.astype(np.float32).reshape(len(request.prompts), -1)
            known[cast(TraceRequest, request)] = replace(
                shape, values=flat, layers=len(request.scores), width=1 + count
            )
        drawn += len(requests[0].forcings) - 1
        asked.append(cast("tuple[ScoreRequest, ...]", requests))
    return evidence_of(claim, known, thresholds), asked, world


def test_the_set_is_selected_on_other_prompts_than_are_measured() -> None:
    found, asked, world = scored(NEEDED, -1.0)
    own, others = asked[0]
    assert (len(own.prompts), len(others.prompts)) == (12, 24)
    assert found.p <= 0.05
    assert found.effect.value == pytest.approx(1.0, abs=0.05)
    assert len(set(own.forcings[0].neurons) & set(world.own.tolist())) >= 5
    # The set is in every look: what it writes is what the random sets of this look are held to.
    assert {of_own.forcings[0] for of_own, _ in asked} == {own.forcings[0]}
    assert sum(len(of_own.forcings) - 1 for of_own, _ in asked) == 1 + SETS
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
    key = found.keys[-1]
    assert (key.exceedances, key.draws) in ((12, 25), (13, 25))
    # Where none does as much, a hundred are enough; so where all do: the opposite is to be judged as well.
    for effect, p in ((1.0, 1 / 101), (-1.0, 1.0)):
        found, asked, _ = scored(sentence, effect * sign)
        assert [len(requests[0].forcings) for requests in asked] == [1 + 25, 1 + 25, 1 + 50]
        assert found.keys[-1].p == p
        drawn = {forcing.neurons for requests in asked for forcing in requests[0].forcings}
        assert len(drawn) == 1 + 100
    # Where they cannot write as much, more of them would not either.
    found, asked, _ = scored(sentence, 1.0 * sign, write=0.9)
    assert [len(requests[0].forcings) for requests in asked] == [1 + 25]
    assert found.refusal


@pytest.mark.parametrize(("how", "rows"), [("zero", 1), ("mean", 1), ("resample", 12)])
def test_what_neurons_are_set_to(how: str, rows: int) -> None:
    _, ((own, _), *_), _ = scored(NEEDED, -1.0, ablate=how)
    values = np.array(own.forcings[0].values)
    assert values.shape == (rows, 6)
    assert (values == 0).all() == (how == "zero")
    assert (len(np.unique(values, axis=0)) > 1) == (how == "resample")


def test_the_order_of_a_list_changes_no_value() -> None:
    claim, traces = World2().claim(NEEDED, ablate="resample")
    a = claim.concepts["a"]
    order = np.random.default_rng(1).permutation(len(a.prompts))
    shuffled = replace(a, prompts=tuple(a.prompts[at] for at in order))
    other = replace(claim, concepts={**claim.concepts, "a": shuffled})
    moved = replace(traces[claim.request("a")], values=traces[claim.request("a")].values[order])
    found = []
    for one, seen in ((claim, traces), (other, {**traces, other.request("a"): moved})):
        (writes,) = asked_of(one, seen, Thresholds.of(0.05))
        lengths = replace(moved, values=np.ones((1, moved.values.shape[1]), dtype=np.float32))
        request, _ = asked_of(one, {**seen, writes: lengths}, Thresholds.of(0.05))
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


@pytest.mark.parametrize("sentence", [NEEDED, FORCED])
def test_one_neuron_has_few_that_are_like_it(sentence: str) -> None:
    assert LIKES == NEAREST
    claim, _ = World2().claim(sentence)
    assert claim.kind.smallest_p(claim) == 0
    alone = replace(claim, selection=replace(claim.selection, k=1))
    assert claim.kind.smallest_p(alone) == 1 / 21
    ours = experiment(sentence, 12, 15)
    ours.random_sets = 20
    rng = np.random.default_rng(3)
    values = rng.normal(size=(27, 21)) + np.r_[[5.0], np.zeros(20)] * np.r_[np.ones(12), np.zeros(15)][:, None]
    thresholds = Thresholds.of(0.05)
    if sentence == NEEDED:
        found = losses_compared(ours, "a", lost(values[:12]), lost(values[12:]), thresholds)
    else:
        found = rises_compared(ours, "b", risen(values[:12]), thresholds)
    assert found.p == found.keys[-1].p_floor == 1 / 21
    (said,) = found.warnings
    assert said.startswith("a set of 6 has only 20 random ones like it, so that p is at least 0.048")


def test_sides_that_share_a_prompt() -> None:
    claim, _ = World2().claim(NEEDED)
    a, b = claim.concepts.values()
    also = replace(b, prompts=(*b.prompts, a.prompts[3]))
    (said,) = claim.kind.faults(replace(claim, concepts={"a": a, "b": also}))
    assert said.startswith(f"'a' and 'b' share the prompt {a.prompts[3]!r}; neurons are selected on other prompts")


@pytest.mark.parametrize("reduce", ["max", "rate"])
def test_neurons_are_set_to_means_alone(reduce: str) -> None:
    claim, _ = World2().claim(NEEDED, reduce=reduce)
    (said,) = claim.kind.faults(claim)
    assert said.endswith("say 'neurons: {reduce: mean}' or 'ablate: zero'")
    claim, _ = World2().claim(NEEDED, reduce=reduce, ablate="zero")
    assert claim.kind.faults(claim) == []
    claim, _ = World2().claim(FORCED, reduce=reduce)
    (said,) = claim.kind.faults(claim)
    assert said == (
        f"neurons are set to what they are on average, which reduce: {reduce} does not say;"
        " say 'neurons: {reduce: mean}'"
    )


def test_faults() -> None:
    claim, _ = World2(prompts=16).claim(NEEDED)
    assert claim.kind.faults(claim) == []
    (few,) = claim.kind.shortages(claim)
    assert few.startswith("'a' has 16 prompts; half of them select the neurons")
    claim, _ = World2().claim(NEEDED, identity="dimension")
    assert claim.kind.faults(claim) == ["a dimension of all layers cannot be forced; say 'neurons: {identity: neuron}'"]
    claim, _ = World2().claim(NEEDED, site="mlp_gate")
    (said,) = claim.kind.faults(claim)
    assert said.startswith("what a neuron of site mlp_gate writes hangs on what it gates")
    claim, _ = World2().claim(FORCED)
    wordless = {name: replace(one, words=()) for name, one in claim.concepts.items()}
    (said,) = claim.kind.faults(replace(claim, concepts=wordless))
    assert said == "'b' has no words whose likelihood could rise; say 'words: [...]' in the concept"
    assert claim.baseline is not None
    small = replace(claim.baseline, prompts=claim.baseline.prompts[:19])
    (said,) = claim.kind.shortages(replace(claim, baseline=small))
    assert said.endswith("the baseline has 19 prompts and needs 20")
    claim, _ = World2().claim(NEEDED, normalize="raw")
    (said,) = claim.kind.faults(replace(claim, baseline=None))
    assert said.startswith("ablate: mean takes its values from a baseline")
    claim, _ = World2().claim(NEEDED, normalize="raw", ablate="zero")
    assert claim.kind.faults(replace(claim, baseline=None)) == []


def test_groups_of_one_concept_are_shared_with_none() -> None:
    claim, _ = World2().claim("forcing a's neurons makes a more likely")
    grouped = {
        name: replace(one, groups=tuple(f"g{at // 2}" for at in range(len(one.prompts))))
        for name, one in claim.concepts.items()
    }
    assert claim.kind.faults(replace(claim, concepts=grouped)) == []


def test_kinds_by_name() -> None:
    assert {kind_named("necessary").sentence[:4], kind_named("sufficient").sentence[:4]} == {"{of}", "forc"}
