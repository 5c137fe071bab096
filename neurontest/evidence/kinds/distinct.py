"""The tests of distinct neurons: of every two concepts, or of all of them on average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations

from neurontest.claims.base import Claim, Traces
from neurontest.claims.exchange import exchanged_within
from neurontest.errors import EvidenceError
from neurontest.evidence.conclusion import t_null
from neurontest.evidence.describe import ceilings, pair
from neurontest.evidence.permutation import both_keys, decisive, distinct_key
from neurontest.evidence.procedure import Procedure
from neurontest.evidence.trial import Trial
from neurontest.kinds.distinct import is_on_average
from neurontest.stats.half_samples.half_t import HalfT, Hypothesis, weakest_of
from neurontest.stats.half_samples.sets import HalfSamples, distinctness
from neurontest.text import of_several
from neurontest.types import Estimate, Evidence, KeyResult, NullSummary, Thresholds


class DistinctProcedure(Procedure):
    """By half-t and by studentised relabeling: of every pair, its own prompts; on average, of all at once."""

    def hypotheses(self, claim: Claim, samples: HalfSamples) -> list[Hypothesis]:
        """``D``, mean overlap within less mean overlap between, above 0: of every pair, or of all on average."""
        names = list(claim.concepts)
        tested = [names] if is_on_average(claim) else combinations(names, 2)
        return [Hypothesis(distinctness(samples, those)[0], level=True) for those in tested]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """The evidence of every pair, or of all on average."""
        return (_on_average if is_on_average(claim) else _of_each)(claim, traces, thresholds)


def _on_average(claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
    """The evidence that concepts are apart on average: by half-t, and by the studentised relabeling of all of them.

    The relabeling also says which pairs differ.
    """
    names = list(claim.concepts)
    trial = Trial(claim, traces)
    (whole,) = trial.decide(thresholds)
    which: dict[tuple[str, str], float] = {}
    keys, nulls = both_keys(trial, whole, distinct_key(trial, names, which), thresholds)
    apart = trial.describe(partial(_pairs, names)) if len(names) > 2 else []
    notes = {
        two: f"permutation p = {which[two]:.2g}, adjusted for the pairs" if two in which else ""
        for two in combinations(names, 2)
    }
    return trial.evidence(
        trial.estimate("shared within a concept minus between two", whole),
        whole,
        keys,
        nulls,
        [*_parts(trial, names), *_apart(trial, apart, notes, tested=False)],
    )


def _of_each(claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
    """The evidence that every two concepts are apart: the largest p-value of any pair by either test.

    Each pair's prompts alone are exchanged: with all concepts' pooled, two alike among others that differ would count
    as apart. The opposite, that some two share more than halves of one do, has as many chances as there are pairs.
    """
    names = list(claim.concepts)
    trial = Trial(claim, traces)
    results = trial.decide(thresholds)
    pairs = list(combinations(names, 2))
    weakest = weakest_of(results)[0]
    of_two = dict(zip(pairs, results, strict=True))
    relabelled = _relabelled(claim, traces, trial, of_two, thresholds)
    keys = [one.key for one in relabelled]
    nulls = [one.null for one in relabelled]
    if keys:
        keys, nulls = decisive(keys, nulls, thresholds)
    if claim.statistics.test != "permutation":
        for two, result in of_two.items():
            if any(result is one for one in weakest_of(results)):
                about = _about(two) if len(pairs) > 1 else ""
                keys.append(replace(trial.key(result), about=about, chances=len(pairs)))
                nulls.append(t_null(result))
    p = {one.pair: one.key.p for one in relabelled}
    notes = {
        two: ", ".join([f"half-sample p = {result.p:.2g}"] + ([f"permutation p = {p[two]:.2g}"] if two in p else []))
        for two, result in of_two.items()
    }
    least = of_several(len(pairs), "pairs")
    name = f"shared within {' and '.join(pairs[results.index(weakest)])} minus between them{least}"
    return trial.evidence(
        trial.estimate(name, weakest),
        weakest,
        keys,
        nulls,
        [*_parts(trial, names), *_apart(trial, results if len(pairs) > 1 else [], notes, tested=True)],
        p_opposite=min(1.0, len(pairs) * min(result.p_opposite for result in results)),
    )


@dataclass(frozen=True)
class _Relabelled:
    """The permutation key of one pair."""

    pair: tuple[str, str]
    key: KeyResult
    null: NullSummary


def _relabelled(
    claim: Claim,
    traces: Traces,
    whole: Trial,
    of_two: dict[tuple[str, str], HalfT],
    thresholds: Thresholds,
) -> list[_Relabelled]:
    """The permutation keys of all pairs that can be exchanged, the weakest by half-t first.

    Raises
    ------
    EvidenceError
        If the permutation alone is asked for, and some pair cannot be exchanged.
    """
    test = claim.statistics.test
    if test == "half-sample":
        return []
    out: list[_Relabelled] = []
    # What is decided already needs no more draws: below the largest p-value so far a pair's own is of no consequence.
    largest = 0.0 if test == "permutation" else max(result.p for result in of_two.values())
    for two in sorted(of_two, key=lambda one: -of_two[one].p):
        concepts = {name: claim.concepts[name] for name in two}
        own = replace(
            claim, concepts=concepts, terms={"concepts": two}, statistics=replace(claim.statistics, m=whole.m)
        )
        found = distinct_key(Trial(own, traces), two, {}, shared_with=len(of_two))
        if found is None or exchanged_within(list(concepts.values())) is None:
            if test == "permutation":
                raise EvidenceError(
                    f"{claim.node}: test: permutation exchanges prompts, and those of {_about(two)} cannot be: they"
                    " share some templates and others not"
                )
            continue
        key, null = found(replace(thresholds, open=tuple(one for one in thresholds.open if one >= largest)))
        out.append(_Relabelled(two, replace(key, about=_about(two) if len(of_two) > 1 else ""), null))
        largest = max(largest, key.p)
    return out


def _about(two: Sequence[str]) -> str:
    return " and ".join(two)


def _parts(trial: Trial, names: Sequence[str]) -> list[Estimate]:
    """What is shared within concepts and between them."""

    def described(samples: HalfSamples) -> list[Hypothesis]:
        _, within, between = distinctness(samples, names)
        return [Hypothesis(within, level=True), Hypothesis(between)]

    within, between = trial.describe(described)
    return [
        trial.estimate("within, mean over concepts", within, tested=False),
        trial.estimate("between, mean over pairs", between, tested=False),
        *ceilings(trial, *names),
        *(pair(trial, a, b) for a, b in combinations(names, 2)),
    ]


def _pairs(names: Sequence[str], samples: HalfSamples) -> list[Hypothesis]:
    return [Hypothesis(distinctness(samples, two)[0], level=True) for two in combinations(names, 2)]


def _apart(
    trial: Trial, results: Sequence[HalfT], notes: dict[tuple[str, str], str], *, tested: bool
) -> list[Estimate]:
    return [
        trial.estimate(f"{a} and {b}, within minus between", result, tested=tested, note=notes[a, b])
        for (a, b), result in zip(notes, results, strict=False)
    ]
