"""From the evidence of a family's claims to their verdicts. No I/O, no chance."""

from __future__ import annotations

from collections.abc import Mapping

from scipy import stats

from neurontest.stats.correction import adjust, threshold_of
from neurontest.stats.sequential import CLEAR, side
from neurontest.stats.sequential import p_bounds as p_bounds_of
from neurontest.types import Evidence, Family, KeyResult, Verdict


def judge(family: Family, evidence: Mapping[str, Evidence]) -> dict[str, Verdict]:
    """Verdicts of all claims of a family that count towards its correction, by id.

    ``holds``: the adjusted p-value is at most alpha. ``refuted``: the adjusted p-value of the opposite half-t test is,
    under a correction of its own over the same claims. Else ``inconclusive``, with the reason. A p-value whose
    Monte-Carlo error reaches over the threshold that finally applies is borderline, and so inconclusive.

    Parameters
    ----------
    family : Family
    evidence : mapping from claim id to Evidence
        One for every claim of ``family.tested``.
    """
    ids = [claim.id for claim in family.tested]
    alpha, method = family.statistics.alpha, family.statistics.correction
    found = [evidence[one] for one in ids]
    p = [one.p for one in found]
    opposite = [one.p_opposite for one in found]
    columns = zip(
        ids,
        found,
        adjust(p, method),
        threshold_of(p, alpha, method),
        adjust(opposite, method),
        threshold_of(opposite, alpha, method),
        strict=True,
    )
    return {
        one: _verdict(what, p_adjusted, threshold, opposite_adjusted, opposite_threshold, alpha)
        for one, what, p_adjusted, threshold, opposite_adjusted, opposite_threshold in columns
    }


def _verdict(
    evidence: Evidence,
    p_adjusted: float,
    threshold: float,
    opposite_adjusted: float,
    opposite_threshold: float,
    alpha: float,
) -> Verdict:
    found = _found(evidence, threshold)
    if evidence.refusal:
        return Verdict("inconclusive", p_adjusted, opposite_adjusted, threshold, evidence.refusal)
    if in_doubt(evidence, threshold):
        reason = (
            f"borderline: Monte-Carlo error leaves it in doubt whether p is above or below {threshold:.2g};"
            " another seed could say otherwise"
        )
        return Verdict("inconclusive", p_adjusted, opposite_adjusted, threshold, reason, borderline=True, found=found)
    if p_adjusted <= alpha:
        return Verdict("holds", p_adjusted, opposite_adjusted, threshold, found=found)
    if opposite_adjusted <= alpha:
        if opposite_in_doubt(evidence, opposite_threshold):
            reason = "borderline: Monte-Carlo error leaves it in doubt whether the opposite is shown"
            return Verdict("inconclusive", p_adjusted, opposite_adjusted, threshold, reason, borderline=True)
        return Verdict("refuted", p_adjusted, opposite_adjusted, threshold)
    return Verdict("inconclusive", p_adjusted, opposite_adjusted, threshold, _why(evidence, threshold), found=found)


def _found(evidence: Evidence, threshold: float) -> str:
    """What a search found at the threshold that finally applies."""
    # The threshold is one of the ladder that the tallies were made for, up to the last digit.
    nearest = min(evidence.tallies, key=lambda one: abs(one.threshold - threshold), default=None)
    return f"{nearest.found} at {threshold:.2g}" if nearest is not None else ""


def in_doubt(evidence: Evidence, threshold: float) -> bool:
    """Whether the larger p-value of the keys might lie on the other side of the threshold."""
    if any(_clearly_above(key, threshold) for key in evidence.keys):
        return False
    return any(_doubtful(key, threshold) for key in evidence.keys)


def opposite_in_doubt(evidence: Evidence, threshold: float) -> bool:
    """The same of the opposite's p-value: the smallest of the keys', times their number, if it is looked for in all."""
    if any(_opposite_clearly_below(key, threshold) for key in evidence.keys if key.chances > 1):
        return False
    return any(_opposite_in_doubt(key, threshold) for key in evidence.keys)


def p_bounds(evidence: Evidence) -> tuple[float, float]:
    """The smallest and the largest p-value that the claim may have, as far as Monte-Carlo error tells."""
    bounds = [(evidence.p, evidence.p), *map(_p_bounds, evidence.keys)]
    low = min(evidence.p, max((low for low, _ in bounds[1:]), default=evidence.p))
    return low, max(high for _, high in bounds)


