"""What is drawn from the table: the page of all cells, those that miss their goals, and rates beside the kinds.

Of pairs of models, see :mod:`tests.calibration.drawn_changes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from neurontest.files import write_whole
from neurontest.stats.calibration import FEWEST, Measured, Table, rate, with_error
from tests.calibration import drawn_changes
from tests.calibration.tables import by_kind

ROOT = Path(__file__).parents[2]
PAGE, STATISTICS, CLAIMS = (ROOT / "docs" / f"{name}.md" for name in ("error-rates", "statistics", "claims"))
GATE, README = ROOT / "docs" / "gate-statistics.md", ROOT / "README.md"
DRAWN = (PAGE, STATISTICS, CLAIMS, GATE, README)
#: Prompts that most kinds are advised, and that a search over all neurons is.
ADVISED, SEARCHED = 10, 15
FORMS = ("on these controls", "by rank", "on average")
NOTHING = "not measured"
#: Kinds that are about two models: what was counted of pairs of them stands in a table of its own.
ELSEWHERE = {"preserved": "[of pairs of models](gate-statistics.md#error-rates)"}
#: Rows of the table of kinds: all up to its last two columns, of which the first two are looked at.
ROWS = re.compile(r"^(\| (`[^|]+) \| ([^|]+) " + r"\| [^|]+ " * 4 + r")\| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
MISSES = re.compile(r"(?<=<!-- misses -->\n).*?(?=<!-- end of misses -->)", re.DOTALL)
COUNTED = re.compile(r"(?<=<!-- counted -->\n).*?(?=<!-- end of counted -->)", re.DOTALL)
COLUMNS = (
    *("world", "truth", "n", "k", "sets by", "tests", "data sets", "holds", "refuted", "alone"),
    *("95% interval holds it", "borderline", "contradictory"),
)
HEADER = """\
# Error rates, measured

What `make calibrate` counted; this page is written by it. *Holds* is the share of data sets in which the claim was
shown at .05, alone in its family (with its Monte-Carlo standard error), *refuted* the share in which its opposite was.
Where the truth is "null" or "boundary", either is an error; where it is "true", the first is the power, and where it is
"false", the second. At a "boundary" the estimand is exactly the reference value, found by brute force. Of a family,
*holds* is the share in which any false claim was shown. *Alone* is what each test would have declared by itself. The
goal is .05 and two standard errors in worlds that a test is meant for, and .08 in those that strain it (*stress*); what
misses it is bold.

