"""The processor that numbers were computed on: another one rounds otherwise."""

from __future__ import annotations

import platform
import re
from functools import cache
from pathlib import Path

_TOLD = Path("/proc/cpuinfo")
_NAME = re.compile(r"^(?:model name|Model|Hardware)\s*:\s*(.+)$", re.MULTILINE)


@cache
def processor() -> str:
    """Its name, such as ``AMD EPYC 7763 64-Core Processor``; where the system does not tell, that of its kind."""
    try:
        found = _NAME.search(_TOLD.read_text("utf-8", "replace"))
    except OSError:
        found = None
    return " ".join(found[1].split()) if found else platform.processor() or platform.machine()
