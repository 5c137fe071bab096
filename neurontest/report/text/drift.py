"""What a report says of neurons since a reference: the sets that have moved, and how many have not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from neurontest.report.text import numbers
from neurontest.report.text.columns import aligned
from neurontest.report.text.wording import selected
from neurontest.text import plural
from neurontest.types import ConceptDrift, Drifted, Moved, Record
from neurontest.untrusted import visible_line

#: Sets that a terminal shows at most.
ROWS = 20
_HEADINGS = ("neurons of", "stayed", "halves share", "drift", "by match", "drift")


def told(one: ConceptDrift) -> Drifted | None:
    """How far a set has moved by number; by match where a number names no neuron of both models."""
    return one.by_number or one.by_match


def has_moved(record: Record, found: Drifted | None) -> bool:
    """Whether a drift is shown: at the suite's alpha, corrected over all sets of the record by Bonferroni."""
    return found is not None and found.p * len(record.drifts) <= record.statistics.alpha


def moved(record: Record) -> list[ConceptDrift]:
    """The sets that have moved, by number or by match, in the record's order."""
    return [one for one in record.drifts if any(has_moved(record, way) for way in (one.by_number, one.by_match))]


def share_of(found: Drifted) -> float:
    """The share of a set's neurons that stayed."""
    return len(found.stayed) / max(len(found.stayed) + len(found.left), 1)


def drift_words(found: Drifted) -> str:
    """Such as ``+0.4 [-0.2, 1.0]``, in neurons."""
    value = numbers.effect(found.drift).removesuffix(" neurons").removesuffix(" neuron")
    return " ".join(filter(None, (value, numbers.bounds(found.drift))))


def match_words(move: Moved) -> str:
    """What a match is worth where it says little; else empty."""
    if not move.poor:
        return ""
    nobody = move.now is None and not move.partner
    return "poor match: no neuron does the same" if nobody else "poor match: another does nearly the same"


def drift_lines(record: Record, width: int | None) -> list[str]:
    """The lines of a terminal: the sets that moved in a table for each setting, how many did not, and what is missing.

    Parameters
    ----------
    record : Record
    width : int or None
        Columns of the terminal, to which names are cut; None cuts nothing.
    """
    if not record.drifts:
        return []
    found = moved(record)
    # Of many the clearest; the page shows all.
    shown = sorted(found, key=lambda one: min(way.p for way in (one.by_number, one.by_match) if way is not None))[:ROWS]
    lines = list(_table([one for one in found if one in shown], width)) if shown else []
    if len(found) > len(shown):
        lines.append(f"{plural(len(found) - len(shown), 'more set')} moved")
    rest = [one for one in record.drifts if one not in found]
    if rest:
        lines.append(_rest(rest, len(record.drifts)))
    lines += [
        f"not told both ways: {reason}" for reason in dict.fromkeys(one.reason for one in record.drifts) if reason
    ]
    return [visible_line(line) for line in lines]


def _table(found: Sequence[ConceptDrift], width: int | None) -> Iterator[str]:
    rows = [_row(one) for one in found]
    heading, *lines = aligned([_HEADINGS, *rows], width)
    yield heading
    setting = None
    for one, line in zip(found, lines, strict=True):
        if one.selection != setting:
            setting = one.selection
            yield selected(setting)
        yield line


def _row(one: ConceptDrift) -> tuple[str, ...]:
    by_number, by_match = (
        (str(len(way.stayed)), drift_words(way)) if way is not None else ("-", "-")
        for way in (one.by_number, one.by_match)
    )
    ceiling = numbers.number((one.then.value + one.now.value) / 2, 0)
    return (
        one.concept,
        f"{by_number[0]} of {one.selection.k}",
        ceiling,
        by_number[1],
        *by_match,
    )


def _rest(rest: Sequence[ConceptDrift], declared: int) -> str:
    shares = [share_of(way) for one in rest if (way := told(one)) is not None]
    which = f"neurons: no drift shown in {len(rest)} of {plural(declared, 'set')}"
    if not shares:
        return which
    ceilings = [(one.then.value + one.now.value) / (2 * max(one.selection.k, 1)) for one in rest]
    return f"{which}; {_range(shares)} stayed (halves: {_range(ceilings)})"


def _range(shares: Sequence[float]) -> str:
    low, high = (f"{100 * end:.0f}" for end in (min(shares), max(shares)))
    return f"{low}%" if low == high else f"{low} to {high}%"
