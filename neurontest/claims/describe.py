"""Numbers shown beside the evidence: counts of whole sets and how far to trust them. Nothing is decided by them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from neurontest.claims.trial import Trial
from neurontest.neurons.normalize import Floats, fixed_point
from neurontest.neurons.overlap import coefficient, count, jaccard
from neurontest.neurons.select import top
from neurontest.types import Estimate, Interval

#: Resamples of the percentile bootstrap.
RESAMPLES = 999


def headline(trial: Trial, a: str, b: str) -> list[Estimate]:
    """The overlap of the sets of all prompts, as it is usually quoted, with two intervals and its weak spot.

    The intervals are ``O +- t sd(overlaps of half-samples)`` and the percentile bootstrap; the weak spot is how much of
    it comes from the two concepts' common baseline.
    """
    level = trial.claim.statistics.confidence
    both = trial.full(a), trial.full(b)
    shared = count(*both)
    reach = float(stats.t.isf((1 - level) / 2, min(trial.n[a], trial.n[b]) - 1)) * _spread(trial, a, b)
    low, high = _bootstrap(trial, a, b, level)
    out = [
        Estimate(
            f"{a}/{b}, all prompts",
            shared,
            "neurons",
            Interval(
                max(shared - reach, 0.0), min(shared + reach, float(trial.claim.selection.k)), level, "half-sample"
            ),
            note=f"of {trial.claim.selection.k}; Jaccard {jaccard(*both):.2f}, coefficient {coefficient(*both):.2f}",
        ),
        Estimate(
            f"{a}/{b}, all prompts",
            shared,
            "neurons",
            Interval(low, high, level, "percentile bootstrap"),
            note="measured coverage of this 95% interval .885-.97; as a one-sided bound it errs in .04-.24",
        ),
    ]
    if trial.claim.selection.normalize != "raw" and trial.claim.baseline and len(trial.claim.baseline.prompts) > 3:
        out.append(_disjoint_baselines(trial, a, b))
    return out


def _spread(trial: Trial, a: str, b: str) -> float:
    """Standard deviation of the overlap of one half-sample of each."""
    samples = trial.half_samples()
    sets = [samples.sets[(name, "")] for name in (a, b)]
    columns = [samples.selectors[(name, "")].columns for name in (a, b)]
    _, at_a, at_b = np.intersect1d(columns[0], columns[1], assume_unique=True, return_indices=True)
    rows = min(len(one) for one in sets)
    shuffled = trial.stream("describe", a, b).permutations(len(sets[1]))[:rows]
    overlaps = np.einsum("sc,sc->s", sets[0][:rows][:, at_a], sets[1][shuffled][:, at_b])
    return float(overlaps.std(ddof=1))


def _bootstrap(trial: Trial, a: str, b: str, level: float) -> tuple[float, float]:
    """Percentile interval of the headline overlap, prompts of both concepts resampled with replacement."""
    selectors = [trial.selector(trial.scores(name), 1) for name in (a, b)]

    def overlap(rows_a: npt.NDArray[np.intp], rows_b: npt.NDArray[np.intp], axis: int = -1) -> npt.NDArray[np.float64]:
        sets, columns = [], []
        for chosen, rows in zip(selectors, (rows_a, rows_b), strict=True):
            rows = np.atleast_2d(np.moveaxis(rows, axis, -1)).astype(np.intp)
            weights = np.zeros((len(rows), rows.shape[-1]))
            np.add.at(weights, (np.arange(len(rows))[:, None], rows), 1.0)
            sets.append(chosen.leading(weights))
            columns.append(chosen.columns[: sets[-1].shape[1]])
        _, at_a, at_b = np.intersect1d(columns[0], columns[1], assume_unique=True, return_indices=True)
        shared: npt.NDArray[np.float64] = np.einsum("sc,sc->s", sets[0][:, at_a], sets[1][:, at_b])
        return shared

    samples = np.arange(trial.n[a]), np.arange(trial.n[b])
    with np.errstate(invalid="ignore"):
        found = stats.bootstrap(
            samples,
            overlap,
            n_resamples=RESAMPLES,
            batch=100,
            vectorized=True,
            confidence_level=level,
            method="percentile",
            rng=trial.stream("bootstrap", a, b).generator(),
        )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _disjoint_baselines(trial: Trial, a: str, b: str) -> Estimate:
    size = len(trial.claim.baseline.prompts) if trial.claim.baseline else 0
    order = trial.stream("disjoint baselines").permutations(size)
    first, second = np.sort(order[: size // 2]), np.sort(order[size // 2 :])
    shared = count(trial.full(a, baseline=first), trial.full(b, baseline=second))
    return Estimate(
        f"{a}/{b}, each with its own half of the baseline",
        shared,
        "neurons",
        note="what is left when the noise of a common baseline is not shared",
    )


def occurrence_across_halves(trial: Trial, concept: str) -> Estimate:
    """Share of the prompts of one half in whose own top lists the neurons selected by the other half are."""
    own = trial.claim.selection
    samples = trial.half_samples()
    key = (concept, "")
    scores = trial.scores(concept)
    exact = fixed_point(scores, len(scores))
    if own.identity == "dimension":
        exact = exact.reshape(len(exact), -1, samples.selectors[key].size).max(axis=1)
    lists: Floats = top(exact, own.per_prompt_k or own.k)[:, samples.selectors[key].columns]
    halves = samples.halves[concept]
    occurrences = halves.subsets @ lists / halves.m
    sets = samples.sets[key]
    hits = np.einsum("pc,pc->p", sets[halves.first], occurrences[halves.second])
    hits += np.einsum("pc,pc->p", sets[halves.second], occurrences[halves.first])
    return Estimate(
        f"{concept}, occurrence of a half's neurons in the other half's lists",
        float(hits.mean()) / 2 / own.k,
        "share",
        note="cross-validated: in-sample occurrence flatters the winners",
    )
