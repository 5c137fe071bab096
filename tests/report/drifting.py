"""Records of which neurons and texts have moved since a reference, made by hand."""

from __future__ import annotations

from dataclasses import replace

from neurontest.types import (
    ConceptDrift,
    Drifted,
    Estimate,
    Interval,
    Moved,
    Place,
    Record,
    ReferenceRecord,
    Rewritten,
    Selection,
    TextPair,
)

from .sample import HOSTILE, sample

MLP, RESIDUAL = Selection(site="mlp", k=6), Selection(k=5)
AGAINST = ReferenceRecord("reports/reference/base", "base", "0" * 64, "2026-11-01T10:00:00+00:00", "own", "50%")


def estimate(value: float, reach: float, reference: float | None = None) -> Estimate:
    interval = Interval(value - reach, value + reach, 0.95, "half-sample t")
    return Estimate("drift", value, interval=interval, reference=reference)


def drifted(k: int, stayed: int, value: float, p: float, *, matched: bool = False) -> Drifted:
    """Some of k neurons stayed, each one rank lower; by a match under other numbers, the first of them a poor one."""

    def place(rank: int, layer: int) -> Place:
        return Place(f"L{layer}.mlp[{100 + rank}]", rank)

    kept = [Moved(place(rank, 1), place(rank + 1, 2 if matched else 1)) for rank in range(1, stayed + 1)]
    left = [Moved(then=place(rank, 1)) for rank in range(stayed + 1, k + 1)]
    if matched:
        kept = [
            replace(one, correlation=0.99, second=0.97 if at == 0 else 0.2, poor=at == 0) for at, one in enumerate(kept)
        ]
        left = [replace(one, correlation=0.31, second=0.3, poor=True) for one in left]
        left[:1] = [replace(one, partner="L2.mlp[7]", correlation=0.9, second=0.1, poor=False) for one in left[:1]]
    entered = [Moved(now=Place(f"L3.mlp[{rank}]", rank)) for rank in [1, *range(stayed + 2, k + 1)][: k - stayed]]
    return Drifted(estimate(value, 0.6, 0.0), estimate(3.0, 0.5), p, tuple(kept), tuple(entered), tuple(left))


def drift(name: str, by_number: Drifted | None, by_match: Drifted | None, chosen: Selection = MLP) -> ConceptDrift:
    reason = "" if by_number and by_match else "a number names no neuron of both"
    return ConceptDrift(name, chosen, 24, 12, estimate(4.2, 0.6), estimate(4.4, 0.6), by_number, by_match, reason)


MOVED = drift("hanoi", drifted(6, 1, 3.9, 1e-6), drifted(6, 5, 0.1, 0.4, matched=True))
STILL = drift("tulip", drifted(6, 5, 0.1, 0.4), drifted(6, 5, -0.1, 0.6, matched=True))
DEEPER = drift("tulip", None, drifted(5, 4, 0.2, 0.3, matched=True), RESIDUAL)


def drifting(*drifts: ConceptDrift) -> Record:
    """A record with these."""
    pairs = tuple(
        TextPair(text, at % 2, f"They were {text}", f"They were not {text}") for at, text in enumerate(HOSTILE)
    )
    texts = (Rewritten("hanoi", 96, 40, pairs), Rewritten("tulip", 96, 0))
    return replace(sample(), against=AGAINST, drifts=drifts, rewritten=texts)
