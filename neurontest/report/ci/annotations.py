"""Annotations of GitHub Actions: workflow commands that mark the lines of claims that failed."""

from __future__ import annotations

from neurontest.report.ci.failing import failing, what
from neurontest.report.text.outcome import declared, place
from neurontest.report.text.wording import headline, one_line
from neurontest.types import Record
from neurontest.untrusted import visible_line

#: GitHub shows ten annotations of a kind for each step; the last says how many more there are.
SHOWN = 9


def marked_lines(record: Record, folder: str) -> list[str]:
    """Lines to print: ``::error file=...,line=...,title=...::...`` for the worst claims, and how many more there are.

    Parameters
    ----------
    record : Record
    folder : str
        The suite's folder, as seen from the root of the repository.
    """
    lines = [f"::error title={_property(record.suite)}::{_data(visible_line(error))}" for error in record.errors]
    for claim in failing(record):
        line = headline(claim, suite=record.suite, declared=declared(record, claim))
        file = claim.where.file if claim.test else "/".join(filter(None, (folder.strip("/"), claim.where.file)))
        title = one_line(f"{what(claim)}: {claim.sentence}")
        lines.append(f"::error file={_property(file)},line={claim.where.line},title={_property(title)}::{_data(line)}")
    more = len(lines) - SHOWN
    if more > 0:
        where = ", ".join(place(claim) for claim in failing(record)[-more:][:3])
        lines = [*lines[:SHOWN], f"::error title={_property(record.suite)}::and {more} more: {_data(where)}, ..."]
    return lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible_line(text)).replace(":", "%3A").replace(",", "%2C")
