"""Worlds of three concepts, of which the first shares as many neurons with the second as with the third, or more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tests.calibration.cell import Cell
from tests.calibration.worlds.base import N0, Made, world
from tests.worlds import three

MORE = "a overlaps b more than c"


def planted(
    cell: Cell,
    seed: int,
    shape: tuple[int, int, float],
    noise: str = "normal",
    step: float = 0.0,
    loud: Mapping[str, float] | None = None,
    neutral: int = N0,
) -> Made:
    """a shares so many neurons with b, and with c (b and c differ), at this strength."""
    one = world(seed, noise, step)
    signals = three(one, *shape)
    data = {
        name: one.concept(count, signal, (loud or {}).get(name, 1.0))
        for name, count, signal in zip("abc", cell.sizes("abc"), signals, strict=True)
    }
    return Made(MORE, data, one.neutral(neutral), 0.0 if shape[0] == shape[1] else None)


def alike(cell: Cell, seed: int) -> Made:
    """b and c are the same concept."""
    one = world(seed)
    a, b, _ = three(one, 5, 5)
    signals = {"a": a, "b": b, "c": b}
    data = {name: one.concept(count, signals[name]) for name, count in zip("abc", cell.sizes("abc"), strict=True)}
    return Made(MORE, data, one.neutral(N0), 0.0)


def templates(cell: Cell, seed: int, shape: tuple[int, int, float]) -> Made:
    """The same, of prompts made from shared templates, whose own noise is as large as a prompt's."""
    made = planted(cell, seed, shape)
    return in_templates(made, seed)


def in_templates(made: Made, seed: int) -> Made:
    """The same prompts, each made from a template that all concepts share, whose noise is as large as a prompt's."""
    rows = [one for one in made.data.values() if isinstance(one, np.ndarray)]
    common = np.random.default_rng([19, seed]).normal(size=rows[0].shape)
    names = tuple(f"template-{number}" for number in range(len(common)))
    data = {name: one + common for name, one in zip(made.data, rows, strict=True)}
    return replace(made, data=data, truth=None, groups=dict.fromkeys(data, names))


def mixtures(cell: Cell, seed: int) -> Made:
    """Every concept is two, and each prompt one of them."""
    one = world(seed)
    first, second = three(one, 5, 5), three(one, 5, 5)
    data = {}
    for at, name in enumerate("abc"):
        both = [one.concept(cell.n, signals[at]) for signals in (first, second)]
        data[name] = np.where(one.rng.random((cell.n, 1)) < 0.5, *both)
    return Made(MORE, data, one.neutral(N0), 0.0)


def family(cell: Cell, seed: int) -> Made:
    """Nine claims of ten concepts, of which three are true; an error is one of the six others shown."""
    one = world(seed)
    shared, apart = one.take(6), {name: one.take(6) for name in "bcdefghi"}
    signals = {"a": (shared, np.full(6, 5.0))}
    for at, (name, neurons) in enumerate(apart.items()):
        mine = np.r_[shared[:3], neurons] if at < 2 else neurons
        signals[name] = (mine, np.full(len(mine), 4.0))
    data = {name: one.concept(cell.n, signal) for name, signal in signals.items()}
    true = ["a overlaps b more than d", "a overlaps c more than e", "a overlaps b more than f"]
    nulls = [f"a overlaps {b} more than {c}" for b, c in ("bc", "de", "fg", "hi", "df", "gh")]
    return Made(nulls[0], data, one.neutral(N0), others=(*nulls[1:], *true), false=tuple(range(6)))


def near_copies(cell: Cell, seed: int, copies: int = 4) -> Made:
    """Every prompt stands there several times in other words, which nobody marked."""
    one = world(seed)
    a, b, _ = three(one, 5, 5)
    signals = {"a": a, "b": b, "c": b}
    data = {name: copied(one.concept(cell.n // copies, signals[name]), copies, seed) for name in signals}
    return Made(MORE, data, one.neutral(N0), 0.0)


def copied(rows: np.ndarray, copies: int, seed: int) -> np.ndarray:
    """Rows [prompt, neuron], each several times, with little noise between them."""
    rng = np.random.default_rng([23, seed, len(rows)])
    out = np.repeat(rows, copies, axis=0)
    return np.asarray(out + 0.15 * rng.normal(size=out.shape))