"""


def draw(found: Table) -> None:
    """Write all that is drawn."""
    for path, text in drawings(found).items():
        write_whole(path, text.encode())


def drawings(found: Table) -> dict[Path, str]:
    """What is drawn into each file: of claims on one model, and of pairs of models."""
    claims = [one for one in found.values() if not one.design.texts]
    changes = [one for one in found.values() if one.design.texts]
    return {
        PAGE: page(claims) + drawn_changes.page(changes),
        STATISTICS: statistics(STATISTICS.read_text("utf-8"), claims),
        GATE: drawn_changes.summary(GATE.read_text("utf-8"), changes),
        CLAIMS: kinds_page(CLAIMS.read_text("utf-8"), claims),
        README: drawn_changes.front(README.read_text("utf-8"), changes),
    }


def page(found: Iterable[Measured]) -> str:
    """The page of all cells, a table for each kind."""
    return HEADER + by_kind(found, COLUMNS, _row, lambda kind: f"`{kind}`")


def _row(one: Measured) -> str:
    low, high = one.design.prompts
    alone = ", ".join(f"{name} {rate(count, one.data_sets)}" for name, count in one.alone.items())
    wrong = bool(one.misses)
    return (
        f"| {one.world}{' (stress)' if one.role == 'stress' else ''} | {one.truth} "
        f"| {low if low == high else f'{low} to {high}'} | {one.design.k or ''} | {one.design.select} "
        f"| {', '.join(one.design.tests)} | {one.data_sets:,} | {_bold(with_error(one.holds, one.data_sets), wrong)} "
        f"| {rate(one.refuted, one.data_sets)} | {alone if len(one.alone) > 1 else ''} "
        f"| {rate(one.covered, one.known) if one.known else ''} "
        f"| {_of_seeds(one, rate(one.borderline, one.data_sets))} | {_of_seeds(one, str(one.contradictory))} |"
    )


def _of_seeds(one: Measured, text: str) -> str:
    # Elsewhere draws are few, and what they leave open is taken as it is.
    return text if one.seeds > 1 else ""


def _bold(text: str, wrong: bool) -> str:
    return f"**{text}**" if wrong else text


def statistics(text: str, found: Iterable[Measured]) -> str:
    """docs/statistics.md, with the cells that miss their goals."""
    if not MISSES.search(text):
        raise ValueError("docs/statistics.md has no room for the cells that miss their goals")
    return MISSES.sub(lambda _: misses(found), text)


def misses(found: Iterable[Measured]) -> str:
    """The cells that miss their goals, a line each; the worst first."""
    found = list(found)
    most = {one.design.kind: 0 for one in found}
    for one in found:
        most[one.design.kind] = max(most[one.design.kind], len(one.design.tests))
    told = [one for one in found if one.data_sets >= FEWEST]
    missing = sorted((one for one in told if one.misses), key=lambda one: -one.errors)
    count = f"{len(missing)} of the {len(told)} cells of which {FEWEST} data sets or more were looked at"
    return (
        "\n".join(
            (f"{count}.", "", *(_missing(one, alone=len(one.design.tests) < most[one.design.kind]) for one in missing))
        ).rstrip()
        + "\n"
    )


def _missing(one: Measured, *, alone: bool) -> str:
    form = f", {one.design.form}" if one.design.form else ""
    # A kind of two tests may be asked to be decided by one of them, which then errs as it does by itself.
    form += f", by the {' and '.join(one.design.tests)} alone" if alone else ""
    strained = ", a world that strains it" if one.role == "stress" else ""
    return (
        f"- `{one.design.kind}`{form}, {one.where()}: {', '.join(one.misses)} ({one.data_sets:,} data sets{strained})"
    )


def kinds_page(text: str, found: Sequence[Measured] | Iterable[Measured]) -> str:
    """docs/claims.md, with its rates."""
    told = list(found)

    def row(match: re.Match[str]) -> str:
        start, kinds, sentence, *_ = match.groups()
        other = next((where for kind, where in ELSEWHERE.items() if f"`{kind}`" in kinds), None)
        error, power = (other, other) if other else in_short(shown_in(kinds, sentence, told))
        return f"{start}| {error} | {power} |"

    return COUNTED.sub(lambda _: counted(told), ROWS.sub(row, text))


def counted(found: Sequence[Measured]) -> str:
    """How much the rates rest on, in a sentence."""
    sets = sum(one.data_sets for one in found)
    missing = sum(bool(one.misses) for one in found)
    many = f"{sets:,} data sets in {len(found)} cells"
    told = sum(one.data_sets >= FEWEST for one in found)
    return (
        f"Errors and power are those of [planted worlds](error-rates.md): {many} so far, of\n"
        f"which the {told} with {FEWEST} or more are told and held against a goal, .05 and two standard errors, or\n"
        f".08 where a world strains the test. {missing} of these"
        " [miss it](statistics.md#cells-that-miss-their-goal).\n"
    )


def shown_in(kinds: str, sentence: str, found: Iterable[Measured]) -> list[Measured]:
    """The cells that a row of the table is about: what stands in brackets need not be said."""
    said = re.sub(r"\[.*?\]", "", sentence)
    form = next((one for one in FORMS if one in said), "")
    return [
        one
        for one in found
        if f"`{one.design.kind}`" in kinds and one.design.form == form
        if one.design.kind != "consistent" or ("permutation" in one.design.tests) == ("against" in said)
    ]


def in_short(cells: Iterable[Measured]) -> tuple[str, str]:
    """Type-I error and power as the table has them.

    The smallest and largest error of simulated reference worlds, by the tests that a claim has if it asks for none, of
    as many prompts as are advised; the power for each way to select.
    """
    own = [one for one in cells if one.role == "reference" and not one.real and one.data_sets >= FEWEST]
    most = max((len(one.design.tests) for one in own), default=0)
    own = [one for one in own if len(one.design.tests) == most and one.design.prompts[0] >= ADVISED]
    several = len({one.design.kind for one in own}) > 1
    errors, power = [], []
    for one in own:
        n, by = one.design.prompts[0], one.design.select
        if one.truth in ("null", "boundary"):
            errors.append(one.holds / one.data_sets)
        elif one.truth == "true" and one.seeds == 1 and not one.design.grouped and n in (ADVISED, SEARCHED):
            words = [f"`{one.design.kind}`"] if several else []
            words += ([by] if by else []) + [f"n = {n}"]
            power.append(f"{_short(one.holds / one.data_sets)} ({', '.join(words)})")
    if not errors:
        return NOTHING, ", ".join(power) or NOTHING
    low, high = _short(min(errors)), _short(max(errors))
    return (low if low == high else f"{low} to {high}"), ", ".join(power) or NOTHING


def _short(value: float) -> str:
    return f"{value:.2f}".removeprefix("0")
