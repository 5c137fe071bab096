"""Changes that somebody has accepted: who reads a reference sees what was waived, why, and till when."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from neurontest.errors import RecordError
from neurontest.files import UnreadableError, read_regular, write_whole
from neurontest.text import quoted

FILE = "accepted.yaml"
_MOST = 10_000_000
_KEYS = ("claim", "reason", "until", "on")
_HEAD = "# Changes against this reference that were accepted. Written by 'neurontest accept'; it may be edited.\n"


@dataclass(frozen=True)
class Acceptance:
    """A claim whose change was accepted.

    Attributes
    ----------
    claim : str
        ``file::id``.
    reason : str
    until : date or None
        The last day on which it counts; None for good.
    on : date or None
        When it was accepted.
    """

    claim: str
    reason: str
    until: date | None = None
    on: date | None = None

    def holds(self, today: date) -> bool:
        """Whether it has not expired."""
        return self.until is None or today <= self.until


def read_accepted(reference: Path) -> tuple[Acceptance, ...]:
    """What was accepted against a reference; nothing if it has no such file.

    Raises
    ------
    RecordError
        If the file cannot be read, or says something else than acceptances.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    path = reference / FILE
    if not path.exists():
        return ()
    try:
        found = YAML(typ="safe", pure=True).load(read_regular(path, _MOST).decode())
    except (UnreadableError, UnicodeDecodeError) as error:
        raise RecordError(f"{path} {error}") from error
    except (YAMLError, RecursionError) as error:
        raise RecordError(f"{path} is no valid YAML: {' '.join(str(error).split())[:200]}") from error
    items = found.get("accepted") if isinstance(found, dict) else None
    if not isinstance(items, list):
        raise RecordError(f"{path} must hold 'accepted:', a list of claims with their reasons")
    return tuple(_acceptance(path, number, item) for number, item in enumerate(items, start=1))


def write_accepted(reference: Path, accepted: Sequence[Acceptance]) -> None:
    """Write what was accepted, one entry a claim: the last one counts.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    from ruamel.yaml import YAML

    latest = {one.claim: one for one in accepted}
    items = [{name: value for name, value in asdict(one).items() if value is not None} for one in latest.values()]
    yaml, out = YAML(typ="safe", pure=True), io.StringIO()
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.allow_unicode = True
    yaml.dump({"accepted": items}, out)
    write_whole(reference / FILE, (_HEAD + out.getvalue()).encode())


def _acceptance(path: Path, number: int, item: Any) -> Acceptance:
    where = f"{path}: entry {number}"
    if not isinstance(item, dict):
        raise RecordError(f"{where} must be a mapping with 'claim' and 'reason'")
    unknown = [name for name in item if name not in _KEYS]
    if unknown:
        raise RecordError(f"{where} has an unknown key {quoted(str(unknown[0]))}; there are {', '.join(_KEYS)}")
    for name in ("claim", "reason"):
        if not isinstance(item.get(name), str) or not item[name].strip():
            raise RecordError(f"{where} needs {name!r}, a text")
    for name in ("until", "on"):
        if not isinstance(item.get(name), (date, type(None))):
            raise RecordError(f"{where}: {name!r} must be a date such as 2027-03-31")
    if not re.fullmatch(r"[^:]+\.yaml::[a-z0-9._-]+", item["claim"]):
        raise RecordError(f"{where}: {quoted(item['claim'])} names no claim; say FILE.yaml::ID")
    return Acceptance(item["claim"], item["reason"], item.get("until"), item.get("on"))
