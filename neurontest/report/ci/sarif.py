"""A run as SARIF 2.1.0 (OASIS): claims that did not pass as results, for code scanning and editors that read it."""

from __future__ import annotations

import json

from neurontest import __version__
from neurontest.report.ci.failing import failing, what
from neurontest.report.text.outcome import declared, outcome
from neurontest.report.text.wording import headline
from neurontest.types import ClaimRecord, Record
from neurontest.untrusted import visible, visible_line

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
#: Results that GitHub takes of a run.
MOST = 5000


def sarif(record: Record, folder: str = "") -> str:
    """The log; the rules are the kinds of claims.

    Parameters
    ----------
    record : Record
    folder : str
        The suite's folder, as seen from the root of the repository.
    """
    failed = failing(record)
    expected = [claim for claim in record.claims if claim.selected and outcome(claim) == "xfailed"]
    results = [_result(record, claim, folder, "error") for claim in failed]
    results += [_result(record, claim, folder, "note") for claim in expected]
    rules = dict.fromkeys(claim.kind for claim in (*failed, *expected))
    faults = [{"level": "error", "message": {"text": visible(error)}} for error in record.errors]
    more = len(results) - MOST
    cut = f"{more:,} more results are left out: services take {MOST:,} of a run"
    told = [*faults, {"level": "note", "message": {"text": cut}}] if more > 0 else faults
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "neurontest",
                        "version": __version__,
                        "rules": [{"id": kind, "name": kind} for kind in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": not faults, "toolExecutionNotifications": told}],
                "results": results[:MOST],
            }
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _result(record: Record, claim: ClaimRecord, folder: str, level: str) -> dict[str, object]:
    file = claim.where.file if claim.test else "/".join(filter(None, (folder.strip("/"), claim.where.file)))
    found: dict[str, object] = {
        "ruleId": claim.kind,
        "level": "warning" if level == "error" and what(claim) in ("inconclusive", "undecided") else level,
        "message": {"text": headline(claim, suite=record.suite, declared=declared(record, claim))},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(file)},
                    "region": {"startLine": max(1, claim.where.line), "startColumn": max(1, claim.where.column)},
                }
            }
        ],
        # Of the claim, wherever its line has moved to.
        "partialFingerprints": {"claim/v1": visible_line(f"{claim.family}::{claim.id}")},
    }
    if level == "note":
        found["suppressions"] = [{"kind": "inSource", "justification": visible_line(claim.xfail or "expected")}]
    return found


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(visible_line(path), safe="/")
