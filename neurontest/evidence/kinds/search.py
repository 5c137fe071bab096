"""The test of a search: that some neuron, of all there are, is specific to a concept against each of some sides.

Two tests for each side. Relabeling, of the largest Welch t of any neuron (max-T), is exact where the prompts of the two
are exchangeable; the Welch bound asks nothing of their spreads. A neuron's p-value is the larger one, and the largest
over sides: it must stand out from each. The claim's is the smallest over neurons, and that is not multiplied by the
number of sides: the null of the relabelings is that the concept and some side are alike in all neurons at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from neurontest.arrays import Floats
from neurontest.claims.base import Claim, Traces
from neurontest.evidence.permutation import decisive, largest, largest_key
from neurontest.evidence.procedure import Procedure
from neurontest.evidence.single_neurons import LISTED, critical, label, tallies
from neurontest.evidence.trial import Trial
from neurontest.kinds.specific import sides_of
from neurontest.stats.auroc import auroc
from neurontest.stats.halves import draw_halves
from neurontest.stats.relabeling.max_t import MaxT, Remembered, Welch
from neurontest.stats.relabeling.welch_bound import WelchBound, welch_bound
from neurontest.text import of_several, together
from neurontest.types import Estimate, Evidence, KeyResult, NullSummary, Thresholds

#: Ratio of variances, or its inverse, from which a reader is warned: at 4 the two tests were seen to err.
UNEQUAL = 2.0
#: How far beyond what equal variances give nine in ten ratios may reach, either way, before a reader is warned.
SCATTERED = 4.0


@dataclass(frozen=True)
class _Side:
    """A concept against one control, or all of them as one."""

    names: tuple[str, ...]
    statistic: Remembered
    bound: WelchBound


@dataclass(frozen=True)
class _Tested:
    """A side with its relabelings."""

    side: _Side
    found: MaxT

    @property
    def name(self) -> str:
        return together(self.side.names)

    @property
    def bound(self) -> WelchBound:
        return self.side.bound

    @property
    def p(self) -> Floats:
        """The larger p-value of the two tests [neuron]."""
        return np.maximum(self.found.adjusted, self.bound.p)


class HasSpecificNeuronsProcedure(Procedure):
    """Welch's t, the largest over all neurons: by relabeling (max-T), and by a bound that needs no like spreads."""

    def evidence(self, claim: Claim, traces: Traces, thresholds: Thresholds) -> Evidence:
        """The evidence that some neuron is more active on the concept than on each side."""
        return _evidence(claim, traces, thresholds, sides_of(claim))


def _evidence(claim: Claim, traces: Traces, thresholds: Thresholds, sides: Sequence[tuple[str, ...]]) -> Evidence:
    """The evidence that some neuron is more active on a concept than on each side."""
    of = claim.said("of")
    trial = Trial(claim, traces)
    values = {name: trial.scores(name) for name in claim.concepts}
    best, against = _settled(trial, of, [_side(values, of, names) for names in sides], thresholds)
    p, t = _over(against)
    keys, nulls = _keys(trial, of, against, best)
    weakest = max(against, key=lambda side: (side.p[best], -side.bound.t[best]))
    needed = _critical(weakest, best, thresholds.largest)
    least = of_several(len(sides), "controls")
    order = np.lexsort((-t, p))
    listed = [int(one) for one in order[:LISTED] if p[one] <= thresholds.largest] or [best]
    average = "" if sides == tuple((name,) for name in claim.concepts if name != of) else " on average"
    again = f"is specific to {of} against {together([name for name in values if name != of])}{average}"
    return trial.found(
        Estimate(
            f"Welch t of {label(trial, best)}, which stands out most, {of} above {weakest.name}{least}",
            float(weakest.bound.t[best]),
            "",
            reference=needed,
        ),
        *decisive(keys, nulls, thresholds),
        [
            _cross_fitted(trial, values, of, sides),
            *(
                Estimate(
                    label(trial, one),
                    float(t[one]),
                    "Welch t",
                    note=f"adjusted p {p[one]:.2g}; to test it on other prompts: 'neuron {label(trial, one)} {again}'",
                )
                for one in listed
            ),
            *(_ratio(of, side) for side in against),
        ],
        None,
        p=float(p[best]),
        p_opposite=1.0,
        warnings=[warning for side in against for warning in _unequal(of, side)],
        tallies=tallies(p, thresholds, "are specific", order, lambda one: label(trial, one)),
    )


def _side(values: dict[str, Floats], of: str, names: tuple[str, ...]) -> _Side:
    others = np.concatenate([values[name] for name in names])
    return _Side(names, Remembered(Welch(np.concatenate([values[of], others]))), welch_bound(values[of], others))


