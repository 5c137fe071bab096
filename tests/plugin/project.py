"""A project as a user has it: a suite, models that differ in a known way, a reference of the first, and runs of pytest.

PYTEST_DONT_REWRITE: it is imported before the runs that load it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import neurontest.run.gate.between
import neurontest.run.gate.reference
import neurontest.trace.engine
import neurontest.trace.models.twin  # noqa: F401 - a run in this process forgets what it was the first to import
from neurontest.report.record import load_record
from neurontest.types import Comparison, Record

from .conftest import LOADED, REPOSITORY


@dataclass(frozen=True)
class Ran:
    """A run of pytest that has ended."""

    status: int
    out: str
    record: Record

    @property
    def statuses(self) -> dict[str, str]:
        return {claim.id: claim.against.status for claim in self.record.claims if claim.against is not None}

    @property
    def outcomes(self) -> dict[str, str]:
        return {claim.id: claim.outcome for claim in self.record.claims if claim.selected}

    def comparison(self, name: str) -> Comparison:
        return next(one.against for one in self.record.claims if one.id == name and one.against is not None)

    def line(self, begin: str) -> str:
        return next(line for line in self.out.splitlines() if line.startswith(begin))


@dataclass(frozen=True)
class Project:
    """A folder with a suite ``specs``, and a cache that all tests share."""

    folder: Path
    cache: Path
    pytester: pytest.Pytester | None = None

    def run(self, model: str, *options: str) -> Ran:
        """Run the suite; in this process, unless workers are to be begun."""
        own = [f"--concept-cache-dir={self.cache}", "--concept-specs=specs", f"--concept-model={model}"]
        arguments = [*LOADED, *own, "--concept-vacuous=off", *options]
        shutil.rmtree(self.folder / "reports", ignore_errors=True)
        if self.pytester is not None and "-n2" not in options:
            result = self.pytester.runpytest_inprocess(*arguments)
            status, said = int(result.ret), result.outlines + result.errlines
        else:
            status, said = self._outside(arguments)
        path = self.folder / "reports" / "latest" / "record.json"
        return Ran(status, "\n".join(said), load_record(path) if path.exists() else _NONE)

    def _outside(self, arguments: list[str]) -> tuple[int, list[str]]:
        environ = {"PYTHONPATH": str(REPOSITORY), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            cwd=self.folder,
            env=os.environ | environ,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )
        return done.returncode, (done.stdout + done.stderr).splitlines()


_NONE = Record(**{**dict.fromkeys(Record.__dataclass_fields__), "claims": ()})  # type: ignore[arg-type]
