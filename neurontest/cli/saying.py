"""How commands speak: lines for people that no text from elsewhere can steer, JSON for programs, progress."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Sequence
from typing import Any, TextIO

from neurontest.text import wrapped
from neurontest.untrusted import visible


def say(text: str, to: TextIO | None = None) -> None:
    """Print a text, which may hold names and words from elsewhere: none of them steers the terminal."""
    to = sys.stdout if to is None else to
    if to is None:
        return  # the process was started without an output
    said, encoding = visible(text), to.encoding or "utf-8"
    print(said.encode(encoding, "backslashreplace").decode(encoding), file=to)


def warn(text: str) -> None:
    """Say on the error output what a reader of the results should know."""
    say(f"warning: {text}", sys.stderr)


def say_json(value: Any) -> None:
    """Print a value of plain dicts, lists, texts and numbers; characters beyond ASCII are escaped."""
    print(json.dumps(value, indent=2))


def width(to: TextIO | None = None) -> int | None:
    """Columns of the terminal; None where `to`, by default the output, is none, and lines are as long as they are."""
    to = to or sys.stdout
    return shutil.get_terminal_size().columns if to is not None and to.isatty() else None


def fitted(line: str, indent: str = "    ", to: TextIO | None = None) -> str:
    """A line that a terminal's width breaks between words."""
    columns = width(to)
    return line if columns is None else wrapped(line, columns, indent)


def columns(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Lines of a table, the columns numbered in `right` aligned there.

    Parameters
    ----------
    rows : sequence of rows of cells
        All of one length, the headings among them.
    """
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(
            f"{cell:>{wide}}" if at in right else f"{cell:<{wide}}"
            for at, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


class _Teller:
    """Progress on stderr: a line when something begins, and then every few seconds."""

    _EVERY = 5.0

    def __init__(self) -> None:
        self._what, self._told = "", 0.0

    def __call__(self, what: str, done: int, total: int, detail: str) -> None:
        now = time.monotonic()
        if what == self._what and now - self._told < self._EVERY:
            return
        self._what, self._told = what, now
        say(f"{what} {done:,} of {total:,}" + (f", {detail}" if detail else ""), sys.stderr)


#: A :data:`neurontest.types.Progress` on standard error.
tell = _Teller()
