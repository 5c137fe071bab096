"""From the evidence of a family's claims to their verdicts. No I/O, no chance."""

from __future__ import annotations

from collections.abc import Mapping

from scipy import stats

from neurontest.stats.correction import adjust, threshold_of
from neurontest.stats.sequential import CLEAR, side
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
    if _in_doubt(evidence, threshold):
        reason = (
            f"borderline: Monte-Carlo error leaves it in doubt whether p is above or below {threshold:.2g};"
            " another seed could say otherwise"
        )
        return Verdict("inconclusive", p_adjusted, opposite_adjusted, threshold, reason, borderline=True)
    if p_adjusted <= alpha:
        return Verdict("holds", p_adjusted, opposite_adjusted, threshold)
    if opposite_adjusted <= alpha:
        if any(_opposite_in_doubt(key, opposite_threshold) for key in evidence.keys):
            reason = "borderline: Monte-Carlo error leaves it in doubt whether the opposite is shown"
            return Verdict("inconclusive", p_adjusted, opposite_adjusted, threshold, reason, borderline=True)
        return Verdict("refuted", p_adjusted, opposite_adjusted, threshold)
    return Verdict("inconclusive", p_adjusted, opposite_adjusted, threshold, _why(evidence, threshold))


def _in_doubt(evidence: Evidence, threshold: float) -> bool:
    """Whether the larger p-value of the keys might lie on the other side of the threshold."""
    if any(_clearly_above(key, threshold) for key in evidence.keys):
        return False
    return any(_doubtful(key, threshold) for key in evidence.keys)


def _doubtful(key: KeyResult, threshold: float) -> bool:
    if key.exact:
        return False
    if key.name == "permutation":
        return side(key.draws or 0, key.exceedances or 0, threshold) == 0
    return abs(key.statistic - float(stats.t.isf(threshold, key.df))) <= CLEAR * key.monte_carlo_se


def _clearly_above(key: KeyResult, threshold: float) -> bool:
    return key.p > threshold and not _doubtful(key, threshold)


def _opposite_in_doubt(key: KeyResult, threshold: float) -> bool:
    if key.exact or key.p_opposite is None:
        return False
    if key.name == "permutation":
        draws = key.draws or 0
        return side(draws, round(key.p_opposite * (draws + 1)) - 1, threshold) == 0
    return abs(-key.statistic - float(stats.t.isf(threshold, key.df))) <= CLEAR * key.monte_carlo_se


def _why(evidence: Evidence, threshold: float) -> str:
    floor = max((key.p_floor for key in evidence.keys), default=0.0)
    if floor > threshold:
        return f"too few prompts: the smallest p-value of this design is {floor:.2g}, and {threshold:.2g} was needed"
    if evidence.degenerate:
        return "degenerate: no prompt's presence moves the effect, so its spread over prompts cannot be told"
    if evidence.needed is None:
        return "the effect does not point the claimed way, nor clearly enough the other way"
    if evidence.detectable is None:
        return "underpowered"
    unit = f" {evidence.effect.unit}" if evidence.effect.unit else ""
    fewest = min(evidence.prompts.values())
    return f"underpowered: {fewest} prompts a concept show an effect of {evidence.detectable:.2g}{unit} with power 0.8"