def p_opposite_bounds(evidence: Evidence) -> tuple[float, float]:
    """The same of the opposite."""
    bounds = [(evidence.p_opposite, evidence.p_opposite), *map(_p_opposite_bounds, evidence.keys)]
    return min(low for low, _ in bounds), max(high for _, high in bounds)


def _opposite_clearly_below(key: KeyResult, threshold: float) -> bool:
    return (
        key.p_opposite is not None
        and key.p_opposite * key.chances <= threshold
        and not _opposite_in_doubt(key, threshold)
    )


def _p_bounds(key: KeyResult) -> tuple[float, float]:
    if key.exact:
        return key.p, key.p
    if key.name == "permutation":
        return p_bounds_of(key.draws or 1, key.exceedances or 0)
    if key.name == "rank":
        reach = CLEAR * key.monte_carlo_se
        return max(key.p - reach, key.p_floor), min(key.p + reach, 1.0)
    return _t_bounds(key.statistic, key)


def _p_opposite_bounds(key: KeyResult) -> tuple[float, float]:
    if key.p_opposite is None or key.exact:
        p = 1.0 if key.p_opposite is None else key.p_opposite
        p = min(1.0, p * key.chances)
        return p, p
    if key.name == "permutation":
        low, high = p_bounds_of(key.draws or 1, _opposite_exceedances(key))
    else:
        low, high = _t_bounds(-key.statistic, key)
    return min(1.0, low * key.chances), min(1.0, high * key.chances)


def _t_bounds(t: float, key: KeyResult) -> tuple[float, float]:
    reach = CLEAR * key.monte_carlo_se
    return float(stats.t.sf(t + reach, key.df)), float(stats.t.sf(t - reach, key.df))


def _opposite_exceedances(key: KeyResult) -> int:
    return round((key.p_opposite or 0.0) * ((key.draws or 0) + 1)) - 1


def _doubtful(key: KeyResult, threshold: float) -> bool:
    if key.exact:
        return False
    if key.name == "permutation":
        return side(key.draws or 0, key.exceedances or 0, threshold) == 0
    if key.name == "rank":
        low, high = _p_bounds(key)
        return low <= threshold < high
    return abs(key.statistic - float(stats.t.isf(threshold, key.df))) <= CLEAR * key.monte_carlo_se


def _clearly_above(key: KeyResult, threshold: float) -> bool:
    return key.p > threshold and not _doubtful(key, threshold)


def _opposite_in_doubt(key: KeyResult, threshold: float) -> bool:
    if key.exact or key.p_opposite is None:
        return False
    threshold /= key.chances
    if key.name == "permutation":
        return side(key.draws or 0, _opposite_exceedances(key), threshold) == 0
    return abs(-key.statistic - float(stats.t.isf(threshold, key.df))) <= CLEAR * key.monte_carlo_se


def _why(evidence: Evidence, threshold: float) -> str:
    floor = max((key.p_floor for key in evidence.keys), default=0.0)
    if floor > threshold:
        what = "controls" if any(key.name == "rank" for key in evidence.keys) else "prompts"
        return f"too few {what}: the smallest p-value of this design is {floor:.2g}, and {threshold:.2g} was needed"
    for key in evidence.keys:
        if key.name == "random sets" and key.p > threshold and key.p == evidence.p:
            what = f"{key.exceedances} of {key.draws} random sets, of the same layers and of an equal write, do as much"
            return f"{what} {key.about}".rstrip()
        if key.name == "prompts" and key.about and key.p > threshold and key.p == evidence.p and key.statistic > 0:
            return "the texts may lose no more than they are more fragile: random sets take more from them as well"
        if key.name == "rank":
            return f"{key.exceedances} of {key.draws} controls share as much or more"
        if key.name == "prediction" and key.p > threshold and key.p == evidence.p and key.statistic > 0:
            return (
                "the controls differ by as much among themselves: more prompts would not decide it, more controls might"
            )
    if evidence.degenerate:
        return "degenerate: no prompt's presence moves the effect, so its spread over prompts cannot be told"
    if evidence.needed is None:
        return "the effect does not point the claimed way, nor clearly enough the other way"
    if evidence.detectable is None:
        return "underpowered"
    unit = f" {evidence.effect.unit}" if evidence.effect.unit else ""
    fewest = min(evidence.prompts.values())
    return f"underpowered: {fewest} prompts a concept show an effect of {evidence.detectable:.2g}{unit} with power 0.8"
