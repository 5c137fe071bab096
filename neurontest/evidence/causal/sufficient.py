"""The test of a set that makes a concept's words likelier once it is set to what it is on the concept."""

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
from neurontest.stats.fragility import T, studentised
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

BEYOND = "beyond control tokens"


class SufficientProcedure(Procedure):
    """Over prompts beyond control tokens, and among random sets that write as much: the largest p."""

    def scores(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> tuple[ModelRequest, ...]:
        """What is to be measured next; empty if that is all."""
        return _observe(claim, traces, thresholds)[2]

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """The evidence, from all that was measured."""
        ours, seen, _ = _observe(claim, traces, thresholds)
        rises = tuple(map(float, beyond_control_tokens(seen[BASELINE])))
        return replace(
            rises_compared(ours, claim.said("for"), seen[BASELINE], thresholds),
            by_prompt=(PerPrompt("baseline", ours.units((BASELINE,)), {"effect": rises}),),
        )


def beyond_control_tokens(seen: Seen) -> Floats:
    """How much more the words' first tokens rise than control tokens do, less the same by random sets [prompt]."""
    apart = seen["first"] - seen["controls"]
    out: Floats = apart[:, 0] - apart[:, 1:].mean(axis=1)
    return out


def rises_compared(ours: Experiment, words_of: str, seen: Seen, thresholds: Thresholds) -> Evidence:
    """Whether a concept's words become likelier than control tokens do, and more so than by random sets.

    The largest of three p-values counts: Student's t over prompts of the rise of the words' first tokens beyond control
    tokens, less the same by random sets; the rank of the rise of the words; and the rank of the first tokens' rise
    beyond control tokens, in standard deviations of these.

    Parameters
    ----------
    words_of : str
    seen : mapping from score to float array [prompt, 1 + random set]
    """
    beyond, found = _over_prompts(seen)
    mean = float(beyond.mean())
    prompts = KeyResult(
        name="prompts",
        null="over neutral prompts drawn anew, the words rise no more beyond control tokens than by random sets",
        statistic=found.statistic,
        p=found.p,
        p_opposite=found.p_opposite,
        p_floor=0.0,
        df=found.df,
    )
    spread = float(np.var(beyond, ddof=1)) / len(beyond)
    level = ours.claim.statistics.confidence
    reach = float(stats.t.isf((1 - level) / 2, found.df)) * spread**0.5
    effect = Estimate(
        f"rise of {words_of}'s words beyond control tokens, less that by random sets",
        mean,
        "nats",
        Interval(mean - reach, mean + reach, level, "Student t"),
        0.0,
        note="of the first tokens of the words",
    )
    plain, in_spreads = _ranked(seen)
    details = [
        Estimate(f"rise of {words_of}'s words", plain.observed, "nats", note="that one of them comes first, whole"),
        Estimate("rise of the words by random sets, mean", float(plain.null.mean()), "nats"),
        Estimate("rise of the words' first tokens", float(seen["first"][:, 0].mean()), "nats"),
        Estimate("rise of control tokens", float(seen["controls"][:, 0].mean()), "nats"),
        Estimate("rise beyond control tokens, in their standard deviations", in_spreads.observed, ""),
    ]
    return causal_evidence(
        ours,
        effect,
        (prompts,),
        (NullSummary("t", found.statistic, df=found.df),),
        [Ranked.both_ways(plain, "the rise"), Ranked.both_ways(in_spreads, "the rise beyond control tokens", BEYOND)],
        {"neutral prompts": equality(seen)},
        details,
        Spread(spread, len(beyond)),
    )


def _observe(
    claim: Claim, traces: Traces, thresholds: Thresholds
) -> tuple[Experiment, dict[str, Seen], tuple[ModelRequest, ...]]:
    ours = Experiment(claim, traces, claim.said("of"), [BASELINE], claim.said("for"))

    def ended(seen: Mapping[str, Seen]) -> bool:
        if equality(seen[BASELINE]).refused:
            return True
        ranks, over_prompts = _ranked(seen[BASELINE]), _over_prompts(seen[BASELINE])[1]
        return is_enough(
            Direction(over_prompts.p, [one.above for one in ranks]),
            Direction(over_prompts.p_opposite, [one.below for one in ranks]),
            thresholds.family,
        )

    words = claim.concepts[claim.said("for")].words
    return ours, *ours.observe({BASELINE: ours.mean_on(ours.source)}, thresholds, ended, words)


def _over_prompts(seen: Seen) -> tuple[Floats, T]:
    """The rise of the words' first tokens beyond control tokens and beyond random sets [prompt], and its test."""
    beyond = beyond_control_tokens(seen)
    return beyond, studentised(float(beyond.mean()), beyond)


def _ranked(seen: Seen) -> tuple[Rank, Rank]:
    """Where the set stands by the rise of the words, and by that of their first tokens beside control tokens."""
    rises = seen["likelihood"].mean(axis=0)
    spread = np.sqrt(seen["spread"].mean(axis=0))
    apart = (seen["first"] - seen["controls"]).mean(axis=0)
    # A set that moves no control token at all moves the words by no more than rounding.
    beyond = np.divide(apart, spread, out=np.zeros_like(apart), where=spread > 0)
    return rank(float(rises[0]), rises[1:]), rank(float(beyond[0]), beyond[1:])
