"""Every error that neurontest raises on purpose.

* NeurontestError
    * SpecError            a spec says something that cannot be carried out; carries every fault of the files read
    * ModelError           a model cannot be found, fetched, checked or loaded
    * TraceError           tracing failed: a prompt, a module or an activation is at fault
    * StoreError           the cache holds something that cannot be read or written
    * EvidenceError        the traces at hand cannot answer the claim
    * RecordError          a record cannot be read: wrong version, not a record
    * ForeignError         something else went wrong: in a library, in a model's code, or in this program

An error's text is one or more plain sentences that name the file, prompt, module or setting at fault and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from neurontest.untrusted import visible, visible_line

#: Faults that are shown at most: who mends a hundred looks again.
SHOWN = 100
#: Characters of a fault that are shown at most.
_LONGEST = 4_000


class NeurontestError(Exception):
    """Base class: catch it to catch everything neurontest raises on purpose.

    Its text may quote a prompt, a file or what a library said of one; whoever prints it, no control character is in it.
    """

    def __str__(self) -> str:
        return visible(super().__str__())


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong in a spec file.

    Attributes
    ----------
    path : str
        The file as the user would name it.
    line, column : int
        Where, both counted from 1; 0 if `path` is no file but an option.
    message : str
        One sentence.
    hints : tuple of str
        What might be meant, a line each.
    """

    path: str
    line: int
    column: int
    message: str
    hints: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f":{self.line}:{self.column}" if self.line else ""
        text = f"{self.path}{place}: {self.message}"
        line = visible_line(text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "...")
        return "\n".join([line, *(f"    {visible_line(hint)}" for hint in self.hints)])


class SpecError(NeurontestError):
    """A suite cannot be used as written.

    Attributes
    ----------
    faults : tuple of Fault
        All faults found, sorted by file, line and column.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__(listing(self.faults))


def listing(faults: Sequence[Fault]) -> str:
    """The first faults, one a line, and how many more there are."""
    lines = [str(fault) for fault in faults[:SHOWN]]
    more = len(faults) - SHOWN
    return "\n".join([*lines, *([f"... and {more:,} more fault{'' if more == 1 else 's'}"] if more > 0 else [])])


class ModelError(NeurontestError):
    """A model cannot be found, fetched, checked or loaded."""


class TraceError(NeurontestError):
    """Tracing failed; the message names the prompt or module at fault."""


class StoreError(NeurontestError):
    """The trace store holds something unreadable."""


class EvidenceError(NeurontestError):
    """The traces at hand cannot answer the claim."""


class RecordError(NeurontestError):
    """A file is no record, or one of a version this release does not read."""


class ExtensionError(NeurontestError):
    """What another package or a conftest.py adds cannot be used."""


class ForeignError(NeurontestError):
    """An exception that nobody foresaw, in a sentence; what it was is its ``__cause__``."""
