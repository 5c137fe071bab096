"""JUnit XML of a record, and the properties that pytest's own ``--junitxml`` shows for a claim.

It keeps to the schema that Jenkins and pytest's tests hold files to (junit-10.xsd), which knows no properties of a test
case: what is found of a claim stands in its ``system-out``, a line a property, in the form that readers of JUnit agree
on for it: ``[[PROPERTY|name=value]]``.
"""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree as ET

from neurontest.report.text.outcome import (
    declared,
    is_vacuous,
    not_replayed,
    outcome,
    place,
    remark,
    undecided,
    vacuous,
)
from neurontest.report.text.since import decisive_p
from neurontest.report.text.standing import is_unstable, standings
from neurontest.report.text.wording import failure_text, headline
from neurontest.types import ClaimRecord, Record
from neurontest.untrusted import visible, visible_line

_COUNTED = {"failed": "failures", "error": "errors", "skipped": "skipped", "xfailed": "skipped"}


def properties(claim: ClaimRecord) -> list[tuple[str, str]]:
    """What was found for a claim, flat: names such as ``neurontest.p_adjusted``, values plain strings.

    Plain strings, since numbers of numpy's types abort a whole xdist session on their way between processes.
    """
    said: dict[str, str | float | None] = {
        "claim": claim.id,
        "family": claim.family,
        "kind": claim.kind,
        "sentence": claim.sentence,
        "where": place(claim),
        "verdict": claim.verdict,
        "alpha": claim.statistics.alpha,
        "correction": "uncorrected" if claim.test else claim.statistics.correction,
    }
    look = claim.statistics.look
    if look is not None:
        said |= {"look": f"{look.number} of {look.of}", "alpha_of_all_looks": look.alpha}
    if claim.evidence is not None:
        found = claim.evidence.effect
        said |= {
            "concepts": ", ".join(claim.evidence.prompts),
            "effect": found.value,
            "effect_name": found.name,
            "effect_unit": found.unit,
            "ci_low": found.interval.low if found.interval else None,
            "ci_high": found.interval.high if found.interval else None,
            "ci_level": found.interval.level if found.interval else None,
            "p_value": claim.evidence.p,
            "p_opposite": claim.evidence.p_opposite,
        }
    if claim.vacuity is not None and claim.verdict == "holds":
        # Of a claim that does not hold nobody asks.
        open_word = "unknown" if not_replayed(claim) else "undecided" if undecided(claim) else "no"
        said |= {"vacuous": "yes" if is_vacuous(claim) else open_word}
        said |= {"not_replayed": not_replayed(claim), "replayed": vacuous(claim) or undecided(claim)}
    if claim.judgement is not None:
        said |= {
            "p_adjusted": claim.judgement.p_adjusted,
            "p_opposite_adjusted": claim.judgement.p_opposite_adjusted,
        }
    if claim.against is not None:
        since = claim.against
        said |= {
            "gate.status": since.status,
            "gate.reason": since.reason,
            "gate.then": since.then_effect.value if since.then_effect else None,
            "gate.change": since.change.value if since.change else None,
            "gate.floor": since.floor.noise if since.floor else None,
            "gate.floor_seed": since.floor.seed if since.floor else None,
            "gate.margin": since.margin,
            "gate.p": decisive_p(since),
            "gate.error_rate": since.error_rate,
        }
    for one in standings(claim):
        if one.words:
            # "9 of 10", beside the counts of verdicts.
            said |= {f"{one.varies}s_stands": f"{one.stands} of {one.of}"}
            said |= {f"{one.varies}s_{name}": one.counts[name] for name in ("holds", "refuted", "inconclusive")}
        said |= {f"{one.varies}s_same": one.same or None, f"{one.varies}s_not_tested": one.untested or None}
        said |= {"unstable": "yes" if is_unstable(claim) else "no"}
    if claim.session is not None:
        said |= {
            "session_verdict": claim.session.name,
            "session_p_adjusted": claim.session.p_adjusted,
            "session_p_opposite_adjusted": claim.session.p_opposite_adjusted,
        }
    return [(f"neurontest.{name}", _plain(value)) for name, value in said.items() if value not in (None, "")]


def junit_xml(record: Record) -> str:
    """The run as JUnit XML: a test suite for each family, a test case for each claim that the run was asked about."""
    root = ET.Element("testsuites", name="neurontest")
    totals: Counter[str] = Counter()
    for family in dict.fromkeys(claim.family for claim in record.claims if claim.selected):
        claims = [claim for claim in record.claims if claim.family == family and claim.selected]
        counts = Counter(_COUNTED.get(outcome(claim), "passed") for claim in claims)
        counts["tests"] = len(claims)
        totals += counts
        suite = ET.SubElement(
            root,
            "testsuite",
            name=visible(f"{record.suite}/{family}"),
            timestamp=visible(record.created),
            time=_seconds(sum(claim.duration for claim in claims)),
        )
        _count(suite, counts)
        for claim in claims:
            suite.append(_case(record, claim))
    if record.errors:
        name, when = visible(record.suite), visible(record.created)
        suite = ET.SubElement(root, "testsuite", name=name, timestamp=when, time="0")
        counts = Counter(tests=len(record.errors), errors=len(record.errors))
        totals += counts
        _count(suite, counts)
        for number, error in enumerate(record.errors, start=1):
            case = ET.SubElement(suite, "testcase", name=f"run-{number}", classname=name, time="0")
            _said(case, "error", "neurontest.error", visible(error), visible(error))
    _count(root, totals)
    del root.attrib["skipped"]
    root.set("time", _seconds(sum(claim.duration for claim in record.claims if claim.selected)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _count(element: ET.Element, counts: Counter[str]) -> None:
    for name in ("tests", "failures", "errors", "skipped"):
        element.set(name, str(counts[name]))


def _case(record: Record, claim: ClaimRecord) -> ET.Element:
    # Readers cut the class name at dots into a tree of packages; the suffix .yaml would become one of its own.
    family = claim.family.removesuffix(".yaml").removesuffix(".yml").replace("/", ".")
    case = ET.Element(
        "testcase",
        name=visible(f"{claim.test}: {claim.id}" if claim.test else claim.id),
        classname=visible(f"{record.suite}.{family}"),
        time=_seconds(claim.duration),
    )
    tested = declared(record, claim)
    line = headline(claim, suite=record.suite, declared=tested)
    text = failure_text(claim, suite=record.suite, model=record.model.name, declared=tested)
    match outcome(claim):
        case "failed":
            kind = claim.verdict if claim.against is None else claim.against.status
            _said(case, "failure", visible(kind), line, text)
        case "error":
            _said(case, "error", "neurontest.error", line, text)
        case "xfailed":
            _said(case, "skipped", "pytest.xfail", visible(remark(claim)), text)
        case "skipped":
            _said(case, "skipped", "pytest.skip", visible(remark(claim)) or line, text)
    lines = (f"[[PROPERTY|{name}={visible_line(value)}]]" for name, value in properties(claim))
    ET.SubElement(case, "system-out").text = "\n".join(lines)
    return case


def _said(case: ET.Element, tag: str, kind: str, message: str, text: str) -> None:
    # Some readers show the message alone, others the text alone: the first line of the text says it again.
    ET.SubElement(case, tag, type=kind, message=message).text = text


def _seconds(duration: float) -> str:
    return f"{max(0.0, duration):.3f}"


def _plain(value: str | float | None) -> str:
    return visible(value) if isinstance(value, str) else format(value, ".6g")
