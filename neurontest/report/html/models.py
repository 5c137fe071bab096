"""Claims by models: several records side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from neurontest.report.html.claims import ClaimView, claim_views, headline
from neurontest.report.html.page import date, draw
from neurontest.report.text import wording
from neurontest.types import Record


@dataclass(frozen=True)
class Column:
    """A record: its model, its page, and its claims by (family, id)."""

    record: Record
    folder: str
    created: str
    counts: list[tuple[str, str, int]]
    claims: dict[tuple[str, str], ClaimView]


@dataclass(frozen=True)
class Line:
    """A claim over all records.

    Attributes
    ----------
    number : int
        From 1, over the whole page.
    cells : tuple of (ClaimView or None, str)
        By column: what that record says of it, and what is otherwise there than in the first that has it.
    agree : bool
        All records that have it come to one verdict.
    """

    number: int
    family: str
    id: str
    sentence: str
    cells: tuple[tuple[ClaimView | None, str], ...]
    agree: bool

    @property
    def words(self) -> str:
        """What a search looks through."""
        return f"{self.sentence} {self.id} {self.family}".lower()


def folders(records: Sequence[Record]) -> tuple[str, ...]:
    """A folder for each record's own page, named after its model."""
    found: dict[str, None] = {}
    for record in records:
        own = re.sub(r"[^\w.-]+", "-", record.model.name).strip(".-") or "model"
        name, times = own, 1
        while name in found:
            times += 1
            name = f"{own}-{times}"
        found[name] = None
    return tuple(found)


def models_page(records: Sequence[Record]) -> str:
    """A page with a row for each claim and a column for each record.

    Each record's own page is taken to lie in its folder of :func:`folders`, as ``report.html``.
    """
    columns = [_column(record, folder) for record, folder in zip(records, folders(records), strict=True)]
    families: dict[str, list[Line]] = {}
    keys = dict.fromkeys(key for column in columns for key in column.claims)
    for number, key in enumerate(keys, start=1):
        families.setdefault(key[0], []).append(_line(number, key, columns))
    agreeing = [line.agree for lines in families.values() for line in lines]
    counts = [("differs", "differ", agreeing.count(False)), ("same", "the same in all", agreeing.count(True))]
    return draw("models.html.jinja", columns=columns, families=families, counts=counts, claims=len(keys))


def _column(record: Record, folder: str) -> Column:
    views = claim_views(record)
    claims: dict[tuple[str, str], ClaimView] = {}
    for view in views:
        claims.setdefault((view.claim.family, view.claim.id), view)
    return Column(record, folder, date(record.created), headline(views), claims)


def _line(number: int, key: tuple[str, str], columns: Sequence[Column]) -> Line:
    views = [column.claims.get(key) for column in columns]
    first = next(view for view in views if view is not None)
    cells = tuple((view, "" if view is None else _otherwise(first, view)) for view in views)
    verdicts = {view.status for view in views if view is not None}
    return Line(number, *key, first.claim.sentence, cells, len(verdicts) == 1)


def _otherwise(first: ClaimView, view: ClaimView) -> str:
    """What makes two verdicts about one id verdicts about two things."""
    if view.claim.sentence != first.claim.sentence:
        return f"says: {view.claim.sentence}"
    own, other = wording.selection(view.claim), wording.selection(first.claim)
    return f"selects: {own}" if own != other else ""
