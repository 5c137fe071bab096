"""A claim that stands in no file: stated by a test in Python, read against a suite."""

from __future__ import annotations

import json
from collections.abc import Mapping

from neurontest.claims.base import Claim
from neurontest.claims.suite import Family, Suite
from neurontest.errors import SpecError
from neurontest.settings import SECTIONS, section
from neurontest.spec import rules
from neurontest.spec.claims import Surroundings, read_claim
from neurontest.spec.looks import at_look, look_fault
from neurontest.spec.reading.source import parse
from neurontest.spec.validate import check

#: What such a claim names as its file.
NOWHERE = "(python)"


def claim_from(suite: Suite, said: str | Mapping[str, object]) -> Claim:
    """Read one claim against a suite's concepts and settings; its p-value is not corrected.

    Parameters
    ----------
    said : str or mapping
        As an entry of ``claims:`` in a spec file.

    Raises
    ------
    SpecError
        If it is no valid claim of this suite.
    """
    # JSON is YAML: the claim goes through the same reader, schema and rules as any other.
    document = parse(json.dumps({"claims": [said]}, ensure_ascii=False), NOWHERE)
    check(document, is_suite=False)
    sections = zip(SECTIONS, (suite.generation, suite.selection, suite.statistics), strict=True)
    settings = {one.name: getattr(values, one.key, None) for part, values in sections for one in section(part)}
    # Its test passes or fails before anyone knows what other tests will state, so that nothing can be corrected for.
    settings |= {"correction": "none"}
    around = Surroundings(suite.concepts, tuple(suite.concepts), suite.baseline, (settings,), 0)
    claim = None if document.faults else read_claim(document, 0, NOWHERE, around)
    if claim is not None:
        family = Family(NOWHERE, (claim,), claim.statistics)
        look = look_fault(family)
        family = family if look else at_look(family)
        (claim,) = family.claims
        half_sample = rules.half_sample_fault(claim)
        if claim.generation.replay not in (None, suite.generation.replay):
            document.complain(("claims", 0), "a claim from Python replays what its suite does; say 'replay' there")
        for message in [*rules.claim_faults(claim, family), *filter(None, (half_sample, look))]:
            document.complain(("claims", 0), message)
    if document.faults or claim is None:
        raise SpecError(document.faults)
    return claim
