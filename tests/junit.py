"""What a JUnit file says of its cases: pytest's own has properties, ours a line of output for each."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

_LINE = re.compile(r"\[\[PROPERTY\|([^=]+)=(.*)\]\]")


def case_properties(path: Path) -> dict[str, dict[str, str]]:
    """The properties of each case, by its name."""
    return {case.get("name", ""): _of(case) for case in ET.parse(path).iter("testcase")}  # noqa: S314 - our own


def _of(case: ET.Element) -> dict[str, str]:
    found = {one.get("name", ""): one.get("value", "") for one in case.iter("property")}
    return found | dict(_LINE.findall(case.findtext("system-out") or ""))
