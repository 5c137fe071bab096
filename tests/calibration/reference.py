"""The reference grid: every kind of claim, where its null is true, at its boundary, and where it is true."""

from __future__ import annotations

from functools import partial

from neurontest.types import Selection
from tests.calibration.worlds import (
    SENTENCES,
    Cell,
    Made,
    above_chance,
    against_neutral,
    alike,
    boundary,
    distinct,
    normalization,
    overlap_greater,
    positions,
    specific,
)

MEAN = Selection(k=10)
CONSISTENCY = Selection(k=10, select="consistency")


def _nothing(cell: Cell, seed: int) -> Made:
    raise LookupError(f"{cell.name} needs traces")


def _cells() -> tuple[Cell, ...]:
    both = (MEAN, CONSISTENCY)
    out = []
    for chosen in both:
        for n in (6, 8, 10, 20):
            out.append(
                Cell(
                    "overlap_greater", "equal overlaps", "null", n, chosen, partial(overlap_greater, shape=(4, 4, 1.0))
                )
            )
        for n in (10, 15, 20):
            out.append(
                Cell(
                    "overlap_greater",
                    "6 against 1 shared",
                    "true",
                    n,
                    chosen,
                    partial(overlap_greater, shape=(6, 1, 1.0)),
                )
            )
        for kind in ("overlap_above", "overlap_below"):
            out += [Cell(kind, "at the true overlap", "boundary", n, chosen, boundary) for n in (10, 20)]
        out += [
            Cell("overlap_above_chance", "unrelated", "null", 10, chosen, partial(above_chance, shared=0)),
            Cell("overlap_above_chance", "4 shared", "true", 10, chosen, partial(above_chance, shared=4)),
            Cell("sets_similar", "at the true overlap", "boundary", 10, chosen, boundary),
            Cell("sets_differ", "at the true cross overlap", "boundary", 10, chosen, boundary),
            Cell("consistent", "at the true overlap", "boundary", 10, chosen, boundary),
            Cell("consistent", "at the true overlap", "boundary", 20, chosen, boundary),
            Cell("distinct", "noise", "null", 6, chosen, partial(distinct, gain=0.0)),
            Cell("distinct", "noise", "null", 20, chosen, partial(distinct, gain=0.0)),
            Cell("distinct", "weak signals", "true", 10, chosen, partial(distinct, gain=0.5)),
            Cell(
                "positions_more_distinct",
                "noise, last less noisy",
                "null",
                10,
                chosen,
                partial(positions, gains=(0.0, 0.0), noise=0.5),
            ),
            Cell(
                "positions_more_distinct", "equally distinct", "null", 10, chosen, partial(positions, gains=(1.0, 1.0))
            ),
            Cell(
                "positions_more_distinct", "equally distinct", "null", 20, chosen, partial(positions, gains=(1.0, 1.0))
            ),
            Cell(
                "positions_more_distinct",
                "all tokens say more",
                "true",
                10,
                chosen,
                partial(positions, gains=(1.2, 0.5)),
            ),
            Cell("normalization_helps", "noise", "null", 10, chosen, partial(normalization, gain=0.0)),
            Cell("normalization_helps", "signals", "true", 10, chosen, partial(normalization, gain=1.0)),
            Cell("consistent", "against neutral, noise", "null", 10, chosen, partial(against_neutral, gain=0.0)),
            Cell("consistent", "against neutral, signals", "true", 10, chosen, partial(against_neutral, gain=0.7)),
        ]
    for n in (10, 15):
        out.append(Cell("specific", "noise", "null", n, MEAN, partial(specific, strength=0.0, named=True)))
        out.append(Cell("specific_any", "noise", "null", n, MEAN, partial(specific, strength=0.0, named=False)))
        out.append(Cell("specific", "one neuron, 3 sd", "true", n, MEAN, partial(specific, strength=3.0, named=True)))
        out.append(
            Cell("specific_any", "one neuron, 3 sd", "true", n, MEAN, partial(specific, strength=3.0, named=False))
        )
    for n in (8, 12, 24):
        out.append(
            Cell(
                "overlap_greater",
                "permutation key, b and c alike",
                "null",
                n,
                MEAN,
                partial(alike, test="permutation"),
            )
        )
        out.append(
            Cell(
                "overlap_greater",
                "permutation key, equal overlaps",
                "null",
                n,
                MEAN,
                partial(overlap_greater, shape=(4, 4, 1.0), test="permutation"),
            )
        )
    out.append(
        Cell("distinct", "permutation key, noise", "null", 24, MEAN, partial(distinct, gain=0.0, test="permutation"))
    )
    out.append(
        Cell(
            "overlap_greater",
            "borderline, three seeds",
            "true",
            20,
            MEAN,
            partial(overlap_greater, shape=(5, 3, 1.0)),
            stability=True,
        )
    )
    for kind in SENTENCES:
        for chosen in (Selection(k=10, site="residual"), Selection(k=50, site="mlp")):
            n = 12 if kind == "overlap_above_chance" else 20
            name = f"dealt at random, {chosen.site}, k = {chosen.k}"
            out.append(Cell(kind, name, "null", n, chosen, _nothing, dealt=True))
    return tuple(out)


CELLS = _cells()
