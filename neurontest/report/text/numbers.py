"""Numbers in words: as many digits as they deserve, and never a p-value of zero."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, inf, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neurontest.types import Estimate, Interval

SMALLEST_P = 0.001


def p_value(p: float, alpha: float | None = None) -> str:
    """Such as ``= 0.034`` or ``< 0.001``.

    Two significant digits, or as many more as it takes to show on which side of `alpha` the value lies: ``p = 0.05``
    beside "needs 0.05" would look like a contradiction.
    """
    bound = SMALLEST_P if alpha is None or alpha > SMALLEST_P else alpha / 100
    if p < bound:
        return f"< {bound:g}"
    digits = next(
        (n for n in range(2, 10) if alpha is None or (float(f"{p:.{n}g}") <= alpha) == (p <= alpha)),
        10,
    )
    return f"= {float(f'{p:.{digits}g}'):.10g}"


def decimals(spread: float) -> int:
    """Decimal places that show two significant digits of `spread`, from 0 to 4."""
    if spread == 0:
        return 0
    return min(4, max(0, 1 - floor(log10(abs(spread)))))


def number(value: float, places: int | None = None, *, signed: bool = False) -> str:
    """`value` with so many decimal places; by default two significant digits, whole numbers as they are."""
    if places is None:
        places = 0 if value == int(value) else decimals(value)
    text = f"{value:+,.{places}f}" if signed else f"{value:,.{places}f}"
    return text.lstrip("+-") if not any(digit in text for digit in "123456789") else text


def statistic(value: float) -> str:
    """A test statistic: two decimal places, or two significant digits of one that these would not show."""
    return number(value, max(2, decimals(value)) if abs(value) < 0.01 else 2)


def quantity(value: float, unit: str, places: int | None = None, *, signed: bool = False) -> str:
    """`value` with its unit: ``+3.1 neurons``, ``62%``."""
    if unit == "share":
        return number(100 * value, places, signed=signed) + "%"
    text = number(value, places, signed=signed)
    if unit == "neurons" and text.lstrip("+-") == "1":
        unit = "neuron"
    return f"{text} {unit}".rstrip()


def room(estimate: Estimate, k: int) -> float:
    """The largest distance from its reference that an effect can have, of sets of `k` neurons."""
    most = {"neurons": float(k), "share": 1.0, "AUROC": 1.0}.get(estimate.unit, inf)
    reference = estimate.reference or 0.0
    return max(most - reference, reference)


def distances(values: Sequence[float], estimate: Estimate, k: int) -> list[str]:
    """Effects of one unit, such as ``3.1 neurons``, ``2.2``; ``none`` for one that is larger than there is room for."""
    found: list[str] = []
    share = estimate.unit == "share"
    unsaid = estimate.unit
    for value in values:
        if value > room(estimate, k):
            found.append("none")
            continue
        found.append(quantity(value, unsaid, decimals(100 * value if share else value)))
        unsaid = estimate.unit if share else ""
    return found


def _places(estimate: Estimate) -> int | None:
    """The interval's width says how many digits of the value mean something."""
    if estimate.interval is None:
        return None
    width = estimate.interval.high - estimate.interval.low
    return decimals(100 * width if estimate.unit == "share" else width) if width > 0 else None


def effect(estimate: Estimate) -> str:
    """The value of an estimate with its unit; with its sign if the null hypothesis says zero."""
    return quantity(estimate.value, estimate.unit, _places(estimate), signed=estimate.reference == 0)


def bounds(estimate: Estimate) -> str:
    """The interval of an estimate, such as ``[-0.4, 6.2]``; empty if it has none."""
    if estimate.interval is None:
        return ""
    unit = "share" if estimate.unit == "share" else ""
    ends = (estimate.interval.low, estimate.interval.high)
    return "[" + ", ".join(quantity(end, unit, _places(estimate)) for end in ends) + "]"


def level(interval: Interval) -> str:
    """Such as ``95% CI``."""
    return f"{100 * interval.level:g}% CI"
