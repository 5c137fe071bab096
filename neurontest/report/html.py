"""``report.html``: a record as one page, readable without scripts and without a network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import zip_longest
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from neurontest.report import figures, numbers, outcome, standing, text
from neurontest.report.compared import since_views
from neurontest.report.drift import drift_words, match_words
from neurontest.report.drifted import BY_MATCH, drift_views
from neurontest.types import (
    BASELINE,
    ClaimRecord,
    ConceptRecord,
    Continuation,
    Estimate,
    FamilyRecord,
    Generation,
    KeyResult,
    NeuronSet,
    NullSummary,
    OverlapMatrix,
    Record,
    Selection,
    Statistics,
)
from neurontest.untrusted import visible

SYMBOLS = {"holds": "✓", "refuted": "✗", "inconclusive": "?", "skipped": "–", "not evaluated": "○", "error": "!"}
#: A set of more neurons than this is shown folded.
LONG_SET = 25
#: Of a fingerprint or a hash.
SHORT = 12


@dataclass(frozen=True)
class ClaimView:
    """A claim with its place in the report and its figures.

    Attributes
    ----------
    number : int
        From 1, over the whole report.
    status : str
        Decides symbol and colour.
    overview : IntervalMark or None
        On the scale that all effects of the same unit and k share.
    marks : tuple of IntervalMark
        The effect, then the details of the same unit that have intervals, on `scale`.
    keys : tuple of (KeyResult, NullSummary or None, NullFigure or None)
    """

    number: int
    claim: ClaimRecord
    status: str
    declared: int
    overview: figures.IntervalMark | None
    overview_scale: figures.Scale | None
    scale: figures.Scale | None
    marks: tuple[figures.IntervalMark, ...]
    keys: tuple[tuple[KeyResult, NullSummary | None, figures.NullFigure | None], ...]


@dataclass(frozen=True)
class OverlapView:
    """The matrices of one setting, to be read side by side: raw and normalized, last and generated."""

    setting: str
    panels: tuple[tuple[OverlapMatrix, figures.Heatmap], ...]


@dataclass(frozen=True)
class ConceptView:
    """A concept with what the model wrote to each of its prompts.

    Attributes
    ----------
    sets : tuple of tuples of NeuronSet
        Those that differ in their positions alone are together, the last token first: to be read side by side.
    texts : tuple of (prompt, group, continuations)
        The group is empty if a prompt has none but its own.
    """

    concept: ConceptRecord
    title: str
    sets: tuple[tuple[NeuronSet, ...], ...]
    texts: tuple[tuple[str, str, tuple[Continuation, ...]], ...]


def html_report(record: Record) -> str:
    """The record as a self-contained HTML page.

    Every text of the record is escaped, and shown with its control characters made visible. The same record gives the
    same page.
    """
    claims = _claims(record)
    statuses = [view.status for view in claims]
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            record=record,
            created=_date(record.created),
            claims=claims,
            since={view.number: view for view in since_views(record)},
            drifts=drift_views(record),
            families=_families(record, claims),
            counts=[(name, statuses.count(name)) for name in SYMBOLS if name in statuses],
            unselected=sum(not view.claim.selected for view in claims),
            dealt=sum(outcome.holds_when_dealt(view.claim) for view in claims),
            twin=sum(outcome.holds_on_twin(view.claim) for view in claims),
            expected=sum(outcome.outcome(view.claim) == "xfailed" for view in claims),
            overlaps=_overlaps(record),
            concepts=[_concept(concept) for concept in record.concepts],
        )
    )


def _families(record: Record, claims: list[ClaimView]) -> list[tuple[str, FamilyRecord | None, str, list[ClaimView]]]:
    """The claims by family, with what they select in common; one that the record does not describe is shown as well."""
    known = {family.file: family for family in record.families}
    grouped: dict[str, list[ClaimView]] = {}
    for view in claims:
        grouped.setdefault(view.claim.family, []).append(view)
    return [
        (name, known.get(name), text.common_selection([view.claim for view in views]), views)
        for name, views in grouped.items()
    ]


def _claims(record: Record) -> list[ClaimView]:
    groups: dict[tuple[str, int], list[float]] = {}
    for claim in record.claims:
        if claim.evidence is not None:
            groups.setdefault(_group(claim, claim.evidence.effect), []).extend(figures.extent(claim.evidence.effect))
    shared = {group: figures.scale(values, marks=4) for group, values in groups.items()}
    return [_claim(record, number, claim, shared) for number, claim in enumerate(record.claims, start=1)]


def _group(claim: ClaimRecord, estimate: Estimate) -> tuple[str, int]:
    # A share is a share at every k; a count of neurons means something beside counts at the same k only.
    return estimate.unit, 0 if estimate.unit == "share" else claim.selection.k


def _claim(record: Record, number: int, claim: ClaimRecord, shared: dict[tuple[str, int], figures.Scale]) -> ClaimView:
    status, declared = outcome.status(claim), outcome.declared(record, claim)
    if claim.evidence is None:
        return ClaimView(number, claim, status, declared, None, None, None, (), ())
    found = claim.evidence
    overview = shared[_group(claim, found.effect)]
    shown = [
        found.effect,
        *(detail for detail in found.details if detail.interval and detail.unit == found.effect.unit),
    ]
    on = figures.scale([value for estimate in shown for value in figures.extent(estimate)])
    # What refutes a claim is the other tail.
    nulls = [(null, figures.null_figure(null, lower=status == "refuted")) for null in found.nulls]
    return ClaimView(
        number=number,
        claim=claim,
        status=status,
        declared=declared,
        overview=figures.interval_mark(found.effect, overview),
        overview_scale=overview,
        scale=on,
        marks=tuple(figures.interval_mark(estimate, on) for estimate in shown),
        keys=tuple(
            (key, *null) for key, null in zip_longest(found.keys, nulls[: len(found.keys)], fillvalue=(None, None))
        ),
    )


def _overlaps(record: Record) -> list[OverlapView]:
    groups: dict[tuple[tuple[str, str | int], ...], list[OverlapMatrix]] = {}
    for matrix in record.overlaps:
        groups.setdefault(tuple(matrix.setting.items()), []).append(matrix)
    views = []
    for setting, matrices in groups.items():
        # Rows of the grid are positions, columns kinds: raw stands beside normalized, last above generated.
        matrices.sort(key=lambda matrix: (matrix.positions != "last", matrix.positions, matrix.kind != "raw"))
        darkest = max((count for matrix in matrices for row in matrix.counts for count in row), default=0.0)
        words = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in setting)
        views.append(OverlapView(words, tuple((matrix, figures.heatmap(matrix, darkest)) for matrix in matrices)))
    return views


def _concept(concept: ConceptRecord) -> ConceptView:
    written: dict[str, list[Continuation]] = {prompt: [] for prompt in concept.prompts}
    for continuation in concept.continuations:
        written.setdefault(continuation.prompt, []).append(continuation)
    own = zip(concept.prompts, concept.groups, strict=False)
    groups = {prompt: group for prompt, group in own if not group.startswith("(")}
    rows: dict[NeuronSet, list[NeuronSet]] = {}
    for found in concept.sets:
        rows.setdefault(replace(found, positions="", prompts=0, neurons=()), []).append(found)
    for row in rows.values():
        row.sort(key=lambda found: (found.positions != "last", found.positions))
    title = "baseline" if concept.name == BASELINE else concept.name
    return ConceptView(
        concept,
        title,
        tuple(map(tuple, rows.values())),
        tuple((prompt, groups.get(prompt, ""), tuple(texts)) for prompt, texts in written.items()),
    )


def _date(created: str) -> str:
    try:
        moment = datetime.fromisoformat(created)
    except ValueError:
        return created
    return f"{moment:%Y-%m-%d, %H:%M} UTC"


def _shown(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _minus(words: str) -> str:
    """Numbers with a real minus sign, which is as wide as the plus."""
    return words.replace("-", "−")


def _settings(chosen: Generation | Selection | Statistics) -> dict[str, object]:
    """The settings that say something, by name: of texts that are given, few do."""
    given = isinstance(chosen, Generation) and chosen.replay is not None
    # The texts have a seed as well, and stand beside the tests.
    own = {"seed": "statistics seed"} if isinstance(chosen, Statistics) else {}
    return {
        own.get(name, name).replace("_", " "): ", ".join(map(str, value)) if isinstance(value, tuple) else value
        for name, value in vars(chosen).items()
        if value is not None and name != "look" and not (given and name not in ("replay", "format", "seed"))
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "BASELINE": BASELINE,
        "BY_MATCH": BY_MATCH,
        "LONG_SET": LONG_SET,
        "NULL_HEIGHT": figures.NULL_HEIGHT,
        "SHORT": SHORT,
        "SYMBOLS": SYMBOLS,
        "POSITIONS": text.POSITIONS,
        "positions": text.positions,
        "CORRECTIONS": text.CORRECTIONS,
        "adjusted_p": text.adjusted_p,
        "corrected": text.corrected,
        "drift_words": drift_words,
        "in_common": text.in_common,
        "match_words": match_words,
        "half_sample": text.half_sample,
        "label": outcome.label,
        "outcome": outcome.outcome,
        "place": outcome.place,
        "plural": numbers.plural,
        "quantity": numbers.quantity,
        "remark": outcome.remark,
        "session": text.session,
        "is_unstable": standing.is_unstable,
        "standing": standing.standing,
        "settings_of": _settings,
        "vacuous": outcome.vacuous,
        "undecided": outcome.undecided,
        "not_replayed": outcome.not_replayed,
        "detectable": text.detectable,
        "needed": text.needed,
        "notes": text.notes,
    }
    environment.filters |= {
        "bounds": numbers.bounds,
        "effect": numbers.effect,
        "level": numbers.level,
        "minus": _minus,
        "number": numbers.number,
        "p_value": numbers.p_value,
        "statistic": numbers.statistic,
    }
    return environment
