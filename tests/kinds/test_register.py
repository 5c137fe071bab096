"""Kinds that others add: known while they are there, and refused where they could be mistaken."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import pytest

from neurontest.claims.base import Kind
from neurontest.claims.grammar import parse
from neurontest.claims.slots import Slot
from neurontest.errors import ExtensionError
from neurontest.evidence.procedure import procedure_of
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


def test_two_kinds_of_one_class_are_two() -> None:
    class Layer(Early):
        def __init__(self, layer: int) -> None:
            self.name = f"layer_{layer}"  # type: ignore[misc]
            self.sentence = f"{{of}} has neurons of layer {layer}"  # type: ignore[misc]

    register.add([Layer(3), Layer(4)], BY)
    assert [parse(f"a has neurons of layer {one}", kinds())[0].name for one in (3, 4)] == ["layer_3", "layer_4"]


def test_what_stands_in_no_file_is_found_again_by_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = type("Other", (Early,), {"procedure": "__main__:A", "__module__": "__main__"})()
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    register._code.cache_clear()
    first = register.code_of(here)
    monkeypatch.setattr(register, "_THIS_PROCESS", "another")
    register._code.cache_clear()
    assert register.code_of(here) != first
    # A folder without an __init__.py is a package of files as well.
    (tmp_path / "spaced" / "inner").mkdir(parents=True)
    module = tmp_path / "spaced" / "inner" / "tests.py"
    module.write_text("A = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    spaced = type("Other", (Early,), {"procedure": "spaced.inner.tests:A", "__module__": "spaced"})()
    register._code.cache_clear()
    before = register.code_of(spaced)
    module.write_text("A = 2\n")
    register._code.cache_clear()
    assert register.code_of(spaced) != before


@pytest.mark.parametrize(
    ("procedure", "said"),
    [
        ("no_such_module:A", "cannot be had: ModuleNotFoundError"),
        ("tests.kinds.test_register:Nothing", "cannot be had: AttributeError"),
        ("tests.kinds.test_register:Early", "is no Procedure"),
    ],
)
def test_a_procedure_that_cannot_be_had_is_named(procedure: str, said: str) -> None:
    kind = type("Other", (Early,), {"procedure": procedure, "name": f"other_{len(procedure)}"})()
    with pytest.raises(ExtensionError, match=said):
        procedure_of(kind)
