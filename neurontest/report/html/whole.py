"""Which claims of a large record the page tells whole: of the others it has a line."""

from __future__ import annotations

from collections.abc import Sequence

from neurontest.report.ci.failing import failing
from neurontest.report.html.claims import ClaimView
from neurontest.types import Record

#: Claims that are told whole, and lines of the comparison with a reference: a browser opens a page of so many.
TOLD = 500
#: What needs a reader first: what failed, then what is open, then what holds.
URGENT = ("error", "refuted", "inconclusive", "vacuous", "holds", "skipped", "not evaluated")


def told(record: Record, claims: Sequence[ClaimView], most: int = TOLD) -> frozenset[int]:
    """The numbers of the claims that are told whole: all, or those that failed, do not hold, and hold, in this order.

    Parameters
    ----------
    record : Record
    claims : sequence of ClaimView
        All of the record.
    most : int
    """
    if len(claims) <= most:
        return frozenset(view.number for view in claims)
    worst = {(claim.family, claim.id): at for at, claim in enumerate(failing(record))}

    def rank(view: ClaimView) -> tuple[int, int, int]:
        at = worst.get((view.claim.family, view.claim.id), len(worst))
        return at, URGENT.index(view.counted), view.number

    return frozenset(view.number for view in sorted(claims, key=rank)[:most])
