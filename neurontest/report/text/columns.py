"""Plain text in columns."""

from __future__ import annotations

from collections.abc import Sequence

#: The first column is not cut shorter than this.
_LEAST = 24


def aligned(cells: Sequence[tuple[str, ...]], width: int | None) -> list[str]:
    """Lines of cells in columns, of which the first is cut to what a terminal of so many columns has room for."""
    widths = [max(len(cell[column]) for cell in cells) for column in range(len(cells[0]))]
    if width is not None:
        widths[0] = min(widths[0], max(width - 1 - sum(widths[1:]) - 2 * len(widths[1:]), _LEAST))
    return [
        "  ".join(
            f"{cell:<{wide}}" for cell, wide in zip((_cut(claim, widths[0]), *rest), widths, strict=True)
        ).rstrip()
        for claim, *rest in cells
    ]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
