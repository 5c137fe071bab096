"""The search for the first of several checkpoints at which a claim is gone; no model, only what each look says.

As in ``git bisect`` a look may also tell nothing. What is looked at lies in order: if the claim goes at some point and
does not come back, about log2 of all are looked at. That it does not is no more than an assumption: some others are
looked at as well, and what speaks against it is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

#: ``skip``: nothing can be told there.
Seen = Literal["good", "bad", "skip"]
#: Others that are looked at on either side of what was found, unless said.
CHECKS = 1


class NothingToFindError(ValueError):
    """The ends do not differ as they should; `place` is the one at fault, `seen` what was seen there."""

    def __init__(self, place: int, seen: Seen) -> None:
        super().__init__(f"{seen} at {place}")
        self.place, self.seen = place, seen


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes
    ----------
    last_good, first_bad : int
        The good and the bad place that are nearest to each other. The change is between them, if there is one alone.
    seen : mapping from int to str
        What was seen of each place that was looked at, in the order of the looks.
    searched : int
        Of these, the looks that the search itself took; the others were made to check the order.
    against : tuple of pairs of int
        A bad place and a good one behind it: the order is not monotone.
    """

    last_good: int
    first_bad: int
    seen: Mapping[int, Seen]
    searched: int
    against: tuple[tuple[int, int], ...] = ()

    @property
    def exact(self) -> bool:
        """Whether the first bad one is known, as far as the order is monotone."""
        return self.first_bad == self.last_good + 1

    @property
    def between(self) -> range:
        """Where the first bad one may be."""
        return range(self.last_good + 1, self.first_bad + 1)


def bisect(count: int, look: Callable[[int], Seen], checks: int = CHECKS) -> Found:
    """Search for the first bad of `count` places, of which the first is good and the last is bad.

    Where looks tell nothing, the search goes on between the good place and the first such one, and between the last
    such one and the bad place: a claim that fades is good, then undecided, then bad.

    Parameters
    ----------
    count : int
        2 or more.
    look : callable
        What is seen at a place, 0 to ``count - 1``; each is asked for once at most.
    checks : int
        Places besides that are looked at on either side, each in the middle of the longest stretch not looked at.

    Raises
    ------
    NothingToFindError
        If the first is not good, or the last not bad.
    """
    seen: dict[int, Seen] = {}

    def see(place: int) -> Seen:
        seen[place] = look(place)
        return seen[place]

    for place, wanted in ((0, "good"), (count - 1, "bad")):
        if see(place) != wanted:
            raise NothingToFindError(place, seen[place])
    good, bad = 0, count - 1
    while (at := _next(good, bad, seen)) is not None:
        now = see(at)
        good, bad = (at, bad) if now == "good" else (good, at) if now == "bad" else (good, bad)
    searched = len(seen)
    for _ in range(checks):
        for low, high in ((0, good), (bad, count - 1)):
            middle = _middle(_longest(low, high, seen))
            if middle is not None:
                see(middle)
    return Found(good, bad, seen, searched, _against(seen))


def _next(good: int, bad: int, seen: Mapping[int, Seen]) -> int | None:
    """The next place to look at between a good and a bad one; None if no look there would tell more."""
    skipped = sorted(place for place in seen if good < place < bad)
    stretches = [(good, skipped[0]), (skipped[-1], bad)] if skipped else [(good, bad)]
    return _middle(max(stretches, key=lambda one: one[1] - one[0]))


def _longest(low: int, high: int, seen: Mapping[int, Seen]) -> tuple[int, int]:
    """The longest stretch between two places that were looked at."""
    places = sorted(place for place in seen if low <= place <= high)
    pairs = list(pairwise(places))
    return max(pairs, key=lambda one: one[1] - one[0], default=(low, low))


def _middle(stretch: tuple[int, int]) -> int | None:
    low, high = stretch
    return (low + high) // 2 if high - low > 1 else None


def _against(seen: Mapping[int, Seen]) -> tuple[tuple[int, int], ...]:
    """Each good place that lies behind a bad one, with the first such."""
    bad = sorted(place for place, what in seen.items() if what == "bad")
    good: Sequence[int] = sorted(place for place, what in seen.items() if what == "good")
    return tuple((bad[0], place) for place in good if place > bad[0])
