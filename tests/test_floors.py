"""The lowest versions that are allowed are those that `make floors` runs the tests with."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ASKED = [Requirement(one) for one in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"])]


def pinned(file: str) -> dict[str, Version]:
    lines = (line.split("#")[0].strip() for line in (ROOT / file).read_text("utf-8").splitlines())
    found = [Requirement(line) for line in lines if line]
    return {canonicalize_name(one.name): Version(next(iter(one.specifier)).version) for one in found}


def lowest(asked: Requirement) -> Version | None:
    return next((Version(one.version) for one in asked.specifier if one.operator == ">="), None)


def test_floors_are_what_pyproject_allows() -> None:
    assert pinned("floors.txt") == {
        canonicalize_name(one.name): floor for one in ASKED if (floor := lowest(one)) is not None
    }


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_what_tests_run_with_otherwise_is_allowed(asked: Requirement) -> None:
    assert asked.specifier.contains(pinned("constraints.txt")[canonicalize_name(asked.name)])
