"""The evidence of causal claims: effects over prompts, and the set's among those of random sets.

Imported inside ``Kind.evidence`` only: it needs numpy and scipy.
"""

from __future__ import annotations

from dataclasses import replace
from math import comb

import numpy as np
from scipy import stats

from neurontest.claims.experiment import Experiment
from neurontest.claims.permutation import histogram, permutation_key
from neurontest.claims.trial import SMALL_BASELINE
from neurontest.neurons.normalize import Floats
from neurontest.stats.max_t import Welch
from neurontest.stats.random_sets import FEWEST_SETS, Rank, rank, sets_needed
from neurontest.stats.relabel import Labels
from neurontest.types import Estimate, Evidence, Interval, KeyResult, NullSummary, Spread, Thresholds

NATS = "nats a token"


def losses_apart(of_own: Floats, of_others: Floats) -> Rank:
    """Where a set stands among random ones by what one concept's texts lose more than others'; as below."""
    apart = of_own.mean(axis=0) - of_others.mean(axis=0)
    return rank(float(apart[0]), apart[1:])


def mean_rises(rises: Floats) -> Rank:
    """Where a set stands among random ones by how much likelier words become; as in :func:`rises_compared`."""
    means = rises.mean(axis=0)
    return rank(float(means[0]), means[1:])


def losses_compared(ours: Experiment, own: str, of_own: Floats, of_others: Floats, thresholds: Thresholds) -> Evidence:
    """Whether one concept's texts lose more than others', and more so than by random sets.

    Parameters
    ----------
    own : str
        The concept whose texts are to lose.
    of_own, of_others : float array [prompt, 1 + random set]
        Rise of the negative log-likelihood, in nats a token; by the claim's set in the first column.
    """
    both = np.concatenate([of_own, of_others])
    welch = Welch(both[:, :1])

    def statistic(labels: Labels) -> Floats:
        out: Floats = welch((labels == 0).astype(np.float64), 0, 1)[:, 0]
        return out

    apart = losses_apart(of_own, of_others)
    prompts, null = permutation_key(
        ours.trial,
        statistic,
        [len(of_own), len(of_others)],
        thresholds,
        f"the prompts of {own} and of the others are exchangeable; they are dealt anew to the two",
        both_sides=True,
    )
    # The floor of this key alone, not of the claim.
    prompts = replace(prompts, p_floor=1 / comb(len(both), len(of_own)))
    found = stats.ttest_ind(of_own[:, 0], of_others[:, 0], equal_var=False)
    level = ours.claim.statistics.confidence
    low, high = found.confidence_interval(level)
    variance = sum(float(np.var(one[:, 0], ddof=1)) / len(one) for one in (of_own, of_others))
    effect = Estimate(
        f"extra loss of {own} less that of the others",
        apart.observed,
        NATS,
        Interval(float(low), float(high), level, "Welch t"),
        0.0,
    )
    details = [
        Estimate(f"extra loss of {own}", float(of_own[:, 0].mean()), NATS),
        Estimate("extra loss of the others", float(of_others[:, 0].mean()), NATS),
    ]
    spread = Spread(variance, min(len(of_own), len(of_others)))
    return _evidence(ours, effect, prompts, null, apart, details, spread, thresholds)


def rises_compared(ours: Experiment, words_of: str, rises: Floats, thresholds: Thresholds) -> Evidence:
    """Whether a concept's words become likelier than they become by random sets.

    Parameters
    ----------
    words_of : str
    rises : float array [prompt, 1 + random set]
        Rise of the log-probability of the words, in nats; by the claim's set in the first column.
    """
    beyond = rises[:, 0] - rises[:, 1:].mean(axis=1)
    df, mean = len(beyond) - 1, float(beyond.mean())
    spread = float(np.var(beyond, ddof=1)) / len(beyond)
    # Rises that are all the same, but for rounding, have no spread to be judged by.
    even = spread <= (1e-12 * mean) ** 2
    t = 0.0 if even else mean / spread**0.5
    level = ours.claim.statistics.confidence
    reach = float(stats.t.isf((1 - level) / 2, df)) * spread**0.5
    prompts = KeyResult(
        name="prompts",
        null="over neutral prompts drawn anew, the words become no likelier than they become by random sets",
        statistic=t,
        p=max(float(stats.t.sf(t, df)), np.finfo(float).tiny),
        p_opposite=max(float(stats.t.cdf(t, df)), np.finfo(float).tiny),
        p_floor=0.0,
        df=float(df),
    )
    effect = Estimate(
        f"rise of {words_of}'s words beyond that by random sets",
        mean,
        "nats",
        Interval(mean - reach, mean + reach, level, "Student t"),
        0.0,
    )
    ranked = mean_rises(rises)
    details = [
        Estimate(f"rise of {words_of}'s words", ranked.observed, "nats"),
        Estimate("rise by random sets, mean", float(ranked.null.mean()), "nats"),
    ]
    null = NullSummary("t", t, df=float(df))
    return _evidence(ours, effect, prompts, null, ranked, details, Spread(spread, len(beyond)), thresholds)


def _evidence(
    ours: Experiment,
    effect: Estimate,
    prompts: KeyResult,
    null: NullSummary,
    ranked: Rank,
    details: list[Estimate],
    spread: Spread,
    thresholds: Thresholds,
) -> Evidence:
    """The larger p-value of the two keys, and of their opposites: both nulls must be rejected either way."""
    sets = KeyResult(
        name="random sets",
        null="the set is like a random one of the same layers and of like norms",
        statistic=ranked.observed,
        p=ranked.above.p,
        p_opposite=ranked.below.p,
        # Where looking ended early, as many again were to be had as the family may need.
        p_floor=1 / (1 + (sets_needed(thresholds.smallest) if ranked.settled else len(ranked.null))),
        draws=ranked.above.draws,
        exceedances=ranked.above.exceedances,
    )
    below = float((ranked.null < ranked.observed).mean())
    details = [*details, Estimate("random sets below it", below, "share"), Estimate("neurons set", len(ours.set))]
    keys = (prompts, sets)
    size = 0 if ours.claim.baseline is None else len(ours.claim.baseline.prompts)
    noisy = ours.trial.kind.normalizes(ours.claim) and size < SMALL_BASELINE
    warning = (
        f"the baseline has {size} prompts, and the noise of its mean takes part in selecting; 20 or more are advised"
    )
    warnings = [warning] if noisy else []
    if len(ranked.null) < FEWEST_SETS and not ranked.settled:
        warnings.append(
            f"a set of {len(ours.set)} has only {len(ranked.null)} random ones like it, so that p is at least"
            f" {sets.p_floor:.2g}; a set of another size has more"
        )
    names = {name: len(set(part.groups)) or len(part.prompts) for name, part in ours.measured.items()}
    return Evidence(
        effect=effect,
        keys=keys,
        p=max(key.p for key in keys),
        p_opposite=max(1.0 if key.p_opposite is None else key.p_opposite for key in keys),
        nulls=(null, histogram(ranked)),
        details=tuple(details),
        prompts={("baseline" if name.startswith("(") else name): count for name, count in names.items()},
        m=0,
        # Where random sets do as much, it is not prompts that are wanting.
        spread=spread if prompts.p >= sets.p and spread.variance > 0 else None,
        warnings=tuple(warnings),
    )
