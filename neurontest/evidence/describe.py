"""Numbers shown beside the evidence: counts of whole sets and how far to trust them. Nothing is decided by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy import stats

from neurontest import text
from neurontest.arrays import Floats
from neurontest.evidence.conclusion import HALF_T_METHOD
from neurontest.evidence.procedure import procedure_of
from neurontest.evidence.sampled import Sampled
from neurontest.neurons.normalize import fixed_point
from neurontest.neurons.overlap import coefficient, count, jaccard, rank_biased
from neurontest.neurons.select import top
from neurontest.neurons.table import neuron_set
from neurontest.stats.half_samples.half_t import HalfT, Hypothesis
from neurontest.stats.half_samples.sets import HalfSamples
from neurontest.stats.half_samples.share import interval, share
from neurontest.stats.terms import Key, Term, mean
from neurontest.types import BASELINE, Estimate, Interval, Neuron, PublishedNeuron

_UNKNOWN = "how often such an interval holds the overlap is not measured"

#: Resamples of the percentile bootstrap.
RESAMPLES = 999
#: A prompt that carries more than this share of a variance is named.
HEAVY = 0.5


def ceilings(trial: Sampled, *concepts: str, mode: str = "") -> list[Estimate]:
    """What two halves of one concept's prompts share: no overlap with it can be expected to be larger.

    A published set has no halves, and is left out.
    """
    out = []
    for concept in concepts:
        if concept in trial.n:
            (result,) = trial.describe(partial(_ceiling, (concept, mode)))
            name = f"{concept}{', ' + mode if mode else ''}, two halves of its prompts"
            out.append(trial.estimate(name, result, note="ceiling of its overlaps", tested=False))
    return out


def _ceiling(key: Key, samples: HalfSamples) -> list[Hypothesis]:
    return [Hypothesis(samples.within(key), level=True)]


def pair(trial: Sampled, a: str, b: str) -> Estimate:
    """What the sets of two concepts share, from half-samples."""
    (result,) = trial.describe(lambda s: [Hypothesis(s.overlap((a, ""), (b, "")))])
    return trial.estimate(f"{a}/{b}", result, tested=False)


def of_ceiling(trial: Sampled, name: str, shared: Term, keys: Sequence[Key], result: HalfT, place: int = 0) -> Estimate:
    """What is shared as a share of the mean of what two halves in one concept and mode share.

    `result` is what came of the claim's hypothesis at `place`: what its test adds to the variance of half-samples, the
    interval does too.
    """
    samples, level = trial.half_samples(), trial.claim.statistics.confidence
    asked = procedure_of(trial.claim.kind).hypotheses(trial.claim, samples)[place]
    extra_variance = result.variance - samples.variance(asked.term, level=asked.level)
    most = mean([samples.within(key) for key in keys])
    critical = float(stats.t.isf((1 - level) / 2, samples.df(shared - most)))
    low, high = interval(samples, shared, most, critical, extra_variance)
    note = (
        "of what two halves of one concept share, on average" if most.value > 0 else "two halves of one share nothing"
    )
    return Estimate(
        f"{name}, share of the ceiling",
        share(shared, most),
        "share",
        Interval(low, high, level, HALF_T_METHOD),
        note=note,
    )


def headline(trial: Sampled, a: str, b: str) -> list[Estimate]:
    """The overlap of the sets of all prompts, as it is usually quoted, with two intervals and its weak spot.

    Of two published sets there is the count alone.

    The intervals are ``O +- t sd(overlaps of half-samples)`` and the percentile bootstrap; the weak spot is how much of
    it comes from the two concepts' common baseline.
    """
    level = trial.claim.statistics.confidence
    both = trial.full(a), trial.full(b)
    shared = count(*both)
    if a not in trial.n and b not in trial.n:
        return [Estimate(f"{a}/{b}, both published", shared, "neurons")]
    prompts = min(trial.n[name] for name in (a, b) if name in trial.n)
    reach = float(stats.t.isf((1 - level) / 2, prompts - 1)) * _spread(trial, a, b)
    low, high = _bootstrap(trial, {(a, b): 1.0}, level)
    out = [
        Estimate(
            f"{a}/{b}, all prompts",
            shared,
            "neurons",
            Interval(
                max(shared - reach, 0.0), min(shared + reach, float(trial.claim.selection.k)), level, "half-sample"
            ),
            note=f"of {trial.claim.selection.k}; Jaccard {jaccard(*both):.2f}, coefficient {coefficient(*both):.2f}"
            + _rank_biased(trial, a, b),
        ),
        Estimate(
            f"{a}/{b}, all prompts, bootstrap",
            shared,
            "neurons",
            Interval(low, high, level, "percentile bootstrap"),
            note=f"whole sets of resampled prompts; {_UNKNOWN}",
        ),
    ]
    if trial.claim.selection.normalize != "raw" and trial.claim.baseline and len(trial.claim.baseline.prompts) > 3:
        out.append(_disjoint_baselines(trial, a, b))
    return out


def _rank_biased(trial: Sampled, a: str, b: str) -> str:
    lists = [_ranked(trial, name) for name in (a, b)]
    length = min(map(len, lists))
    return f", rank-biased {rank_biased(lists[0][:length], lists[1][:length]):.2f}" if length else ""


def _ranked(trial: Sampled, name: str) -> list[tuple[int, ...]]:
    """A concept's neurons, as they are ranked for display."""
    own = trial.claim.selection
    if name in trial.n:
        (mode,) = trial.modes
        neutral = trial.activations(BASELINE, mode) if trial.claim.baseline else None
        ranked: Sequence[Neuron | PublishedNeuron] = neuron_set(
            name, own, trial.activations(name, mode), neutral
        ).neurons
    else:
        ranked = trial.claim.concepts[name].published
    return [(one.index,) if own.identity == "dimension" else (one.layer, one.index) for one in ranked]


