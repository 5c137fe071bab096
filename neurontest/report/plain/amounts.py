"""Numbers in plain sentences: few digits, a direction in words instead of a sign, and nothing that cannot be."""

from __future__ import annotations

from dataclasses import replace
from math import exp

from neurontest.report.text import numbers
from neurontest.types import ClaimRecord, Estimate

#: Differences of differences: each of the two can be as large as a set.
_TWICE = ("normalization_helps", "positions_more_distinct")


def possible(claim: ClaimRecord, estimate: Estimate) -> Estimate:
    """The estimate with its interval cut to what such a number can be at all.

    A count of shared neurons lies from 0 to k, a difference of two from -k to k, a share from 0 to 1: an interval by
    Student's t does not know that.
    """
    if estimate.interval is None:
        return estimate
    low, high = _range(claim, estimate)
    cut = replace(
        estimate.interval,
        low=min(max(estimate.interval.low, low), estimate.value),
        high=max(min(estimate.interval.high, high), estimate.value),
    )
    return replace(estimate, interval=cut)


def _range(claim: ClaimRecord, estimate: Estimate) -> tuple[float, float]:
    difference = estimate.reference == 0 or " minus " in estimate.name or " less " in estimate.name
    if estimate.unit == "neurons":
        most = float(claim.selection.k) * (2 if claim.kind in _TWICE and difference else 1)
    elif estimate.unit in ("share", "AUROC"):
        most = 1.0
    else:
        return float("-inf"), float("inf")
    return (-most if difference else 0.0), most


def places(estimate: Estimate, factor: float = 1.0) -> int | None:
    """Decimal places: one fewer than a table has, unless that makes a number zero that is none."""
    found = estimate.interval
    if found is None or not (width := factor * (found.high - found.low)) > 0:
        return None
    fewer = max(0, numbers.decimals(width) - 1)
    said = [factor * one for one in (estimate.value, found.low, found.high)]
    lost = any(abs(one) > 1e-9 and round(abs(one), fewer) == 0 for one in said)
    return min(4, fewer + 1) if lost else fewer


def size(estimate: Estimate, value: float | None = None) -> str:
    """Such as ``12``: how much it is, whichever way."""
    return numbers.number(abs(estimate.value if value is None else value), places(estimate))


def signed(estimate: Estimate, more: str = "more", fewer: str = "fewer") -> str:
    """Such as ``about 12 more``, or ``about 3 fewer``."""
    return f"about {size(estimate)} {more if estimate.value >= 0 else fewer}"


def span(estimate: Estimate, more: str = "more", fewer: str = "fewer") -> str:
    """Such as ``95 % interval 8 to 17``, or ``95 % interval 0.6 fewer to 3.6 more``; empty without one."""
    found = estimate.interval
    if found is None:
        return ""
    low, high = size(estimate, found.low), size(estimate, found.high)
    if found.low < 0 < found.high:
        return f"{_level(estimate)} {low} {fewer} to {high} {more}"
    return f"{_level(estimate)} {high} to {low}" if found.high <= 0 else f"{_level(estimate)} {low} to {high}"


def level_span(estimate: Estimate, factor: float = 1.0, unit: str = "") -> str:
    """The same of a number that has no direction: ``95 % interval 81 % to 93 %``."""
    found = estimate.interval
    if found is None:
        return ""
    low, high = (numbers.number(factor * end, places(estimate, factor)) for end in (found.low, found.high))
    return f"{_level(estimate)} {low}{unit} to {high}{unit}".replace("-", "−")


def times(nats: float) -> str:
    """A difference of log-likelihoods as a ratio: ``1.7 times``."""
    ratio = exp(min(nats, 50.0))
    return f"{numbers.number(ratio, max(1, numbers.decimals(ratio)))} times"


def times_span(estimate: Estimate) -> str:
    """Its interval as one of ratios."""
    found = estimate.interval
    return (
        "" if found is None else f"{_level(estimate)} {times(found.low).removesuffix(' times')} to {times(found.high)}"
    )


def _level(estimate: Estimate) -> str:
    return "" if estimate.interval is None else f"{100 * estimate.interval.level:g} % interval"
