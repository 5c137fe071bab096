"""The record of a run that found nothing: what was asked, and why there is no answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from neurontest import __version__
from neurontest.claims.suite import Suite
from neurontest.errors import StoreError
from neurontest.run.record.assemble import Outcome, claim_record, make_record, versions
from neurontest.run.record.shown import Shown
from neurontest.types import (
    RECORD_VERSION,
    Generation,
    ModelRecord,
    Record,
    Selection,
    Statistics,
    TraceRecord,
    unnoticed,
)

if TYPE_CHECKING:
    from neurontest.run.traced import Traced


def bare_record(folder: Path, suite: Suite | None, model: str, outcomes: Mapping[str, Outcome]) -> Record:
    """A record without evidence.

    Parameters
    ----------
    folder : Path
        Of the suite.
    suite : Suite or None
        None if it cannot be used.
    model : str
        The name of the model, of which nothing else is known.
    outcomes : mapping from Claim.node to Outcome
        Of the claims that were asked about.
    """
    unknown = ModelRecord(model, "", "", "", "")
    if suite is not None:
        claims = tuple(claim_record(claim, None, outcomes.get(claim.node), model=model) for claim in suite.claims)
        shown = Shown(suite, cast("Traced", _Nothing()), unnoticed)
        return make_record(suite, unknown, TraceRecord(), set(), claims, shown)
    return Record(
        version=RECORD_VERSION,
        neurontest=__version__,
        created=datetime.now(UTC).replace(microsecond=0).isoformat(),
        suite=folder.resolve().name,
        model=unknown,
        versions=versions(),
        seed=Generation().seed,
        generation=Generation(),
        selection=Selection(),
        statistics=Statistics(),
        families=(),
        claims=(),
        concepts=(),
        overlaps=(),
        trace=TraceRecord(),
    )


class _Nothing:
    """What was traced, where nothing was."""

    def read(self, _: Any) -> NoReturn:
        raise StoreError("nothing was traced")

    texts = read

    def was_asked_for(self, *_: Any) -> bool:
        return False

    wrote = was_asked_for
