"""What is drawn of pairs of models: the gate's error rates in short, the cells that miss their goals, and all cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from neurontest.stats.calibration import FEWEST, Measured, Truth, rate, with_error
from tests.calibration.tables import by_kind

RATES = re.compile(r"(?<=<!-- rates -->\n).*?(?=<!-- end of rates -->)", re.DOTALL)
FRONT = re.compile(r"(?<=<!-- gate rates -->\n).*?(?=<!-- end of gate rates -->)", re.DOTALL)
SIZES = (10, 20, 40)
#: Columns of the front page, which of the truths is meant, and which count is shown.
ASKED_FIRST: tuple[tuple[str, Truth, str], ...] = (
    ("`weakened` or `lost`, nothing changed", "unchanged", "refuted"),
    ("`preserved`, exactly the margin lost", "margin", "holds"),
    ("`preserved`, nothing changed, 20 prompts", "unchanged", "holds"),
)
NOTHING = "-"
#: What is asked of pairs of which truth, and which count answers it.
ASKED: tuple[tuple[str, Truth, str], ...] = (
    ("preserved at the margin", "margin", "holds"),
    ("preserved, unchanged", "unchanged", "holds"),
    ("weakened, 80% lost", "more", "refuted"),
)
SHORT = (
    *("what is compared", "sets by", "data sets a cell", "weakened, unchanged, the worst"),
    *(f"{name}, n = {n}" if n == SIZES[0] else str(n) for name, _, _ in ASKED for n in SIZES),
)
TEXTS = ("same", "own")
COLUMNS = ("world", "lost", "texts", "n", "sets by", "tests", "data sets", "preserved", "weakened or lost")
LOST: Mapping[str, str] = {"unchanged": "nothing", "less": "25%", "margin": "50%, the margin", "more": "80%"}
HEADER = """
# Pairs of models

What the [gate](gate-statistics.md#error-rates) said of one claim that held, alone in its family, margin 50%. An error
is *weakened* where nothing or less than the margin is lost, *preserved* where more is, and either where it is exactly
the margin. What misses its goal is bold.

"""


def summary(text: str, found: Iterable[Measured]) -> str:
    """docs/gate-statistics.md, with its rates and the cells that miss their goals."""
    if not RATES.search(text):
        raise ValueError("docs/gate-statistics.md has no room for its rates")
    cells = list(found)
    return RATES.sub(lambda _: f"{_in_short(cells)}\n\n{_misses(cells)}\n", text)


def front(text: str, found: Iterable[Measured]) -> str:
    """README, with the range of the gate's rates for each kind over the worlds that its test is meant for."""
    if not FRONT.search(text):
        raise ValueError("README.md has no room for the gate's rates")
    told: dict[str, list[Measured]] = {}
    for one in found:
        if one.data_sets >= FEWEST and one.role == "reference":
            # Six kinds about overlaps are tested alike, and would fill the page.
            kind = "overlap_..." if one.design.kind.startswith("overlap_") else one.design.kind
            told.setdefault(kind, []).append(one)
    names = ("kind", *(name for name, _, _ in ASKED_FIRST))
    rows = [
        f"| {' | '.join((f'`{kind}`', *(_range(own, truth, count, name) for name, truth, count in ASKED_FIRST)))} |"
        for kind, own in told.items()
    ]
    table = "\n".join((f"| {' | '.join(names)} |", "|---" * len(names) + "|", *rows)) if rows else "Nothing yet."
    return FRONT.sub(lambda _: f"{table}\n", text)


def _range(cells: Iterable[Measured], truth: Truth, count: str, name: str) -> str:
    own = [one for one in cells if one.truth == truth]
    # Power is told of one number of prompts, and of the same texts; an error of all there are.
    if (truth, count) == ("unchanged", "holds"):
        own = [one for one in own if one.design.texts == "same" and f"{one.design.prompts[0]} prompts" in name]
    rates = sorted(getattr(one, count) / one.data_sets for one in own)
    if not rates:
        return "not measured"
    low, high = (f"{value:.2f}".removeprefix("0") for value in (rates[0], rates[-1]))
    return low if low == high else f"{low} to {high}"


def page(found: Iterable[Measured]) -> str:
    """All pairs, a table for each kind."""
    return HEADER + by_kind(found, COLUMNS, _row, lambda kind: f"`{kind}` on two models")


def _row(one: Measured) -> str:
    preserved, weakened = with_error(one.holds, one.data_sets), rate(one.refuted, one.data_sets)
    if one.misses:
        preserved = f"**{preserved}**"
    return (
        f"| {one.world}{' (stress)' if one.role == 'stress' else ''} | {LOST[one.truth]} | {one.design.texts} "
        f"| {one.design.prompts[0]} | {one.design.select} | {', '.join(one.design.tests)} | {one.data_sets:,} "
        f"| {preserved} | {weakened} |"
    )


def _in_short(found: Iterable[Measured]) -> str:
    """A row for each way to test: numbers of the same texts, and of own ones."""
    ways: dict[tuple[str, str, str], list[Measured]] = {}
    for one in found:
        if one.data_sets >= FEWEST and one.role == "reference":
            ways.setdefault((one.design.kind, one.world, one.design.select), []).append(one)
    if not ways:
        return "Nothing was counted yet."
    rows = []
    for (kind, world, select), cells in ways.items():
        at: dict[tuple[Truth, str, int], Measured] = {
            (one.truth, one.design.texts, one.design.prompts[0]): one for one in cells
        }
        unchanged = [one.refuted / one.data_sets for one in cells if one.truth == "unchanged"]
        counts = sorted(one.data_sets for one in cells)
        many = f"{counts[0]:,}" if counts[0] == counts[-1] else f"{counts[0]:,} to {counts[-1]:,}"
        rates = [_of_texts(at, truth, count, n) for _, truth, count in ASKED for n in SIZES]
        worst = rate(round(1000 * max(unchanged)), 1000) if unchanged else NOTHING
        rows.append(f"| {' | '.join((f'`{kind}`: {world}', select, many, worst, *rates))} |")
    return "\n".join((f"| {' | '.join(SHORT)} |", "|---" * len(SHORT) + "|", *rows))


def _of_texts(at: Mapping[tuple[Truth, str, int], Measured], truth: Truth, count: str, n: int) -> str:
    told = [at.get((truth, texts, n)) for texts in TEXTS]
    if not any(told):
        return NOTHING
    return " / ".join(rate(getattr(one, count), one.data_sets) if one else NOTHING for one in told)


def _misses(found: Iterable[Measured]) -> str:
    told = [one for one in found if one.data_sets >= FEWEST]
    missing = sorted((one for one in told if one.misses), key=lambda one: -one.errors)
    count = (
        f"{len(missing)} of the {len(told)} cells of which {FEWEST} data sets or more were looked at miss their goal"
    )
    return "\n".join((f"{count}{':' if missing else '.'}", "", *map(_missing, missing))).rstrip()


def _missing(one: Measured) -> str:
    strained = ", a world that strains it" if one.role == "stress" else ""
    return (
        f"- `{one.design.kind}`, {one.where()}, {LOST[one.truth]} lost, {one.design.texts} texts:"
        f" {', '.join(one.misses)} ({one.data_sets:,} data sets{strained})"
    )
