"""How a reader comes back to a claim: its anchor in the page, its line of a spec, and the command that runs it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from dataclasses import asdict

from neurontest.types import ClaimRecord, Record, Selection, Statistics
from neurontest.untrusted import visible_line

#: A scalar that YAML reads as the text it is.
_PLAIN = re.compile(r"[A-Za-z][\w ,.%()+'-]*[\w%)\]]")


def anchors(claims: Iterable[ClaimRecord]) -> tuple[str, ...]:
    """An anchor for each claim, such as ``powered.hanoi-vietnam``: the same for as long as file and id are."""
    found: dict[str, None] = {}
    for claim in claims:
        file = claim.family.removesuffix(".yaml").removesuffix(".yml")
        # The point keeps it from being the name of a section.
        own = re.sub(r"[^\w.-]+", "-", f"{file}.{claim.id}")
        name, times = own, 1
        while name in found:
            times += 1
            name = f"{own}-{times}"
        found[name] = None
    return tuple(found)


def command(record: Record, claim: ClaimRecord) -> str:
    """What runs the claim again, as a shell takes it."""
    if claim.test:
        return f"pytest {_quoted(claim.test)}"
    node = f"{record.suite}/{claim.where.file}::{claim.id}"
    return f"pytest --concept-specs {_quoted(record.suite)} {_quoted(node)}"


def spec_line(record: Record, claim: ClaimRecord) -> str:
    """The claim as a list item of a spec's ``claims:``, with the settings that are other than the suite's."""
    own = {
        name: settings
        for name, settings in (
            ("neurons", _other(claim.selection, record.selection)),
            ("statistics", _other(claim.statistics, record.statistics)),
        )
        if settings
    }
    if not own:
        return f"- {_scalar(claim.sentence)}"
    lines = [f"- claim: {_scalar(claim.sentence)}"]
    for name, settings in own.items():
        inside = ", ".join(f"{key}: {_value(value)}" for key, value in settings.items())
        lines.append(f"  {name}: {{{inside}}}")
    return "\n".join(lines)


def _other(chosen: Selection | Statistics, suite: Selection | Statistics) -> dict[str, object]:
    common = asdict(suite)
    # A look is what a run came to, and no setting.
    return {
        name: value
        for name, value in asdict(chosen).items()
        if name != "look" and value != common[name] and value is not None
    }


def _value(value: object) -> str:
    return _scalar(value) if isinstance(value, str) else json.dumps(value)


def _scalar(words: str) -> str:
    return words if _PLAIN.fullmatch(words) else json.dumps(words, ensure_ascii=False)


def _quoted(words: str) -> str:
    return shlex.quote(visible_line(words))
