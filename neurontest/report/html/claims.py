"""Claims as the page shows them: with their place, their plain sentence and their figures."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import zip_longest

from neurontest.report.html import figures
from neurontest.report.html.again import anchors, command, spec_line
from neurontest.report.plain import Plain, plain
from neurontest.report.plain.amounts import possible
from neurontest.report.text import outcome, wording
from neurontest.types import ClaimRecord, Estimate, FamilyRecord, KeyResult, NullSummary, Record

SYMBOLS = {
    "holds": "✓",
    "vacuous": "∅",
    "refuted": "✗",
    "inconclusive": "?",
    "skipped": "–",
    "not evaluated": "○",
    "error": "!",
}

#: Of a claim about every two of many concepts: marks that are drawn, and other numbers that are listed.
MARKS, DETAILS = 30, 100
#: Of more claims than this each has its effect drawn, a few other numbers, and no null distributions.
WHOLE = 200


@dataclass(frozen=True)
class ClaimView:
    """A claim with its place in the report and its figures.

    Attributes
    ----------
    number : int
        From 1, over the whole report.
    anchor : str
        Where the page has it.
    status : str
        Decides symbol and colour.
    counted : str
        As what the headline counts it: its status, or ``vacuous`` of one that holds and says nothing.
    plain : Plain
        What came out, in a sentence that takes no statistics.
    overview : IntervalMark or None
        On the scale that all effects of the same unit and k share.
    marks : tuple of IntervalMark
        The effect, then the details of the same unit that have intervals, on `scale`; the first of many.
    details : tuple of Estimate
        The other numbers, the first of many.
    keys : tuple of (KeyResult, NullSummary or None, NullFigure or None)
    spec, command : str
        Its line of a spec, and what runs it again.
    """

    number: int
    anchor: str
    claim: ClaimRecord
    status: str
    counted: str
    declared: int
    plain: Plain
    spec: str
    command: str
    overview: figures.IntervalMark | None = None
    overview_scale: figures.Scale | None = None
    scale: figures.Scale | None = None
    marks: tuple[figures.IntervalMark, ...] = ()
    details: tuple[Estimate, ...] = ()
    keys: tuple[tuple[KeyResult, NullSummary | None, figures.NullFigure | None], ...] = ()

    @property
    def id_is_sentence(self) -> bool:
        """The id is the sentence once more, or its beginning."""
        return re.sub(r"[^a-z0-9]+", "-", self.claim.sentence.lower()).startswith(self.claim.id)

    @property
    def kind_and_tags(self) -> str:
        """What a search looks through beside what stands in the claim's line."""
        return " ".join((self.claim.kind, *self.claim.tags)).lower()

    @property
    def words(self) -> str:
        """What a search looks through."""
        one = self.claim
        return " ".join((one.sentence, one.id, one.family, one.kind, *one.tags, outcome.label(one))).lower()


def claim_views(record: Record) -> list[ClaimView]:
    """All claims of a record, in its order."""
    claims = [within_range(claim) for claim in record.claims]
    groups: dict[tuple[str, int], list[float]] = {}
    for claim in claims:
        if claim.evidence is not None:
            groups.setdefault(_group(claim, claim.evidence.effect), []).extend(figures.extent(claim.evidence.effect))
    shared = {group: figures.scale(values, marks=4) for group, values in groups.items()}
    names = anchors(claims)
    return [
        _view(record, number, name, claim, shared)
        for number, (name, claim) in enumerate(zip(names, claims, strict=True), start=1)
    ]


def within_range(claim: ClaimRecord) -> ClaimRecord:
    """The claim with every interval cut to what its number can be at all."""
    found = claim.evidence
    if found is None:
        return claim
    cut = replace(
        found,
        effect=possible(claim, found.effect),
        details=tuple(possible(claim, one) for one in found.details),
    )
    return replace(claim, evidence=cut)


def _group(claim: ClaimRecord, estimate: Estimate) -> tuple[str, int]:
    # A share is a share at every k; a count of neurons means something beside counts at the same k only.
    return estimate.unit, 0 if estimate.unit == "share" else claim.selection.k


def _view(
    record: Record, number: int, anchor: str, claim: ClaimRecord, shared: dict[tuple[str, int], figures.Scale]
) -> ClaimView:
    status = outcome.status(claim)
    view = ClaimView(
        number=number,
        anchor=anchor,
        claim=claim,
        status=status,
        counted="vacuous" if status == "holds" and outcome.is_vacuous(claim) else status,
        declared=outcome.declared(record, claim),
        plain=plain(claim),
        spec=spec_line(record, claim),
        command=command(record, claim),
    )
    if claim.evidence is None:
        return view
    found = claim.evidence
    whole = len(record.claims) <= WHOLE
    overview = shared[_group(claim, found.effect)]
    shown = [
        found.effect,
        *(detail for detail in found.details if detail.interval and detail.unit == found.effect.unit),
    ][: MARKS if whole else 1]
    on = figures.scale([value for estimate in shown for value in figures.extent(estimate)])
    # What refutes a claim is the other tail.
    nulls = [(null, figures.null_figure(null, lower=status == "refuted")) for null in found.nulls if whole]
    return replace(
        view,
        overview=figures.interval_mark(found.effect, overview),
        overview_scale=overview,
        scale=on,
        marks=tuple(figures.interval_mark(estimate, on) for estimate in shown),
        details=found.details[: DETAILS if whole else DETAILS // 10],
        keys=tuple(
            (key, *null) for key, null in zip_longest(found.keys, nulls[: len(found.keys)], fillvalue=(None, None))
        ),
    )


def families(record: Record, claims: list[ClaimView]) -> list[tuple[str, FamilyRecord | None, str, list[ClaimView]]]:
    """The claims by family, with what they select in common; one that the record does not describe is shown as well."""
    known = {family.file: family for family in record.families}
    grouped: dict[str, list[ClaimView]] = {}
    for view in claims:
        grouped.setdefault(view.claim.family, []).append(view)
    return [
        (name, known.get(name), wording.common_selection([view.claim for view in views]), views)
        for name, views in grouped.items()
    ]


def headline(claims: list[ClaimView]) -> list[tuple[str, str, int]]:
    """What the page counts: class, words and number; what holds and says nothing is counted apart."""
    found = Counter(view.counted for view in claims)
    words = {"vacuous": "holds, vacuously" if found["vacuous"] == 1 else "hold, vacuously"}
    words["holds"] = "holds" if found["holds"] == 1 else "hold"
    return [(name, words.get(name, name), found[name]) for name in SYMBOLS if found[name]]