def quoted(trial: Sampled, a: str, whole: Mapping[str, Sequence[Estimate]]) -> str:
    """Overlaps as they are usually quoted, for the effect's note: ``All prompts: hanoi/vietnam 32 of 50``.

    The effect itself is what sets of fresh prompts would share. `whole` holds :func:`headline` of `a` with others.
    """
    counts = {other: round(found[0].value, 1) for other, found in whole.items()}
    return "All prompts: " + ", ".join(
        f"{a}/{other} {shared:g} of {trial.claim.selection.k}" for other, shared in counts.items()
    )


def percentile_interval(trial: Sampled, weights: Mapping[tuple[str, str], float]) -> tuple[Interval, str]:
    """Percentile bootstrap interval of a weighted sum of overlaps of whole sets, and what is known of such intervals.

    Parameters
    ----------
    weights : mapping from pair of concepts to float
        Such as ``{("hanoi", "vietnam"): 1, ("hanoi", "violent"): -1}``.
    """
    level = trial.claim.statistics.confidence
    low, high = _bootstrap(trial, weights, level)
    note = f"interval: ordinary percentile bootstrap of the sets of all prompts, as asked for; {_UNKNOWN}"
    return Interval(low, high, level, "percentile bootstrap"), note


def _spread(trial: Sampled, a: str, b: str) -> float:
    """Standard deviation of the overlap of one half-sample of each."""
    samples = trial.half_samples()
    rows = max(len(samples.sets[(name, "")]) for name in (a, b) if name in trial.n)
    drawn = {name: _sets(trial, name, rows) for name in (a, b)}
    rows = min(len(sets) for sets, _ in drawn.values())
    # Halves of one sample are paired in the order of drawing: the overlap is of independent ones.
    shuffled = trial.stream("describe", a, b).permutations(len(drawn[b][0]))[:rows]
    _, at_a, at_b = np.intersect1d(drawn[a][1], drawn[b][1], assume_unique=True, return_indices=True)
    overlaps = np.einsum("sc,sc->s", drawn[a][0][:rows][:, at_a], drawn[b][0][shuffled][:, at_b])
    return float(overlaps.std(ddof=1))


