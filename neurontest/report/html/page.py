"""The page itself: what it is made of, and what its template may ask for."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from neurontest.report.html import figures
from neurontest.report.html.claims import SYMBOLS, WHOLE, claim_views, families, headline
from neurontest.report.html.compared import since_views
from neurontest.report.html.concepts import concept_views
from neurontest.report.html.drifted import BY_MATCH, drift_views
from neurontest.report.html.effects import ROW, forests
from neurontest.report.html.overlaps import depth_views, overlap_views
from neurontest.report.html.whole import TOLD, URGENT, told
from neurontest.report.text import numbers, outcome, standing, wording
from neurontest.report.text.drift import drift_words, match_words
from neurontest.text import plural
from neurontest.types import BASELINE, Generation, Record, Selection, Statistics
from neurontest.untrusted import visible

#: A set of more neurons than this is shown folded.
LONG_SET = 25
#: Of a fingerprint or a hash.
SHORT = 12

_TEMPLATES = Path(__file__).parents[1] / "templates"


def html_report(record: Record) -> str:
    """The record as a self-contained HTML page.

    Every text of the record is escaped, and shown with its control characters made visible. The same record gives the
    same page.
    """
    claims = claim_views(record)
    whole = told(record, claims)
    return draw(
        "report.html.jinja",
        record=record,
        created=date(record.created),
        claims=claims,
        told=whole,
        since={view.number: view for view in since_views(record)},
        drifts=drift_views(record),
        families=families(record, claims),
        counts=headline(claims),
        forests=forests([view for view in claims if view.number in whole]),
        unselected=sum(not view.claim.selected for view in claims),
        dealt=sum(outcome.holds_when_dealt(view.claim) for view in claims),
        twin=sum(outcome.holds_on_twin(view.claim) for view in claims),
        expected=sum(outcome.outcome(view.claim) == "xfailed" for view in claims),
        overlaps=overlap_views(record),
        depths=depth_views(record),
        concepts=concept_views(record),
    )


def draw(template: str, **values: object) -> str:
    """A page from a template, in which every value is escaped."""
    return _environment().get_template(template).render(**values)


def date(created: str) -> str:
    """A record's time as a reader takes it; as it is, if it is none."""
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
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = (_TEMPLATES / "report.js").read_text(encoding="utf-8")
    environment.globals |= {
        # Ours, and the only one that the page's own policy lets run.
        "SCRIPT": Markup(script),  # noqa: S704
        "SCRIPT_HASH": b64encode(sha256(script.encode()).digest()).decode(),
        "ROW": ROW,
        "WHOLE": WHOLE,
        "TOLD": TOLD,
        "RANK": {name: at for at, name in enumerate(URGENT)},
        "BASELINE": BASELINE,
        "BY_MATCH": BY_MATCH,
        "LONG_SET": LONG_SET,
        "NULL_HEIGHT": figures.NULL_HEIGHT,
        "SHORT": SHORT,
        "SYMBOLS": SYMBOLS,
        "POSITIONS": wording.POSITIONS,
        "positions": wording.positions,
        "CORRECTIONS": wording.CORRECTIONS,
        "adjusted_p": wording.adjusted_p,
        "corrected": wording.corrected,
        "drift_words": drift_words,
        "in_common": wording.in_common,
        "match_words": match_words,
        "half_sample": wording.half_sample,
        "label": outcome.label,
        "outcome": outcome.outcome,
        "place": outcome.place,
        "plural": plural,
        "quantity": numbers.quantity,
        "remark": outcome.remark,
        "session": wording.session,
        "is_unstable": standing.is_unstable,
        "standing": standing.standing,
        "settings_of": _settings,
        "vacuous": outcome.vacuous,
        "undecided": outcome.undecided,
        "not_replayed": outcome.not_replayed,
        "detectable": wording.detectable,
        "needed": wording.needed,
        "notes": wording.notes,
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
