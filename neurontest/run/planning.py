"""What a suite's claims can show with the prompts at hand, and how many they would take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from neurontest.claims import kind_named
from neurontest.run.evaluate import Run
from neurontest.stats.correction import thresholds
from neurontest.types import Claim, Evidence


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
            smallest = kind_named(claim.kind).smallest_p(claim)
            out.append(Planned(claim, evidence, min(grid), smallest, min(evidence.prompts.values())))
    return out


def table(plans: list[Planned]) -> list[str]:
    """Lines of a table for the terminal, the headings first."""
    times = Counter((one.claim.where.file, one.claim.sentence) for one in plans)
    head = ("claim", "effect", "p must reach", "smallest p", "prompts", "power now", "for 0.8", "for 0.95")
    rows = [head, *(_row(one, times[one.claim.where.file, one.claim.sentence] > 1) for one in plans)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(one: Planned, named: bool) -> tuple[str, ...]:
    found = one.evidence
    effect = f"{found.effect.value:+.2f} {found.effect.unit}".strip()
    return (
        # One sentence may be claimed at several settings; then only the id tells which.
        f"{one.claim.where.file}: {one.claim.sentence}" + (f" [{one.claim.id}]" if named else ""),
        effect,
        f"{one.threshold:.2g}",
        f"{one.smallest_p:.2g}" if one.smallest_p else "any",
        str(one.prompts),
        "?" if found.power is None else f"{found.power:.2f}",
        _prompts(found.needed),
        _prompts(found.needed_95),
    )


def _prompts(number: int | None) -> str:
    return "points the other way" if number is None else f"{number:,}"
