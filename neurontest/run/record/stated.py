"""Claims that tests in Python stated: each test has passed or failed by itself; here they are corrected together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from neurontest.claims.base import Claim
from neurontest.claims.suite import Family
from neurontest.errors import NeurontestError
from neurontest.run.cache import substance
from neurontest.run.record.assemble import Outcome, claim_record
from neurontest.spec.looks import at_look
from neurontest.types import ClaimRecord, FamilyRecord, Finding, Location, Notice, Statistics

Check = Callable[[str | Mapping[str, object]], tuple[Claim, Finding]]


@dataclass(frozen=True)
class Stated:
    """A claim that a test in Python stated.

    Attributes
    ----------
    claim : str or mapping
        As the test said it.
    test : str
        The test's node id.
    where : Location
        The test; its file is relative to pytest's rootdir.
    outcome : str
        What pytest made of the test.
    """

    claim: str | Mapping[str, object]
    test: str
    where: Location
    outcome: str


def stated_records(
    stated: Sequence[Stated], check: Check, statistics: Statistics, notice: Notice, *, model: str
) -> tuple[tuple[ClaimRecord, ...], FamilyRecord | None]:
    """The claims as the record holds them, and the family in which they are corrected; None if there are none.

    Two tests that state the same count once: it is one hypothesis.

    Parameters
    ----------
    check : callable
        Gives a claim and what was found of it.
    statistics : Statistics
        Of the suite: the correction and its level, of which a look may spend its part alone.
    """
    found: list[tuple[Stated, Claim, Finding, bytes]] = []
    for one in stated:
        try:
            claim, finding = check(one.claim)
        except NeurontestError as error:
            notice(f"what {one.test} stated is not in this report: {error}")
            continue
        found.append((one, claim, finding, msgspec.json.encode(substance(claim), order="deterministic")))
    if not found:
        return (), None
    from neurontest.verdict import judge

    names = {said: f"{number}" for number, said in enumerate(dict.fromkeys(said for *_, said in found))}
    claims = {names[said]: replace(claim, id=names[said]) for _, claim, _, said in found}
    # Claims at several looks are held to what the earliest of them may spend, which is the least.
    earliest_first = sorted(
        claims.values(), key=lambda claim: claim.statistics.look.number if claim.statistics.look else 0
    )
    family = at_look(Family(found[0][1].where.file, tuple(earliest_first), statistics))
    verdicts = judge(family, {names[said]: finding.evidence for _, _, finding, said in found})
    records = tuple(
        replace(
            claim_record(claim, finding, Outcome(_outcome(one, finding)), model=model),
            where=one.where,
            test=one.test,
            session=None if statistics.correction == "none" else verdicts[names[said]],
        )
        for one, claim, finding, said in found
    )
    return records, FamilyRecord(
        family.file,
        family.statistics.alpha,
        statistics.correction,
        len(claims),
        evaluated=True,
        look=family.statistics.look,
    )


def _outcome(one: Stated, finding: Finding) -> str:
    """What pytest made of the claim: of one that holds the test may have failed for another reason."""
    if finding.verdict.name == "holds":
        return "passed"
    return one.outcome if one.outcome in ("passed", "skipped", "xfailed", "xpassed") else "failed"
