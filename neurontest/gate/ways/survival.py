"""What became of a claim's effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neurontest.errors import EvidenceError
from neurontest.evidence.conclusion import HALF_T_METHOD
from neurontest.gate.margin import Margin
from neurontest.stats.half_samples.half_t import HalfT
from neurontest.types import Spread

#: Of neurons that a search found on the same texts: the share of the level that is left for what it had wrong.
FOR_THE_SEARCH = 0.2


class IncomparableError(EvidenceError):
    """A claim cannot be held against its namesake in a reference, and why."""


@dataclass(frozen=True)
class Survival:
    """What became of a claim's effect.

    Attributes
    ----------
    then, now : HalfT
        The claim's own estimate on either model; of a claim with several parts, of the part that `p_preserved` hangs
        on.
    change : HalfT
        What the candidate has more than the reference, against 0.
    kept : HalfT
        The test whether enough is left; it decides.
    parts : tuple of HalfT
        The same of each part.
    p_preserved : float
        Of "enough is left of every part": the largest over parts (Berger 1982, Technometrics 24:295).
    p_weakened : float
        Of "too little is left of some part": the smallest over parts, times their number.
    unit : str
        Of the estimates.
    method : str
        Of their intervals.
    spread : Spread or None
        Of `kept`: what power there is, and what prompts it takes. None where its variance is a
        floor that says nothing of other numbers of prompts.
    chances : int
        Neurons of which one is enough: `p_preserved` is the smallest of so many, times their number.
    changes : tuple of HalfT
        `change` of each part; empty of one part.
    note : str
        What to know of the neurons that were compared; empty if they are those of the same numbers.
    by_luck : float
        Of the one that it hangs on: the p-value of the search that found it, over all neurons. 0 if none was searched
        for.
    """

    then: HalfT
    now: HalfT
    change: HalfT
    kept: HalfT
    parts: tuple[HalfT, ...]
    p_preserved: float
    p_weakened: float
    unit: str = "neurons"
    method: str = HALF_T_METHOD
    spread: Spread | None = None
    chances: int = 1
    changes: tuple[HalfT, ...] = ()
    note: str = ""
    by_luck: float = 0.0

    def asked(self, threshold: float, prompts: float = 1.0) -> float:
        """The p-value that one neuron's test must reach for the whole to reach this threshold; 0 if none is enough.

        Parameters
        ----------
        prompts : float
            As if there were so many times as many: a p-value falls about exponentially with their number.
        """
        if not self.by_luck:
            return threshold / self.chances
        if self.by_luck**prompts > FOR_THE_SEARCH * threshold:
            return 0.0
        return (1 - FOR_THE_SEARCH) * threshold / self.chances

    def if_unchanged(self, margin: Margin) -> float:
        """How far beyond its reference value `kept` would be if all of the effect were left; 0 if there is none."""
        return max(0.0, margin.value * self.then.distance if margin.is_share else margin.amount)


def of_parts(
    kept: list[HalfT],
    changes: list[HalfT],
    then: list[HalfT],
    now: list[HalfT],
    *,
    unit: str = "neurons",
    method: str = HALF_T_METHOD,
    spreads: Sequence[Spread | None] = (),
) -> Survival:
    """Of a claim all of whose parts must be left (an intersection-union test); too little is left if it is of one."""
    weakest = max(range(len(kept)), key=lambda at: kept[at].p)
    return Survival(
        then=then[weakest],
        now=now[weakest],
        change=changes[weakest],
        kept=kept[weakest],
        parts=tuple(kept),
        p_preserved=kept[weakest].p,
        p_weakened=min(1.0, len(kept) * min(one.p_opposite for one in kept)),
        unit=unit,
        method=method,
        spread=spreads[weakest] if spreads else None,
        changes=tuple(changes) if len(changes) > 1 else (),
    )
