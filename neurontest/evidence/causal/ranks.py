"""What the evidence of causal claims is put together from: ranks among random sets that write as much as the set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neurontest.arrays import Floats
from neurontest.evidence.causal.experiment import Experiment, Seen
from neurontest.evidence.conclusion import SMALL_BASELINE
from neurontest.evidence.permutation import histogram
from neurontest.stats.random_sets import FEWEST_SETS, Rank
from neurontest.types import Estimate, Evidence, KeyResult, NullSummary, Spread

#: Random sets must write this part of what the set writes, at least, on either side.
ENOUGH_WRITE = 0.95


@dataclass(frozen=True)
class Ranked:
    """Where a set stands among random ones by some measure, and by its opposite's.

    Attributes
    ----------
    of : str
        What is ranked.
    about : str
        The part of the claim that it tests; empty if all of it.
    """

    claimed: Rank
    opposite: Rank
    of: str
    about: str = ""

    @classmethod
    def both_ways(cls, found: Rank, of: str, about: str = "") -> Ranked:
        """By a measure whose negative is the opposite's."""
        return cls(found, Rank(-found.observed, -found.null, found.below, found.above), of, about)


@dataclass(frozen=True)
class Equality:
    """How much random sets write beside the set, on one side's prompts.

    Attributes
    ----------
    ratios : float64 array [random set]
    """

    ratios: Floats

    @property
    def refused(self) -> bool:
        """Whether they write too little to be compared with."""
        return float(self.ratios.mean()) < ENOUGH_WRITE


def equality(seen: Seen) -> Equality:
    """Of one side's prompts; sets that write nothing at all are equal."""
    written = seen["write"].mean(axis=0)
    return Equality(written[1:] / written[0] if written[0] > 0 else np.ones(len(written) - 1))


def causal_evidence(
    ours: Experiment,
    effect: Estimate,
    over_prompts: Sequence[KeyResult],
    nulls: Sequence[NullSummary],
    ranks: Sequence[Ranked],
    writes: Mapping[str, Equality],
    details: Sequence[Estimate],
    spread: Spread,
) -> Evidence:
    """The largest p-value of all keys, and of their opposites: all nulls must be rejected either way.

    Where random sets could not be made to write as much as the set, a difference from them may be one of dose: no key
    is told, and the claim is refused.
    """
    keys = (*over_prompts, *(_key(one, ours.random_sets) for one in ranks))
    size = 0 if ours.claim.baseline is None else len(ours.claim.baseline.prompts)
    warnings = []
    if ours.claim.kind.normalizes(ours.claim) and size < SMALL_BASELINE:
        warnings.append(
            f"the baseline has {size} prompts, and the noise of its mean takes part in selecting;"
            " 20 or more are advised"
        )
    if ours.random_sets < FEWEST_SETS:
        warnings.append(
            f"a set of {len(ours.set)} has only {ours.random_sets} random ones like it, so that p is at least"
            f" {1 / (1 + ours.random_sets):.2g}; a set of another size has more"
        )
    refusal = _refusal(writes)
    largest = max(key.p for key in keys)
    # Where random sets do as much, it is not prompts that are wanting.
    wanting = largest == keys[0].p and not refusal
    names = {name: len(set(part.groups)) or len(part.prompts) for name, part in ours.measured.items()}
    return Evidence(
        effect=effect,
        keys=() if refusal else keys,
        p=1.0 if refusal else largest,
        p_opposite=1.0 if refusal else max(1.0 if key.p_opposite is None else key.p_opposite for key in keys),
        nulls=() if refusal else (*nulls, *(histogram(one.claimed) for one in ranks)),
        details=(
            *details,
            *(_standing(one) for one in ranks),
            *(_written(side, one) for side, one in writes.items()),
            Estimate("neurons set", len(ours.set), ""),
        ),
        prompts={("baseline" if name.startswith("(") else name): count for name, count in names.items()},
        m=0,
        spread=spread if wanting and spread.variance > 0 else None,
        warnings=tuple(warnings),
        refusal=refusal,
    )


def _key(found: Ranked, random_sets: int) -> KeyResult:
    above = found.claimed.above
    return KeyResult(
        name="random sets",
        null="the set is like a random one of the same layers and of an equal write",
        statistic=found.claimed.observed,
        p=above.p,
        p_opposite=found.opposite.above.p,
        p_floor=1 / (1 + random_sets),
        draws=above.draws,
        exceedances=above.exceedances,
        exact=False,
        about=found.about,
    )


def _standing(found: Ranked) -> Estimate:
    below = float((found.claimed.null < found.claimed.observed).mean())
    return Estimate(f"random sets below it, by {found.of}", below, "share")


def _written(side: str, found: Equality) -> Estimate:
    return Estimate(
        f"random sets' write beside the set's, {side}",
        float(found.ratios.mean()),
        "share",
        note=f"{found.ratios.min():.2f} to {found.ratios.max():.2f} times as much",
    )


def _refusal(writes: Mapping[str, Equality]) -> str:
    short = [side for side, one in writes.items() if one.refused]
    if not short:
        return ""
    least = min(float(writes[side].ratios.mean()) for side in short)
    return (
        f"random sets cannot be made to write as much as the set ({least:.0%} of it on {' and '.join(short)}): what it"
        " does beyond them may be a matter of dose; another site, or a larger k, may have neurons that write as much"
    )
