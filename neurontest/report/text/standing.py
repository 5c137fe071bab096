"""How often a verdict stands where the texts, or the baseline, are others."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from neurontest.types import ClaimRecord, Repeat

#: A claim that holds at fewer of ten is unstable.
LEAST = 9

_VERDICTS = {"holds": "hold", "refuted": "refuted", "inconclusive": "inconclusive"}


@dataclass(frozen=True)
class Standing:
    """Of one thing that was varied.

    Attributes
    ----------
    varies : {"seed", "baseline"}
    stands, of : int
        Where the verdict is the run's own, and where there is one; the run itself counts.
    counts : Counter
        Verdicts by name.
    same, untested : int
        Repeats in which nothing of what the claim hangs on was another, and those that could not be tested.
    """

    varies: str
    stands: int
    of: int
    counts: Counter[str]
    same: int
    untested: int

    @property
    def words(self) -> str:
        """Such as ``9 of 10 seeds``; empty if nothing was repeated."""
        return f"{self.stands} of {self.of} {self.varies}s" if self.of > 1 else ""

    @property
    def sentence(self) -> str:
        """The same with what became of each, as part of a sentence."""
        parts = []
        if self.words:
            counts = ", ".join(f"{self.counts[name]} {words}" for name, words in _VERDICTS.items() if self.counts[name])
            parts.append(f"stands {'at' if self.varies == 'seed' else 'with'} {self.words} ({counts})")
        if self.same:
            parts.append(f"is the same to the last digit {_more(self.same, self.varies)}, which repeats nothing")
        if self.untested:
            parts.append(f"could not be tested {_more(self.untested, self.varies)}")
        return " and ".join(parts)


def _more(count: int, varies: str) -> str:
    return f"{'at' if varies == 'seed' else 'with'} {count} other {varies}{'' if count == 1 else 's'}"


def standings(claim: ClaimRecord) -> tuple[Standing, ...]:
    """How often the claim's verdict stands, by what was varied; nothing of a claim without a verdict or repeats."""
    if claim.judgement is None:
        return ()
    by: dict[str, list[Repeat]] = {}
    for one in claim.repeats:
        by.setdefault(one.varies, []).append(one)
    return tuple(_standing(claim.verdict, varies, repeats) for varies, repeats in by.items())


def _standing(own: str, varies: str, repeats: list[Repeat]) -> Standing:
    counts = Counter([own, *(one.verdict for one in repeats if one.verdict in _VERDICTS)])
    every = Counter(one.verdict for one in repeats)
    return Standing(varies, counts[own], counts.total(), counts, every["same"], every["not tested"])


def stands(claim: ClaimRecord) -> str:
    """Such as ``9 of 10 seeds, 2 of 2 baselines``; empty if nothing was repeated."""
    return ", ".join(one.words for one in standings(claim) if one.words)


def standing(claim: ClaimRecord) -> str:
    """The same in a sentence without its subject; empty if the suite says no repeats."""
    return "; ".join(one.sentence for one in standings(claim))


def is_unstable(claim: ClaimRecord) -> bool:
    """Whether the claim holds in this run, and at fewer than nine of ten seeds, or with fewer of ten baselines."""
    return claim.verdict == "holds" and any(10 * one.stands < LEAST * one.of for one in standings(claim))