def _settled(trial: Trial, of: str, sides: Sequence[_Side], thresholds: Thresholds) -> tuple[int, list[_Tested]]:
    """Relabel until the p-value of the neuron that stands out most is settled; which neuron that is.

    Draws can be judged by one neuron at a time; if another one comes to stand out more by the draws so far, they go on
    for that one.
    """
    asked = replace(thresholds, open=())
    tried: list[int] = []
    while True:
        at = tried[-1] if tried else None
        tested = [_Tested(side, largest(trial, side.statistic, of, side.names, asked, at=at)) for side in sides]
        p, t = _over(tested)
        best = int(np.lexsort((-t, p))[0])
        if best in tried:
            return best, tested
        tried.append(best)
        asked = thresholds


def _over(tested: Sequence[_Tested]) -> tuple[Floats, Floats]:
    """Over sides, the largest p-value and the smallest t [neuron]."""
    return np.max([side.p for side in tested], axis=0), np.min([side.bound.t for side in tested], axis=0)


def _keys(trial: Trial, of: str, against: Sequence[_Tested], best: int) -> tuple[list[KeyResult], list[NullSummary]]:
    keys: list[KeyResult] = []
    nulls: list[NullSummary] = []
    for side in against:
        about = f"against {side.name}" if len(against) > 1 else ""
        t, df = float(side.bound.t[best]), float(side.bound.df[best])
        key, null = largest_key(trial, side.found, best, of, side.side.names)
        bound = KeyResult(
            name="Welch bound",
            null=f"no neuron is more active on the prompts of {of} than on those of {side.name}; Student's t by the"
            f" usual ratio of variances, times {len(side.bound.t):,} neurons",
            statistic=t,
            p=float(side.bound.p[best]),
            p_opposite=None,
            p_floor=0.0,
            df=df,
            about=about,
        )
        keys += [replace(key, about=about), bound]
        nulls += [null, NullSummary(kind="t", observed=t, df=df)]
    return keys, nulls


def _critical(side: _Tested, best: int, threshold: float) -> float:
    """What a neuron's t against a side has to reach for a p-value of `threshold` by both tests."""
    by_bound = float(stats.t.isf(threshold / len(side.bound.t), side.bound.df[best]))
    return max(critical(side.found, threshold), by_bound)


def _ratio(of: str, side: _Tested) -> Estimate:
    low, high = side.bound.usual
    return Estimate(
        f"variance of {of} over that of {side.name}, median of all neurons",
        side.bound.ratio,
        "",
        note=f"nine in ten neurons' lie between {side.bound.low:.2g} and {side.bound.high:.2g}; between {low:.2g} and"
        f" {high:.2g} would, by so many prompts, if all variances were equal",
    )


def _unequal(of: str, side: _Tested) -> Iterator[str]:
    ratio, (low, high) = side.bound.ratio, side.bound.usual
    limit = "no test that is known to us is right at few prompts where activations are skew as well"
    if not 1 / UNEQUAL <= ratio <= UNEQUAL:
        yield (
            f"{of}'s activations have {ratio:.2g} times the variance of those of {side.name} in the median neuron;"
            f" {limit}"
        )
    elif side.bound.low < low / SCATTERED or side.bound.high > high * SCATTERED:
        yield (
            f"the variances of {of} and {side.name} differ from neuron to neuron by more than so many prompts explain"
            f" (nine in ten ratios between {side.bound.low:.2g} and {side.bound.high:.2g}); {limit}"
        )


def _cross_fitted(trial: Trial, values: dict[str, Floats], of: str, sides: Sequence[tuple[str, ...]]) -> Estimate:
    """AUROC, on one half of all prompts, of the neuron that stands out most in the other half; of the weakest side."""
    pairs = 10
    drawn = {
        # Concepts that share templates have the same halves: a template scores no neuron that it helped to find.
        name: draw_halves(len(rows), len(rows) // 2, pairs, trial.stream("cross-fit", trial.sample_of[name])).subsets
        for name, rows in values.items()
    }
    areas = []
    for half in range(2 * pairs):
        # Rows 2 r and 2 r + 1 are disjoint.
        chosen, rest = ({name: rows[drawn[name][at] == 1] for name, rows in values.items()} for at in (half, half ^ 1))
        best = int(np.min([_welch(chosen, of, side) for side in sides], axis=0).argmax())
        areas.append(
            min(auroc(rest[of][:, best], np.concatenate([rest[name][:, best] for name in side])) for side in sides)
        )
    return Estimate(
        "AUROC, neuron found in one half and scored in the other",
        float(np.mean(areas)),
        "AUROC",
        note="cross-fitted: scored where it was found, the best of many neurons flatters itself",
    )


def _welch(values: dict[str, Floats], of: str, side: tuple[str, ...]) -> Floats:
    stacked = np.concatenate([values[name] for name in (of, *side)])
    return Remembered(Welch(stacked)).observed(len(values[of]), len(stacked))