def _sets(trial: Sampled, name: str, rows: int) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Sets [row, column] of the half-samples of a concept; of a published set, itself, `rows` times."""
    if name not in trial.n:
        members = np.flatnonzero(trial.published(name))
        return np.ones((rows, len(members))), members
    samples = trial.half_samples()
    return samples.sets[(name, "")], samples.columns[(name, "")]


def _bootstrap(trial: Sampled, weights: Mapping[tuple[str, str], float], level: float) -> tuple[float, float]:
    """Percentile interval of a weighted sum of overlaps, prompts of all concepts resampled with replacement."""
    named = list(dict.fromkeys(name for pair in weights for name in pair))
    names = [name for name in named if name in trial.n]
    selectors = [trial.selector(trial.scores(name), 1) for name in names]

    def statistic(*rows: npt.NDArray[np.intp], axis: int = -1) -> npt.NDArray[np.float64]:
        sets, columns = {}, {}
        for name, chosen, drawn in zip(names, selectors, rows, strict=True):
            drawn = np.atleast_2d(np.moveaxis(drawn, axis, -1)).astype(np.intp)
            times = np.zeros((len(drawn), drawn.shape[-1]))
            np.add.at(times, (np.arange(len(drawn))[:, None], drawn), 1.0)
            places, sets[name] = chosen.selected(times)
            columns[name] = chosen.columns[places]
        for name in named:
            if name not in names:
                sets[name], columns[name] = _sets(trial, name, len(sets[names[0]]))
        total = np.zeros(len(sets[names[0]]))
        for (a, b), weight in weights.items():
            _, at_a, at_b = np.intersect1d(columns[a], columns[b], assume_unique=True, return_indices=True)
            total += weight * np.einsum("sc,sc->s", sets[a][:, at_a], sets[b][:, at_b])
        return total

    with np.errstate(invalid="ignore"):
        found = stats.bootstrap(
            tuple(np.arange(trial.n[name]) for name in names),
            statistic,
            n_resamples=RESAMPLES,
            batch=100,
            vectorized=True,
            confidence_level=level,
            method="percentile",
            rng=trial.stream("bootstrap", *names).generator(),
        )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _disjoint_baselines(trial: Sampled, a: str, b: str) -> Estimate:
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


def occurrence_across_halves(trial: Sampled, concept: str) -> Estimate:
    """Share of the prompts of one half in whose own top lists the neurons selected by the other half are."""
    own = trial.claim.selection
    samples = trial.half_samples()
    key = (concept, "")
    scores = trial.scores(concept)
    exact = fixed_point(scores, len(scores))
    if own.identity == "dimension":
        exact = exact.reshape(len(exact), -1, samples.sizes[key]).max(axis=1)
    lists: Floats = top(exact, own.per_prompt_k or own.k)[:, samples.columns[key]]
    halves = samples.halves[samples.sample(key)]
    # Whole numbers, as far as no list is split at a tie: their sums hang on no order.
    occurrences = halves.subsets @ lists
    sets = samples.sets[key]
    hits = np.einsum("pc,pc->p", sets[halves.first], occurrences[halves.second])
    hits += np.einsum("pc,pc->p", sets[halves.second], occurrences[halves.first])
    return Estimate(
        f"{concept}, occurrence of a half's neurons in the other half's lists",
        float(hits.mean()) / (2 * own.k * halves.m),
        "share",
        note="cross-validated: in-sample occurrence flatters the winners",
    )


def heaviest(trial: Sampled) -> tuple[str, ...]:
    """Name each prompt, or group, that carries more than half of a variance that the claim is decided by."""
    samples, found = trial.half_samples(), dict[str, None]()
    for one in procedure_of(trial.claim.kind).hypotheses(trial.claim, samples):
        at = samples.heaviest(one.term) if one.given is None else None
        if at is None or at[2] <= HEAVY:
            continue
        name, row, share = at
        concept = trial.claim.concepts[name]
        units = sorted(set(concept.groups)) if concept.groups else sorted(concept.prompts)
        what = "group" if concept.groups else "prompt"
        found.setdefault(
            f"the {what} {text.quoted(units[row])} of {name!r} carries {share:.0%} of the variance that the verdict"
            " rests on; look what sets it apart, and add prompts of its kind"
        )
    return tuple(found)
