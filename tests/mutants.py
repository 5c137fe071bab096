"""What `make mutants` has found so far: of how many small changes of a module a test fails, and of which none does."""

from __future__ import annotations

import fnmatch
import json
import sys
from collections import Counter
from pathlib import Path

FOLDER = Path("mutants")
#: Exit statuses of a run that no test fails in, and of one without tests (pytest's, and mutmut's).
LIVING = (0, 5, 33)


def found(patterns: list[str]) -> dict[str, dict[str, int | None]]:
    """Exit statuses of the tests by module and mutant; None of those that were not run yet."""
    out = {}
    for path in sorted(FOLDER.rglob("*.py.meta")):
        told = json.loads(path.read_text())["exit_code_by_key"]
        own = {name: status for name, status in told.items() if _is_asked(name, patterns)}
        if own:
            out[str(path.relative_to(FOLDER)).removesuffix(".meta")] = own
    return out


def _is_asked(name: str, patterns: list[str]) -> bool:
    return not patterns or any(fnmatch.fnmatch(name, one) for one in patterns)


def told(patterns: list[str]) -> list[str]:
    """Lines to be shown."""
    lines: list[str] = []
    total: Counter[str] = Counter()
    survivors: list[str] = []
    for module, own in found(patterns).items():
        run = {name: status for name, status in own.items() if status is not None}
        living = [name for name, status in run.items() if status in LIVING]
        survivors += living
        total.update(run=len(run), all=len(own), living=len(living))
        if run:
            lines.append(_line(module, len(run), len(own), len(living)))
    if survivors:
        lines += ["", "No test fails of these; `mutmut show NAME` shows one:", *survivors, ""]
    return [*lines, _line("all", total["run"], total["all"], total["living"])]


def _line(what: str, run: int, count: int, living: int) -> str:
    score = f"{100 * (run - living) / run:.1f}%" if run else "-"
    return f"{what:42} {score:>6}  {run - living} of {run} killed" + (f"; {count - run} not run" if run < count else "")


if __name__ == "__main__":
    print("\n".join(told(sys.argv[1:])))  # noqa: T201
