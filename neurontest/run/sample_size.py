"""What a suite's claims can show with the prompts at hand, and how many show an effect that is stated beforehand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from neurontest.claims.base import Claim
from neurontest.errors import NeurontestError
from neurontest.report.text.numbers import distances, quantity, room
from neurontest.run.evaluate import Run
from neurontest.stats.family.correction import thresholds
from neurontest.stats.family.power import MOST, detectable, prompts_needed
from neurontest.types import Evidence

#: Where a claim has no number of prompts, for the reasons that :attr:`neurontest.types.Evidence.spread` names.
_NONE = "not told by these prompts"


@dataclass(frozen=True)
class Planned:
    """One claim's plan, from the traces of its prompts as a pilot.

    Attributes
    ----------
    threshold : float
        The strictest p-value that the family's correction may ask of it; all else is said for that.
    smallest_p : float
        That this design can give; 0 if nothing bounds it.
    prompts : int
        Of its smallest concept.
    """

    claim: Claim
    evidence: Evidence
    threshold: float
    smallest_p: float
    prompts: int

    @property
    def largest(self) -> float:
        """The largest effect that the claim can be about."""
        return room(self.evidence.effect, self.claim.selection.k)

    @property
    def estimated(self) -> bool:
        """Whether the variance that all hangs on is itself an estimate."""
        return self.evidence.spread is not None and not self.evidence.spread.known


def plan_suite(run: Run) -> list[Planned]:
    """Plans of all claims of a suite that are tested; what is not traced yet is traced first.

    Raises
    ------
    NeurontestError
        As :meth:`neurontest.run.evaluate.Run.findings`.
    """
    out = []
    for family in run.suite.families:
        found = run.findings(family)
        grid = thresholds(family.statistics.alpha, len(family.tested), family.statistics.correction)
        for claim in family.tested:
            evidence = found[claim.id].evidence
            smallest = claim.kind.smallest_p(claim)
            out.append(Planned(claim, evidence, min(grid), smallest, min(evidence.prompts.values())))
    return out


def table(plans: Sequence[Planned], effect: float | None = None) -> list[str]:
    """Lines for the terminal: headings, two lines for each claim, and what to know of them.

    Parameters
    ----------
    effect : float or None
        The effect that is worth finding, in each claim's own unit, as a distance from what it is tested against. By
        default the effects that can be detected are shown instead.

    Raises
    ------
    NeurontestError
        If no claim can have such an effect.
    """
    planned = [one for one in plans if one.evidence.spread is not None]
    if effect is not None and planned and all(effect > one.largest for one in planned):
        most = max(planned, key=lambda one: one.largest)
        told = quantity(most.largest, most.evidence.effect.unit)
        raise NeurontestError(f"--effect {effect:g} is more than any claim here can show: at most {told}")
    last = "detectable with n, 2n and 4n prompts" if effect is None else f"prompts for an effect of {effect:g}"
    rows = [("n", "p must reach", "smallest p", last), *(_row(one, effect) for one in plans)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    times = Counter((one.claim.where.file, one.claim.sentence) for one in plans)
    out = [f"  {lines[0]}"]
    for one, line in zip(plans, lines[1:], strict=True):
        # One sentence may be claimed at several settings; then only the id tells which.
        named = times[one.claim.where.file, one.claim.sentence] > 1
        out += [f"{one.claim.where.file}: {one.claim.sentence}" + (f" [{one.claim.id}]" if named else "")]
        out += [f"  {line}"]
    return [*out, *_notes(planned, effect)]


def told(plans: Sequence[Planned], effect: float | None = None) -> list[dict[str, Any]]:
    """The same as plain values, one mapping for each claim; what these prompts do not tell is None."""
    out: list[dict[str, Any]] = []
    for one in plans:
        claim, spread = one.claim, one.evidence.spread
        said: dict[str, Any] = {
            "file": claim.where.file,
            "id": claim.id,
            "claim": claim.sentence,
            "prompts": one.prompts,
            "p_must_reach": one.threshold,
            "smallest_p": one.smallest_p,
            "unit": one.evidence.effect.unit,
            "tested_against": one.evidence.effect.reference,
            "detectable": spread
            and [{"prompts": each.prompts, "effect": each.effect} for each in detectable(spread, one.threshold)],
        }
        if effect is not None:
            needed = prompts_needed(spread, effect, one.threshold) if spread and effect <= one.largest else None
            about = needed and {"about": needed.prompts, "low": needed.low, "high": needed.high}
            said |= {"effect": effect, "prompts_needed": about}
        out.append(said)
    return out


def _row(one: Planned, effect: float | None) -> tuple[str, ...]:
    return (
        str(one.prompts),
        f"{one.threshold:.2g}",
        f"{one.smallest_p:.2g}" if one.smallest_p else "any",
        _shown(one) if effect is None else _needed(one, effect),
    )


def _shown(one: Planned) -> str:
    spread = one.evidence.spread
    if spread is None:
        return _NONE
    effects = [found.effect for found in detectable(spread, one.threshold)]
    return ", ".join(distances(effects, one.evidence.effect, one.claim.selection.k))


def _needed(one: Planned, effect: float) -> str:
    spread, unit = one.evidence.spread, one.evidence.effect.unit
    if spread is None:
        return _NONE
    if effect > one.largest:
        return f"none: at most {quantity(one.largest, unit)}"
    found = prompts_needed(spread, effect, one.threshold)
    if found is None:
        return f"more than {MOST:,} ({unit})"
    between = "" if spread.known else f" ({found.low:,}-{found.high:,})"
    return f"about {found.prompts:,}{between} for {quantity(effect, unit)}"


def _notes(planned: Sequence[Planned], effect: float | None) -> Iterator[str]:
    if not planned:
        return
    yield "n: prompts of the smallest concept; the others and the baseline grow with it."
    yield "Effects count from what a claim is tested against, and show with power 0.8."
    if effect is not None and any(one.estimated for one in planned):
        yield "In parentheses: by the 80% range of the pilot's variance."
    if any(one.estimated and one.evidence.m and one.claim.statistics.m is None for one in planned):
        yield "Overlaps are those of sets from half of the new n prompts (m), and grow with m."
