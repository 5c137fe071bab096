"""Kinds that others add: known while they are there, and refused where they could be mistaken."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import pytest

from neurontest.claims.base import Kind
from neurontest.claims.slots import Slot
from neurontest.errors import ExtensionError
from neurontest.kinds import kind_named, kinds, register
from neurontest.spec.load import load_suite
from neurontest.spec.schema import assemble
from tests.spec.suites import faults, write

BY = "a test"


class Early(Kind):
    """``hanoi has early neurons``."""

    name: ClassVar[str] = "early"
    sentence: ClassVar[str] = "{of} has early neurons"
    slots: ClassVar[tuple[Slot, ...]] = (Slot("of", "concept", "The concept"),)
    summary: ClassVar[str] = "Its neurons are early"
    procedure: ClassVar[str] = "tests.kinds.test_register:EarlyProcedure"


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    register.remove(BY)


def test_a_kind_is_known_from_when_it_is_added_until_it_is_removed(tmp_path: Path) -> None:
    before = kinds()
    spec = {"claims.yaml": "claims: [hanoi has early neurons]\n"}
    assert any("hanoi has early neurons" in one for one in faults(tmp_path, spec))
    register.add([Early], BY)
    assert (kind_named("early"), kinds()[:-1]) == (Early(), before)
    assert "early" in str(assemble())
    (claim,) = load_suite(write(tmp_path, spec)).claims
    assert claim.kind == Early()
    register.remove(BY)
    assert (kinds(), "has early neurons" in str(assemble())) == (before, False)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "consistent"}, "has one of that name"),
        ({"sentence": "{of} has consistent neurons"}, "cannot be told from another"),
        ({"sentence": "{of} has early {what}"}, "cannot be filled in"),
        ({"procedure": "tests.kinds.test_register"}, "say 'module:class'"),
    ],
)
def test_what_could_be_mistaken_is_refused(changes: dict[str, str], said: str) -> None:
    before = kinds()
    with pytest.raises(ExtensionError, match=said):
        register.add([type("Other", (Early,), changes)], BY)
    assert kinds() == before


def test_what_is_no_kind_is_refused() -> None:
    with pytest.raises(ExtensionError, match="is no neurontest"):
        register.add([object()], BY)
    with pytest.raises(ExtensionError, match="does not say its name and its sentence"):
        register.add([type("Bare", (Kind,), {"slots": (), "summary": "", "procedure": "a:b"})], BY)


def test_a_package_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("broken", "no_such_module:Kind", register.GROUP)
    monkeypatch.setattr(register, "entry_points", lambda group: [broken] if group == register.GROUP else [])
    for one in (register._installed, register._together):
        one.cache_clear()
    try:
        with pytest.raises(ExtensionError, match="'broken' of a package cannot be loaded from no_such_module:Kind"):
            kinds()
    finally:
        for one in (register._installed, register._together):
            one.cache_clear()


def test_evidence_hangs_on_the_code_of_others_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {register.code_of(kind) for kind in kinds()} == {""}
    package = tmp_path / "otherkinds"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "tests.py").write_text("A = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    other = type("Other", (Early,), {"procedure": "otherkinds.tests:A", "__module__": "otherkinds"})()
    register._code.cache_clear()
    first = register.code_of(other)
    register._code.cache_clear()
    assert register.code_of(other) == first != ""
    (package / "tests.py").write_text("A = 2\n")
    register._code.cache_clear()
    assert register.code_of(other) != first
