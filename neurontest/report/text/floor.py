"""What reports say of a reference's noise floor."""

from __future__ import annotations

from collections.abc import Sequence

from neurontest.report.text.numbers import quantity
from neurontest.text import plural
from neurontest.types import Comparison, Floor, FloorRepeat, NoiseFloor, Record

_LEAST = 1e-4


def floor_lines(found: NoiseFloor) -> list[str]:
    """A line for each thing that was otherwise: the largest changes, one for each unit, or why there are none."""
    return [_line(repeat, list(found.claims.values())) for repeat in found.repeats]


def floor_note(record: Record) -> str:
    """What the same model changes, of the claims that were compared, in a line; empty if that is not known."""
    repeats = record.against.floor if record.against is not None else ()
    floors = [one.against.floor for one in record.claims if one.selected and one.against and one.against.floor]
    parts = [f"{one.said}: at most {sizes}" for one in repeats if (sizes := _largest(one, floors))]
    return f"noise floor, the same model with {'; '.join(parts)}" if parts else ""


def noise(found: Comparison) -> str:
    """What arithmetic alone makes of a claim's effect, such as ``±0.02``; empty if that is not known."""
    floor = found.floor
    return "" if floor is None or floor.noise is None else _size(floor.noise, floor, with_unit=False)


def seed_noise(found: Comparison) -> str:
    """What another seed makes of it; empty if that is not known."""
    floor = found.floor
    return "" if floor is None or floor.seed is None else _size(floor.seed, floor, with_unit=False)


def floor_words(found: Comparison) -> str:
    """Both, such as ``noise floor ±0.02, another seed: ±1.3``; empty if neither is known."""
    arithmetic, seed = noise(found), seed_noise(found)
    parts = [f"noise floor {arithmetic}" if arithmetic else "", f"another seed: {seed}" if seed else ""]
    return ", ".join(filter(None, parts))


def _line(repeat: FloorRepeat, floors: Sequence[Floor]) -> str:
    if repeat.reason:
        return f"{repeat.said}: not known: {repeat.reason}"
    count = sum(getattr(floor, repeat.varies) is not None for floor in floors)
    sizes = _largest(repeat, floors)
    said = f"{repeat.said}: at most {sizes} ({plural(count, 'claim')})" if sizes else f"{repeat.said}: of no claim"
    if not repeat.without:
        return said
    node, why = next(iter(repeat.without.items()))
    more = f" and {len(repeat.without) - 1} more" if len(repeat.without) > 1 else ""
    return f"{said}; not of {node}{more}: {why}"


def _largest(repeat: FloorRepeat, floors: Sequence[Floor]) -> str:
    """The largest change of each unit."""
    largest: dict[str, Floor] = {}
    for floor in floors:
        value, most = (getattr(one, repeat.varies) for one in (floor, largest.get(floor.unit, floor)))
        if value is not None and abs(value) >= abs(most):
            largest[floor.unit] = floor
    return ", ".join(_size(getattr(floor, repeat.varies), floor) for floor in largest.values())


def _size(value: float, floor: Floor, *, with_unit: bool = True) -> str:
    unit = floor.unit if with_unit or floor.unit == "share" else ""
    size = abs(value)
    # Decimal places enough would be zeros for the most part.
    return f"±{size:.0e} {unit}".rstrip() if 0 < size < _LEAST else "±" + quantity(size, unit)
