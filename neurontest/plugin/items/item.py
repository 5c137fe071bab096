"""A claim as a test of pytest's: what it carries, and what its reports say."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from neurontest.errors import ForeignError, NeurontestError
from neurontest.plugin.keys import REPORT_KEY
from neurontest.plugin.outcomes import VerdictFailure, error_text
from neurontest.untrusted import visible, visible_line

if TYPE_CHECKING:
    from neurontest.claims.base import Claim
    from neurontest.claims.suite import Suite

#: Does what the claims of a family share, before one of them is tested on a model.
Prepare = Callable[["ClaimItem", object], None]


class ClaimItem(pytest.Function):
    """A claim as a test.

    A :class:`pytest.Function`, since pytest offers fixtures to nothing else: session fixtures, overrides in a conftest
    and marks work as they do for a test in Python.

    Attributes
    ----------
    verdict : str
        What its test found; empty if it did not get there.
    status : str
        What became of it since the reference; empty if that was not found out.
    facts : str
        In a worker, what its run has to tell so far, as JSON.
    text : str
        What was found, for a reader, in labelled lines.
    shared : float
        Seconds of its set-up that went into what its family shares.
    """

    def __init__(self, *, suite: Suite, claim: Claim, prepare: Prepare, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.suite = suite
        self.claim = claim
        self._prepare = prepare
        self.verdict = self.status = self.facts = self.text = ""
        self.shared = 0.0

    def setup(self) -> None:
        """Make the fixtures, and do what the claims of the family share."""
        self.verdict = self.status = self.facts = self.text = ""
        self.shared = 0.0
        super().setup()
        if not self.config.getoption("setuponly", False):
            self._prepare(self, self.funcargs["concept_model"])

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Where the claim stands, and its sentence."""
        where = self.claim.where
        return self.path, where.line - 1, f"{where.file}: {self.claim.sentence}"

    # pytest types the result as str or TerminalRepr over several classes; a string is public and stays one line long in
    # the short summary.
    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The failure text of a verdict, one clean text for what neurontest raises on purpose, else pytest's own."""
        if isinstance(excinfo.value, VerdictFailure):
            return str(excinfo.value)
        if isinstance(excinfo.value, NeurontestError):
            where = f"{os.path.relpath(self.path, self.config.invocation_params.dir)}:{self.claim.where.line}"
            said = f"{where}: {self.claim.sentence}: error: {error_text(excinfo.value)}"
            cause = excinfo.value.__cause__
            if isinstance(excinfo.value, ForeignError) and cause is not None and self._is_curious():
                said += "\n\n" + "".join(traceback.format_exception(cause)).rstrip()
            return visible(said)
        return super().repr_failure(excinfo)

    def _is_curious(self) -> bool:
        """Whether whoever runs this wants to see where a program failed."""
        return self.config.get_verbosity() >= 2 or self.config.getoption("tbstyle", "auto") in ("long", "native")

    def label(self, report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
        """Write on its report whose it is, what was found and what error came in between, as plain texts."""
        said = {"suite": str(self.suite.folder), "claim": self.claim.node}
        if call.when == "setup":
            said["shared"] = repr(self.shared)
        if call.when == "call":
            said |= {"verdict": self.verdict, "status": self.status, "facts": self.facts}
        if call.excinfo is not None:
            value = call.excinfo.value
            if isinstance(value, VerdictFailure):
                said |= {"failed": "verdict", "brief": value.brief}
            elif not isinstance(value, (pytest.skip.Exception, pytest.xfail.Exception)):
                said["error"] = error_text(value) or type(value).__name__
                said["brief"] = visible_line(f"error: {said['error'].partition(chr(10))[0]}")
        setattr(report, REPORT_KEY, said)
