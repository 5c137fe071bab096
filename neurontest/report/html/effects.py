"""All effects of a unit on one axis."""

from __future__ import annotations

from dataclasses import dataclass

from neurontest.report.html import figures
from neurontest.report.html.claims import ClaimView

#: Height of a claim in the figure, in pixels.
ROW = 40
#: Characters of a sentence that stand above its effect, on a phone too.
LETTERS = 52


@dataclass(frozen=True)
class Forest:
    """The effects of one unit.

    Attributes
    ----------
    unit : str
    scale : Scale
    rows : tuple of (ClaimView, IntervalMark, str)
        The mark on `scale`, and what is written above it.
    """

    unit: str
    scale: figures.Scale
    rows: tuple[tuple[ClaimView, figures.IntervalMark, str], ...]

    @property
    def height(self) -> int:
        """Of the whole figure, its axis too."""
        return ROW * len(self.rows) + 24


def forests(claims: list[ClaimView]) -> list[Forest]:
    """A figure for each unit that two claims or more are measured in."""
    by: dict[str, list[ClaimView]] = {}
    for view in claims:
        if view.claim.evidence is not None and view.claim.evidence.keys:
            by.setdefault(view.claim.evidence.effect.unit, []).append(view)
    return [_forest(unit, views) for unit, views in by.items() if len(views) > 1]


def _forest(unit: str, views: list[ClaimView]) -> Forest:
    effects = [(view, view.claim.evidence.effect) for view in views if view.claim.evidence is not None]
    on = figures.scale([value for _, effect in effects for value in figures.extent(effect)])
    rows = tuple((view, figures.interval_mark(effect, on), _label(view, unit)) for view, effect in effects)
    return Forest(unit, on, rows)


def _label(view: ClaimView, unit: str) -> str:
    of = f" (top {view.claim.selection.k})" if unit == "neurons" else ""
    words, room = view.claim.sentence, LETTERS - len(of)
    return f"{view.number} " + (words if len(words) <= room else words[: room - 1] + "…") + of
