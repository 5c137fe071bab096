"""From the evidence of a family's claims to their verdicts. No I/O, no chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scipy import stats

from neurontest.claims.suite import Family
from neurontest.stats.family.correction import adjust, threshold_of
from neurontest.stats.family.power import detectable
from neurontest.stats.random_sets import sets_bounds
from neurontest.stats.sequential import CLEAR
from neurontest.stats.sequential import p_bounds as p_bounds_of
from neurontest.text import together
from neurontest.types import Evidence, KeyResult, Verdict


def judge(family: Family, evidence: Mapping[str, Evidence]) -> dict[str, Verdict]:
    """Verdicts of all claims of a family that count towards its correction, by id.

    ``holds``: the adjusted p-value is at most alpha. ``refuted``: the adjusted p-value of the opposite half-t test is,
    under a correction of its own over the same claims. Else ``inconclusive``, with the reason; so is a claim about near
    copies, whose p-value counts as 1.

    Monte-Carlo error goes through the correction: all p-values are adjusted as they are at their lowest, and as at
    their highest. A claim of which the two say different things is borderline, and so inconclusive, be the doubt its
    own or that of a claim before it in the correction's order (Gandy & Hahn 2014, Scand. J. Stat. 41:1083).

    Parameters
    ----------
    family : Family
    evidence : mapping from claim id to Evidence
        One for every claim of ``family.tested``.
    """
    ids = [claim.id for claim in family.tested]
    alpha, method = family.statistics.alpha, family.statistics.correction
    found = [evidence[one] for one in ids]
    # Near copies leave no p-value worth anything, and none may ease the correction of others.
    p = [1.0 if one.copies else one.p for one in found]
    opposite = [1.0 if one.copies else one.p_opposite for one in found]
    columns = zip(
        ids,
        found,
        adjust(p, method),
        threshold_of(p, alpha, method),
        adjust(opposite, method),
        _doubts(ids, p, [p_bounds(one) for one in found], alpha, method),
        _doubts(ids, opposite, [p_opposite_bounds(one) for one in found], alpha, method),
        strict=True,
    )
    return {
        one: _verdict(what, p_adjusted, threshold, opposite_adjusted, doubt, opposite_doubt, alpha)
        for one, what, p_adjusted, threshold, opposite_adjusted, doubt, opposite_doubt in columns
    }


def is_settled(family: Family, evidence: Mapping[str, Evidence]) -> bool:
    """Whether Monte-Carlo error leaves no verdict of a family open."""
    return not any(verdict.borderline for verdict in judge(family, evidence).values())


def _verdict(
    evidence: Evidence,
    p_adjusted: float,
    threshold: float,
    opposite_adjusted: float,
    doubt: str | None,
    opposite_doubt: str | None,
    alpha: float,
) -> Verdict:
    found = _found(evidence, threshold)
    if evidence.copies:
        reason = "near copies among the prompts, which the tests count as independent: "
        reason += "; ".join(one.said for one in evidence.copies)
        return Verdict("inconclusive", p_adjusted, opposite_adjusted, threshold, reason)
    if evidence.refusal:
        return Verdict("inconclusive", p_adjusted, opposite_adjusted, threshold, evidence.refusal)

    def undecided(reason: str, *, borderline: bool = False) -> Verdict:
        effects = detectable(evidence.spread, threshold) if evidence.spread is not None else ()
        return Verdict(
            "inconclusive", p_adjusted, opposite_adjusted, threshold, reason, borderline, found, detectable=effects
        )

    if doubt is not None:
        whose = f" of {doubt}, and with it in which order they are corrected," if doubt else ""
        reason = (
            f"borderline: Monte-Carlo error{whose} leaves it in doubt whether p is above or below {threshold:.2g};"
            " another seed could say otherwise"
        )
        return undecided(reason, borderline=True)
    if p_adjusted <= alpha:
        return Verdict("holds", p_adjusted, opposite_adjusted, threshold, found=found)
    if opposite_doubt is not None:
        whose = f" of {opposite_doubt}" if opposite_doubt else ""
        reason = f"borderline: Monte-Carlo error{whose} leaves it in doubt whether the opposite is shown"
        return undecided(reason, borderline=True)
    if opposite_adjusted <= alpha:
        return Verdict("refuted", p_adjusted, opposite_adjusted, threshold)
    return undecided(_why(evidence, threshold, alpha))


def _doubts(
    ids: Sequence[str], p: Sequence[float], bounds: Sequence[tuple[float, float]], alpha: float, method: str
) -> list[str | None]:
    """For each claim, whose Monte-Carlo error leaves open whether it is shown: None if none, empty if its own."""
    low, high = ([one[side] for one in bounds] for side in (0, 1))
    at_best, at_worst = _shown(low, alpha, method), _shown(high, alpha, method)
    return [
        None if at_best[at] == at_worst[at] else _whose(at, ids, p, bounds, alpha, method) for at in range(len(ids))
    ]


def _whose(
    at: int, ids: Sequence[str], p: Sequence[float], bounds: Sequence[tuple[float, float]], alpha: float, method: str
) -> str:
    """The ids of the other claims whose error alone leaves a claim in doubt; empty if its own does."""

    def decides(other: int) -> bool:
        ends = [[bounds[other][side] if one == other else value for one, value in enumerate(p)] for side in (0, 1)]
        return _shown(ends[0], alpha, method)[at] != _shown(ends[1], alpha, method)[at]

    if decides(at):
        return ""
    others = [one for one in range(len(ids)) if one != at and bounds[one][0] < bounds[one][1]]
    # None alone may: then it is what they do together.
    return together([ids[one] for one in others if decides(one)] or [ids[one] for one in others])


def _shown(p: Sequence[float], alpha: float, method: str) -> list[bool]:
    return [one <= alpha for one in adjust(p, method)]


def _found(evidence: Evidence, threshold: float) -> str:
    """What a search found at the threshold that finally applies."""
    # The threshold is one of the ladder that the tallies were made for, up to the last digit.
    nearest = min(evidence.tallies, key=lambda one: abs(one.threshold - threshold), default=None)
    return f"{nearest.found} at {threshold:.2g}" if nearest is not None else ""


def p_bounds(evidence: Evidence) -> tuple[float, float]:
    """The smallest and the largest p-value that the claim may have, as far as Monte-Carlo error tells."""
    if evidence.copies:
        return 1.0, 1.0
    bounds = [(evidence.p, evidence.p), *map(_p_bounds, evidence.keys)]
    low = min(evidence.p, max((low for low, _ in bounds[1:]), default=evidence.p))
    return low, max(high for _, high in bounds)


def p_opposite_bounds(evidence: Evidence) -> tuple[float, float]:
    """The same of the opposite, which all keys must show, or one of several that have a chance each."""
    if evidence.copies:
        return 1.0, 1.0
    bounds = [_p_opposite_bounds(key, key.p_opposite) for key in evidence.keys if key.p_opposite is not None]
    which = min if any(key.chances > 1 for key in evidence.keys) else max
    low, high = (which((one[side] for one in bounds), default=evidence.p_opposite) for side in (0, 1))
    return min(low, evidence.p_opposite), max(high, evidence.p_opposite)


def _p_bounds(key: KeyResult) -> tuple[float, float]:
    return _bounds(key, key.p, key.statistic, key.exceedances or 0)


def _p_opposite_bounds(key: KeyResult, p: float) -> tuple[float, float]:
    low, high = _bounds(key, p, -key.statistic, round(p * ((key.draws or 0) + 1)) - 1)
    return low * key.chances, min(1.0, high * key.chances)


def _bounds(key: KeyResult, p: float, t: float, reached: int) -> tuple[float, float]:
    """What one side's p-value may be, from it, from its t, or from how many draws reached what was observed."""
    if key.exact:
        return p, p
    if key.name == "random sets":
        return sets_bounds(key.draws or 1, reached)
    if key.name == "permutation":
        return p_bounds_of(key.draws or 1, reached)
    if key.name == "rank":
        reach = CLEAR * key.monte_carlo_se
        return max(p - reach, key.p_floor), min(p + reach, 1.0)
    return _t_bounds(t, key)


def _t_bounds(t: float, key: KeyResult) -> tuple[float, float]:
    reach = CLEAR * key.monte_carlo_se
    return float(stats.t.sf(t + reach, key.df)), float(stats.t.sf(t - reach, key.df))


def _why(evidence: Evidence, threshold: float, alpha: float) -> str:
    floor = max((key.p_floor for key in evidence.keys), default=0.0)
    if floor > threshold:
        what = "controls" if any(key.name == "rank" for key in evidence.keys) else "prompts"
        return f"too few {what}: the smallest p-value of this design is {floor:.2g}, and {threshold:.2g} was needed"
    if evidence.p <= alpha and not evidence.degenerate:
        return f"alone it would be shown; among the claims of its family p had to reach {threshold:.2g}"
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
    if evidence.tallies:
        return "of so many neurons, chance alone may make one stand out as much"
    if max(evidence.keys, key=lambda key: key.p).statistic <= 0:
        return "the effect does not point the claimed way, nor clearly enough the other way"
    fewest = min(evidence.prompts.values())
    return f"the effect points the claimed way, by no more than the choice of {fewest} prompts a concept may explain"
