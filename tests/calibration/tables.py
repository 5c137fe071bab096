"""Tables of what was counted, one for each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from neurontest.stats.calibration import Measured


def by_kind(
    found: Iterable[Measured], columns: Sequence[str], row: Callable[[Measured], str], heading: Callable[[str], str]
) -> str:
    """The tables of all cells of which something was counted, each below its kind's heading."""
    rows: dict[str, list[str]] = {}
    for one in found:
        if one.data_sets:
            rows.setdefault(one.design.kind, []).append(row(one))
    head = (f"| {' | '.join(columns)} |", "|---" * len(columns) + "|")
    tables = ["\n".join((f"## {heading(kind)}", "", *head, *own)) for kind, own in rows.items()]
    return "\n\n".join(tables or ["Nothing was counted yet."]) + "\n"
