"""The permutation key of a claim: pooled concepts, relabelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations

import numpy as np

from neurontest.arrays import Floats, Labels
from neurontest.claims.exchange import exchanged_within, ways_to_pick
from neurontest.errors import EvidenceError
from neurontest.evidence.conclusion import t_null
from neurontest.evidence.trial import Trial
from neurontest.stats.half_samples.half_t import HalfT
from neurontest.stats.random_sets import Rank
from neurontest.stats.relabeling.max_t import MaxT, Occurrences, Remembered, Welch, max_t
from neurontest.stats.relabeling.relabel import ENUMERATED, TIE, Relabeling, relabel
from neurontest.stats.relabeling.studentised import Held, distinctness, overlap_difference, relabelled
from neurontest.stats.sequential import p_bounds
from neurontest.stats.terms import Selector
from neurontest.text import together
from neurontest.types import KeyResult, NullSummary, Thresholds

_BINS = 40
_WITHIN = ", within each template"


#: From labels [relabeling, prompt] to a statistic [relabeling].
Statistic = Callable[[Labels], Floats]
#: What gives a key when it is known which thresholds still matter.
Key = Callable[[Thresholds], tuple[KeyResult, NullSummary]]


def overlap_key(trial: Trial, a: str, b: str, c: str, by: float = 0.0) -> Key | None:
    """``a`` shares more with `b` than with `c`: the prompts of `b` and `c` are exchanged.

    With `by`, the observed difference alone is shifted by it before it is studentised. Prompts that share templates are
    exchanged within them. None if nothing can be exchanged: one of the two is a published set, or shares its templates
    with `a` alone.
    """
    if not {b, c} <= trial.n.keys():
        return None
    samples = [trial.sample_of.get(name, name) for name in (a, b, c)]
    if samples[1] != samples[2] and samples[0] in samples[1:]:
        return None

    def key(thresholds: Thresholds) -> tuple[KeyResult, NullSummary]:
        within, sizes = samples[1] == samples[2], (trial.n[b], trial.n[c])
        pool = _pool(trial, (b, c))
        held = _held(trial, a, pool)
        statistic, shifted = (
            relabelled(overlap_difference(held, samples=samples, by=less), pool, sizes, trial.m, within=within)
            for less in (0.0, by)
        )
        found = _relabelled(trial, statistic, sizes, thresholds, within, observed=shifted)
        null = f"the prompts of {b} and {c} are exchangeable; they are dealt anew to the two"
        return _key(found, null + _WITHIN * within), histogram(found)

    return key


def _pool(trial: Trial, names: Sequence[str]) -> Selector:
    return trial.selector(np.concatenate([trial.scores(name) for name in names]), trial.m)


def _held(trial: Trial, name: str, pool: Selector) -> Held:
    if name not in trial.n:
        return Held.published(trial.published(name), pool)
    return Held.sampled(trial.selector(trial.scores(name), trial.m), trial.n[name], trial.m, pool)


def distinct_key(
    trial: Trial, names: Sequence[str], which: dict[tuple[str, str], float], shared_with: int = 1
) -> Key | None:
    """Concepts are distinct: the prompts of all of them are exchanged, or those of each template.

    None if some share templates and others do not: then nothing can be exchanged among all of them.

    Parameters
    ----------
    which : dict from pair of concepts to float
        Receives the p-value of every two of them, adjusted for the number of pairs; of more than two.
    shared_with : int
        Tests that the relabelings which are enumerated are shared among: more of them cost more.
    """
    samples = [trial.sample_of[name] for name in names]
    within = len(set(samples)) == 1
    if not within and len(set(samples)) < len(names):
        return None
    sizes = [trial.n[name] for name in names]

    def key(thresholds: Thresholds) -> tuple[KeyResult, NullSummary]:
        studentised = distinctness(samples, pairs=len(names) > 2)
        statistic = relabelled(studentised, _pool(trial, names), sizes, trial.m, within=within)
        found = _relabelled(trial, statistic, sizes, thresholds, within, enumerated=ENUMERATED // shared_with)
        which.update(zip(combinations(names, 2), found.parts, strict=False))
        null = "labels say nothing: the prompts of all concepts are exchangeable; they are dealt anew to the concepts"
        return _key(found, null + _WITHIN * within), histogram(found)

    return key


def against_key(
    trial: Trial,
    statistic: Statistic,
    own: str,
    others: Sequence[str],
    thresholds: Thresholds,
    null: str,
) -> tuple[KeyResult, NullSummary]:
    """The key of a statistic of one concept against others together, and the p-value of the opposite.

    Prompts are exchanged within templates if all of them share those.
    """
    concepts = [trial.claim.concepts[name] for name in (own, *others)]
    within = bool(exchanged_within(concepts))
    sizes = [trial.n[own], *(trial.n[name] for name in others)]
    found = _relabelled(trial, statistic, sizes if within else (sizes[0], sum(sizes[1:])), thresholds, within)
    reached = int((found.null <= found.observed + TIE * max(abs(found.observed), 1.0)).sum())
    more = 0 if found.exact else 1
    key = replace(
        _key(found, null + _WITHIN * within),
        p_floor=1 / ways_to_pick(concepts[0], concepts[1:]),
        p_opposite=(reached + more) / (found.draws + more),
    )
    return key, histogram(found)


def largest(
    trial: Trial,
    statistic: Welch | Occurrences | Remembered,
    own: str,
    others: Sequence[str],
    thresholds: Thresholds,
    *,
    at: int | None = None,
) -> MaxT:
    """The largest statistic of any neuron, of one concept against others together, and what was found of each neuron.

    Draws go on until the thresholds are settled for the neuron `at`, or the one that stands out most.
    """
    within = bool(exchanged_within([trial.claim.concepts[name] for name in (own, *others)]))
    sizes = [trial.n[own], *(trial.n[name] for name in others)]
    return max_t(
        statistic,
        sizes if within else (sizes[0], sum(sizes[1:])),
        trial.stream("labels"),
        thresholds.open,
        at=at,
        within=within,
        hurried=thresholds.hurried,
    )


def largest_key(
    trial: Trial, found: MaxT, neuron: int, own: str, others: Sequence[str]
) -> tuple[KeyResult, NullSummary]:
    """The key of one neuron, by the largest statistic of any."""
    concepts = [trial.claim.concepts[name] for name in (own, *others)]
    null = f"the prompts of {own} and of {together(others)} are exchangeable; they are dealt anew to the two"
    found_of_it = found.of(neuron)
    key = _key(found_of_it, null + _WITHIN * bool(exchanged_within(concepts)))
    return replace(key, p_floor=1 / ways_to_pick(concepts[0], concepts[1:])), histogram(found_of_it)


def decisive(
    keys: Sequence[KeyResult], nulls: Sequence[NullSummary], thresholds: Thresholds
) -> tuple[list[KeyResult], list[NullSummary]]:
    """Of keys that must all turn, the weakest of each name, and those that Monte-Carlo error may put in its place."""
    kept = []
    for at, key in enumerate(keys):
        weakest = max((one for one in keys if one.name == key.name), key=lambda one: one.p)
        if key is weakest or (not key.exact and _open(key, thresholds)):
            kept.append(at)
    return [keys[at] for at in kept], [nulls[at] for at in kept]


def _open(key: KeyResult, thresholds: Thresholds) -> bool:
    low, high = p_bounds(key.draws or 1, key.exceedances or 0)
    return any(low <= one < high for one in thresholds.family)


def _relabelled(
    trial: Trial,
    statistic: Statistic,
    sizes: Sequence[int],
    thresholds: Thresholds,
    within: bool,
    observed: Statistic | None = None,
    enumerated: int = ENUMERATED,
) -> Relabeling:
    """The relabeling test of a claim, by its own stream of labels."""
    run = partial(relabel, enumerated=enumerated) if enumerated < ENUMERATED else relabel
    return run(
        statistic,
        sizes,
        trial.stream("labels"),
        thresholds.open,
        observed=observed,
        within=within,
        hurried=thresholds.hurried,
    )


def _key(found: Relabeling, null: str) -> KeyResult:
    return KeyResult(
        name="permutation",
        null=null,
        statistic=found.observed,
        p=found.p,
        p_opposite=None,
        p_floor=found.p_floor,
        draws=found.draws,
        exceedances=found.exceedances,
        exact=found.exact,
    )


def histogram(found: Relabeling | Rank) -> NullSummary:
    """The null distribution in equal bins that hold the observed statistic too."""
    low = min(float(found.null.min()), found.observed)
    high = max(float(found.null.max()), found.observed)
    counts, edges = np.histogram(found.null, bins=_BINS, range=(low, high if high > low else low + 1.0))
    return NullSummary(
        kind="permutation",
        observed=found.observed,
        edges=tuple(float(edge) for edge in edges),
        counts=tuple(int(count) for count in counts),
    )


def both_keys(
    trial: Trial,
    decisive: HalfT,
    permutation: Key | None,
    thresholds: Thresholds,
) -> tuple[list[KeyResult], list[NullSummary]]:
    """The keys that the claim asks for, with what is drawn of each.

    Parameters
    ----------
    decisive : HalfT
        The half-sample key's test.
    permutation : Key or None
        The other key, from the thresholds that it is to be resolved against; None if nothing can be exchanged.

    Raises
    ------
    EvidenceError
        If the claim asks for a key that cannot be had.
    """
    test = trial.claim.statistics.test
    if permutation is None and test == "permutation":
        raise EvidenceError(
            f"{trial.claim.node}: test: permutation exchanges prompts, and these cannot be: some concepts are published"
            " sets, or share templates while others do not"
        )
    keys: list[KeyResult] = []
    nulls: list[NullSummary] = []
    if test != "half-sample" and permutation is not None:
        # The claim's p is the larger of the two: thresholds below the first one's p are decided already.
        still_open = tuple(one for one in thresholds.open if test == "permutation" or one >= decisive.p)
        key, null = permutation(replace(thresholds, open=still_open))
        keys.append(key)
        nulls.append(null)
    if test != "permutation":
        keys.append(trial.key(decisive))
        nulls.append(t_null(decisive))
    return keys, nulls
