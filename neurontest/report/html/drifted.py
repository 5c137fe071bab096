"""What ``report.html`` shows of neurons since a reference, setting by setting."""

from __future__ import annotations

from dataclasses import dataclass, replace

from neurontest.report.html import figures
from neurontest.report.text.drift import has_moved
from neurontest.report.text.wording import selected
from neurontest.types import ConceptDrift, Drifted, Moved, Record, Selection

#: The two ways to tell which neuron is which, as the page names them.
BY_NUMBER, BY_MATCH = "by number", "by what they do"


@dataclass(frozen=True)
class WayView:
    """A set by one way to tell which neuron is which.

    Attributes
    ----------
    name : str
    found : Drifted
    mark : IntervalMark
        The drift, on the scale of all sets of the setting.
    moved : bool
    rows : tuple of Moved
        Every neuron of either set: those of the reference by their rank, then those that entered by theirs.
    """

    name: str
    found: Drifted
    mark: figures.IntervalMark
    moved: bool
    rows: tuple[Moved, ...]


@dataclass(frozen=True)
class DriftView:
    """A concept's set."""

    drift: ConceptDrift
    ways: tuple[WayView, ...]


@dataclass(frozen=True)
class SettingView:
    """The sets of one setting.

    Attributes
    ----------
    words : str
        The setting.
    reasons : tuple of str
        Why one of the two ways is missing, each once.
    """

    words: str
    k: int
    scale: figures.Scale
    views: tuple[DriftView, ...]
    reasons: tuple[str, ...]

    @property
    def moved(self) -> int:
        """How many of its sets have moved, by number or by what they do."""
        return sum(any(way.moved for way in view.ways) for view in self.views)


def drift_views(record: Record) -> list[SettingView]:
    """The sets that were compared with the reference's, by setting, in the record's order."""
    settings: dict[Selection, list[ConceptDrift]] = {}
    for one in record.drifts:
        settings.setdefault(one.selection, []).append(one)
    return [_setting(record, selection, found) for selection, found in settings.items()]


def _setting(record: Record, selection: Selection, found: list[ConceptDrift]) -> SettingView:
    ways = [way for one in found for way in (one.by_number, one.by_match) if way is not None]
    scale = figures.scale([0.0, *(value for way in ways for value in figures.extent(way.drift))], marks=4)
    return SettingView(
        selected(selection),
        selection.k,
        scale,
        tuple(_view(record, one, scale) for one in found),
        tuple(dict.fromkeys(one.reason for one in found if one.reason)),
    )


def _view(record: Record, one: ConceptDrift, scale: figures.Scale) -> DriftView:
    ways = ((BY_NUMBER, one.by_number), (BY_MATCH, one.by_match))
    return DriftView(one, tuple(_way(record, name, way, scale) for name, way in ways if way is not None))


def _way(record: Record, name: str, found: Drifted, scale: figures.Scale) -> WayView:
    named = replace(found.drift, name=f"drift {name}")
    earlier = sorted((*found.stayed, *found.left), key=lambda move: move.then.rank if move.then else 0)
    later = sorted(found.entered, key=lambda move: move.now.rank if move.now else 0)
    mark = figures.interval_mark(named, scale)
    return WayView(name, found, mark, has_moved(record, found), (*earlier, *later))
