"""What ``report.html`` shows of claims since a reference."""

from __future__ import annotations

from dataclasses import dataclass, replace

from neurontest.report.html import figures
from neurontest.report.text.floor import floor_words
from neurontest.report.text.since import STATUSES, change, decisive_p, sentence, waived
from neurontest.types import AcceptedChange, ClaimRecord, Comparison, Estimate, Record

#: Symbol of each status, and the verdict whose colour it has.
SYMBOLS = {
    "preserved": ("✓", "holds"),
    "gained": ("+", "holds"),
    "unchanged": ("–", "skipped"),
    "undecided": ("?", "inconclusive"),
    "incomparable": ("○", "inconclusive"),
    "weakened": ("↓", "refuted"),
    "lost": ("✗", "refuted"),
}


@dataclass(frozen=True)
class SinceView:
    """A claim since the reference, with its figures.

    Attributes
    ----------
    number : int
        Of the claim in the report.
    pair : pair of IntervalMark, or None
        Then and now, on the scale of all claims of the same unit and k.
    marks : tuple of IntervalMark
        Then and now, on a scale of their own.
    change : IntervalMark or None
    change_words, floor_words, sentence : str
    p : float or None
    waived : AcceptedChange or None
    """

    number: int
    claim: ClaimRecord
    found: Comparison
    symbol: str
    colour: str
    pair: tuple[figures.IntervalMark, figures.IntervalMark] | None
    pair_scale: figures.Scale | None
    marks: tuple[figures.IntervalMark, ...]
    scale: figures.Scale | None
    change: figures.IntervalMark | None
    change_scale: figures.Scale | None
    change_words: str
    floor_words: str
    sentence: str
    p: float | None
    waived: AcceptedChange | None


def since_views(record: Record) -> list[SinceView]:
    """Those of the claims that were compared, by what is worst, then in the record's order."""
    compared = [
        (number, claim, claim.against)
        for number, claim in enumerate(record.claims, start=1)
        if claim.selected and claim.against is not None
    ]
    extents: dict[tuple[str, int], list[float]] = {}
    for _, claim, found in compared:
        for one in _pair(claim, found):
            extents.setdefault(_group(claim, one), []).extend(figures.extent(one))
    shared = {group: figures.scale(values, marks=4) for group, values in extents.items()}
    views = [_view(record, number, claim, found, shared) for number, claim, found in compared]
    return sorted(views, key=lambda view: STATUSES.index(view.found.status))


def _pair(claim: ClaimRecord, found: Comparison) -> tuple[Estimate, ...]:
    """Then and now, with what the claim is tested against; nothing unless both are known and of one unit."""
    both = [one for one in (found.then_effect, found.now_effect) if one is not None]
    if len(both) < 2 or both[0].unit != both[1].unit:
        return ()
    effect = claim.evidence.effect if claim.evidence is not None else None
    reference = effect.reference if effect is not None and effect.unit == both[0].unit else None
    return tuple(replace(one, name=name, reference=reference) for one, name in zip(both, ("then", "now"), strict=True))


def _group(claim: ClaimRecord, estimate: Estimate) -> tuple[str, int]:
    return estimate.unit, 0 if estimate.unit == "share" else claim.selection.k


def _view(
    record: Record, number: int, claim: ClaimRecord, found: Comparison, shared: dict[tuple[str, int], figures.Scale]
) -> SinceView:
    pair = _pair(claim, found)
    overview = shared[_group(claim, pair[0])] if pair else None
    scale = figures.scale([value for one in pair for value in figures.extent(one)]) if pair else None
    moved = replace(found.change, reference=0.0) if found.change is not None else None
    moved_scale = figures.scale(figures.extent(moved)) if moved is not None else None
    on_shared = tuple(figures.interval_mark(one, overview) for one in pair) if overview is not None else ()
    symbol, colour = SYMBOLS[found.status]
    return SinceView(
        number=number,
        claim=claim,
        found=found,
        symbol=symbol,
        colour=colour,
        pair=(on_shared[0], on_shared[1]) if on_shared else None,
        pair_scale=overview,
        marks=tuple(figures.interval_mark(one, scale) for one in pair) if scale is not None else (),
        scale=scale,
        change=figures.interval_mark(moved, moved_scale) if moved is not None and moved_scale is not None else None,
        change_scale=moved_scale,
        change_words=change(found),
        floor_words=floor_words(found),
        sentence=sentence(found),
        p=decisive_p(found),
        waived=waived(record, claim),
    )
