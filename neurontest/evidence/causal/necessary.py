"""The test of a set that one concept's texts need more than others' do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import stats

from neurontest.arrays import Floats
from neurontest.claims.base import Claim, Traces
from neurontest.evidence.causal.experiment import Experiment, Seen
from neurontest.evidence.causal.ranks import Ranked, causal_evidence, equality
from neurontest.evidence.procedure import Procedure
from neurontest.stats.fragility import Fragility, beyond_fragility, normalised, studentised
from neurontest.stats.random_sets import Direction, Rank, is_enough, rank
from neurontest.types import (
    BASELINE,
    Estimate,
    Evidence,
    Interval,
    KeyResult,
    ModelRequest,
    NullSummary,
    PerPrompt,
    Spread,
    Thresholds,
)

NATS = "nats a token"
BEYOND = "beyond fragility"


class NecessaryProcedure(Procedure):
    """Over prompts, beyond the fragility of the texts, and among random sets that write as much: the largest p."""

    def scores(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> tuple[ModelRequest, ...]:
        """What is to be measured next; empty if that is all."""
        return _observe(claim, traces, thresholds)[2]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """The evidence, from all that was measured."""
        ours, seen, _ = _observe(claim, traces, thresholds)
        sides = _sides(claim, seen)
        return replace(
            losses_compared(ours, claim.said("for"), *sides, thresholds), by_prompt=_by_prompt(ours, claim, sides)
        )


def losses_alone(claim: Claim, traces: Traces) -> tuple[tuple[PerPrompt, ...], tuple[ModelRequest, ...]]:
    """What ablating the set takes from each prompt, random sets aside; or what is to be measured first."""
    ours, values = _begun(claim, traces)
    seen, missing = ours.alone(values)
    return ((), missing) if missing else (_by_prompt(ours, claim, _sides(claim, seen)), ())


def _by_prompt(ours: Experiment, claim: Claim, sides: tuple[Seen, Seen]) -> tuple[PerPrompt, ...]:
    names = [ours.units((claim.said("for"),)), ours.units(claim.listed("than"))]
    return tuple(
        PerPrompt(of, units, {"effect": tuple(map(float, -side["likelihood"][:, 0]))})
        for of, units, side in zip((claim.said("for"), "the others"), names, sides, strict=True)
    )


def losses_compared(ours: Experiment, own: str, of_own: Seen, of_others: Seen, thresholds: Thresholds) -> Evidence:
    """Whether one concept's texts lose more than others', and more than random sets of an equal write make likely.

    The largest of three p-values counts: Welch's t of the difference; the same beyond what the concept's texts are more
    fragile; the rank of the difference, normalised, among those of random sets.

    Parameters
    ----------
    own : str
        The concept whose texts are to lose.
    of_own, of_others : mapping from score to float array [prompt, 1 + random set]
        Of both sides.
    """
    a, b = -of_own["likelihood"], -of_others["likelihood"]
    welch = studentised(float(a[:, 0].mean() - b[:, 0].mean()), a[:, 0], b[:, 0])
    beyond, beyond_opposite = beyond_fragility(a, b), beyond_fragility(b, a)
    ranked, ranked_opposite = _ranked(of_own, of_others), _ranked(of_others, of_own)
    keys = (
        KeyResult(
            name="prompts",
            null=f"over prompts drawn anew, the texts of {own} lose no more than those of the others",
            statistic=welch.statistic,
            p=welch.p,
            p_opposite=welch.p_opposite,
            p_floor=0.0,
            df=welch.df,
        ),
        KeyResult(
            name="prompts",
            about=BEYOND,
            null=(
                f"the texts of {own} lose no more than those of the others, times how much more random sets take from"
                " them"
            ),
            statistic=beyond.statistic,
            p=beyond.p,
            p_opposite=beyond_opposite.p,
            p_floor=0.0,
            df=beyond.df,
        ),
    )
    level = ours.claim.statistics.confidence
    effect = Estimate(
        f"extra loss of {own} less that of the others",
        float(a[:, 0].mean() - b[:, 0].mean()),
        NATS,
        Interval(*_welch_interval(a[:, 0], b[:, 0], level), level, "Welch t"),
        0.0,
    )
    fragility = Fragility.of(a[:, 1:].mean(axis=0), b[:, 1:].mean(axis=0))
    details = [
        Estimate(f"extra loss of {own}", float(a[:, 0].mean()), NATS),
        Estimate("extra loss of the others", float(b[:, 0].mean()), NATS),
        Estimate(f"extra loss of {own} by random sets", float(a[:, 1:].mean()), NATS),
        Estimate("extra loss of the others by random sets", float(b[:, 1:].mean()), NATS),
        Estimate(
            f"fragility of {own} beside the others",
            fragility.ratio,
            "",
            note="how many times as much random sets take from its texts, drawn to 1 where they take little",
        ),
    ]
    variance = sum(float(np.var(one[:, 0], ddof=1)) / len(one) for one in (a, b))
    spread = Spread(variance, min(len(a), len(b)))
    return causal_evidence(
        ours,
        effect,
        keys,
        tuple(NullSummary("t", one.statistic, df=one.df) for one in (welch, beyond)),
        [Ranked(ranked, ranked_opposite, "the normalised difference")],
        {own: equality(of_own), "the others": equality(of_others)},
        details,
        spread,
    )


def _observe(
    claim: Claim, traces: Traces, thresholds: Thresholds
) -> tuple[Experiment, dict[str, Seen], tuple[ModelRequest, ...]]:
    ours, values = _begun(claim, traces)

    def ended(seen: Mapping[str, Seen]) -> bool:
        both = _sides(claim, seen)
        if any(equality(side).refused for side in both):
            return True
        ways = [_direction(*both), _direction(*reversed(both))]
        return is_enough(ways[0], ways[1], thresholds.family)

    return ours, *ours.observe(values, thresholds, ended)


def _begun(claim: Claim, traces: Traces) -> tuple[Experiment, dict[str, Floats]]:
    """The set, and what its neurons are set to on each concept that is measured."""
    sides = dict.fromkeys((claim.said("for"), *claim.listed("than")))
    ours = Experiment(claim, traces, claim.said("of"), list(sides), claim.said("for"))
    how = claim.selection.ablate
    if how == "resample":
        return ours, {name: ours.resampled(name) for name in sides}
    return ours, dict.fromkeys(sides, ours.zeros if how == "zero" else ours.mean_on(BASELINE))


def _sides(claim: Claim, seen: Mapping[str, Seen]) -> tuple[Seen, Seen]:
    """What is measured of the one concept's texts, and of all others'."""
    others = [seen[name] for name in claim.listed("than")]
    return seen[claim.said("for")], {name: np.concatenate([one[name] for one in others]) for name in others[0]}


def _direction(of_own: Seen, of_others: Seen) -> Direction:
    a, b = -of_own["likelihood"], -of_others["likelihood"]
    welch = studentised(float(a[:, 0].mean() - b[:, 0].mean()), a[:, 0], b[:, 0])
    return Direction(max(welch.p, beyond_fragility(a, b).p), [_ranked(of_own, of_others).above])


def _ranked(of_own: Seen, of_others: Seen) -> Rank:
    own, others = (-one["likelihood"].mean(axis=0) for one in (of_own, of_others))
    contrasts = normalised(own, others, np.sqrt(of_others["change"].mean(axis=0)))
    return rank(float(contrasts[0]), contrasts[1:])


def _welch_interval(a: Floats, b: Floats, level: float) -> tuple[float, float]:
    low, high = stats.ttest_ind(a, b, equal_var=False).confidence_interval(level)
    return float(low), float(high)
