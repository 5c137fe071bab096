"""The noise floor: what it is, how a reference keeps it, and what no longer is called a change because of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.errors import RecordError
from neurontest.evidence.causal.necessary import losses_alone
from neurontest.evidence.trial import Trial
from neurontest.gate.compare import compare, gated, open_to, survival_of
from neurontest.gate.floor import asked_for, change_of, is_within
from neurontest.gate.margin import Margin
from neurontest.gate.reference.folder import FLOOR, MANIFEST, read_reference, write_reference
from neurontest.gate.reference.pruned import Pruned, needed, together
from neurontest.gate.reference.then import Then
from neurontest.report.text.floor import floor_lines, floor_words
from neurontest.run.gate.floor import other_batch_size
from neurontest.types import Comparison, Floor, FloorRepeat, NoiseFloor
from tests.gate.test_compare import Data, data, findings, recorded, suite
from tests.kinds.test_causal import NEEDED, World2, scored

__all__ = ["recorded"]  # a fixture

DISTINCT, GREATER = "world.yaml::c1", "world.yaml::c0"


def noisy() -> Data:
    """Another model, on which a part of every effect is gone."""
    concepts, neutral = data()
    rng = np.random.default_rng(5)
    return {name: rows + rng.normal(0, 4.5, rows.shape) for name, rows in concepts.items()}, neutral


def compared(then: Then, world: Data, floors: Mapping[str, Floor], margin: Margin) -> dict[str, Comparison]:
    family, traces = suite(world)
    known = replace(then, reference=replace(then.reference, floor=NoiseFloor((), floors)))
    return compare(family, findings(family, traces), known, traces, margin)


def test_a_change_within_the_floor_is_none(recorded: Then) -> None:
    strict = Margin(0.0)
    plain = compared(recorded, noisy(), {}, strict)["c1"]
    assert (plain.status, plain.floor, plain.reason) == ("weakened", None, "")
    assert plain.change is not None
    size = abs(plain.change.value)
    for floor in (Floor(batch=size), Floor(batch=0.0, threads=-size), Floor(threads=2 * size, seed=0.0)):
        found = compared(recorded, noisy(), {DISTINCT: floor}, strict)["c1"]
        assert found.status == "undecided"
        assert "the same model changes as much" in found.reason
        assert found == replace(plain, status="undecided", reason=found.reason, floor=floor)
    for floor in (Floor(batch=size * 0.99), Floor(batch=0.0, threads=0.0), Floor(seed=9 * size)):
        # What another seed changes is told, and excuses nothing.
        found = compared(recorded, noisy(), {DISTINCT: floor}, strict)["c1"]
        assert found == replace(plain, floor=floor)


def test_what_is_lost_is_not_lost_within_the_floor(recorded: Then) -> None:
    concepts, neutral = data()
    turned = ({"a": concepts["a"], "b": concepts["c"], "c": concepts["b"]}, neutral)
    found = compared(recorded, turned, {GREATER: Floor(batch=1.0)}, Margin())["c0"]
    assert (found.status, found.now) == ("lost", "refuted")
    assert compared(recorded, turned, {GREATER: Floor(batch=99.0)}, Margin())["c0"].status == "undecided"


def test_what_is_preserved_stays_so_whatever_the_floor(recorded: Then) -> None:
    found = compared(recorded, data(), {DISTINCT: Floor(batch=99.0)}, Margin())["c1"]
    assert (found.status, found.reason) == ("preserved", "")


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_the_larger_of_batch_and_threads_counts(change: float, batch: float, threads: float) -> None:
    floor = Floor(batch, threads, seed=1e9)
    if abs(change) <= max(abs(batch), abs(threads)):
        assert is_within(change, floor)
    if abs(change) > 1.001 * max(abs(batch), abs(threads)):
        assert not is_within(change, floor)
    assert not is_within(change, None)
    assert not is_within(change, Floor(seed=1e9))


def test_of_several_parts_the_largest_change(recorded: Then) -> None:
    family, traces = suite(noisy())
    found = findings(family, traces)
    claim = gated(family, recorded)["c1"][0]
    one = survival_of(claim, recorded, found["c1"].evidence, traces, Margin(), open_to(family, 2))
    assert len(one.changes) == len(one.parts) == 3
    assert one.change in one.changes
    assert change_of(one) == max((part.estimate for part in one.changes), key=abs)
    assert abs(change_of(one)) > min(abs(part.estimate) for part in one.changes)


FOUND = NoiseFloor(
    (FloorRepeat("batch", "batches of 4 instead of 9"), FloorRepeat("seed", "another seed", "the texts are given")),
    {DISTINCT: Floor(0.25, unit="neurons"), GREATER: Floor(-1.5, unit="neurons")},
)


def kept() -> tuple[bytes, dict[Any, Pruned]]:
    family, traces = suite(data())
    claim = family.claims[0]
    columns = together([needed(Trial(claim, traces))])
    return b"{}", {request: Pruned.of(traces[request], own) for request, own in columns.items()}


def test_a_reference_keeps_it_under_its_checksum(tmp_path: Path) -> None:
    size = write_reference(tmp_path, *kept(), floor=FOUND)
    assert size == sum(path.stat().st_size for path in tmp_path.iterdir())
    assert read_reference(tmp_path).floor == FOUND
    write_reference(
        tmp_path / "again", *kept(), floor=replace(FOUND, claims=dict(reversed(list(FOUND.claims.items()))))
    )
    assert (tmp_path / "again" / FLOOR).read_bytes() == (tmp_path / FLOOR).read_bytes()
    data = (tmp_path / FLOOR).read_bytes()
    (tmp_path / FLOOR).write_bytes(data.replace(b"0.25", b"9.25"))
    with pytest.raises(RecordError, match="checksum"):
        read_reference(tmp_path)
    (tmp_path / FLOOR).unlink()
    with pytest.raises(RecordError, match="is no reference"):
        read_reference(tmp_path)


def test_one_without_it_is_a_reference_as_well(tmp_path: Path) -> None:
    write_reference(tmp_path, *kept(), floor=FOUND)
    with_floor = read_reference(tmp_path).checksum
    write_reference(tmp_path, *kept())
    found = read_reference(tmp_path)
    assert (found.floor, (tmp_path / FLOOR).exists()) == (NoiseFloor(), False)
    assert found.checksum != with_floor
    # What lies there and is not of it is not read.
    (tmp_path / FLOOR).write_text("?")
    assert read_reference(tmp_path).floor == NoiseFloor()
    assert FLOOR not in (tmp_path / MANIFEST).read_text()


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("seed, batch", ("batch", "seed")),
        ("threads", ("threads",)),
        ("batch threads seed", ("batch", "threads", "seed")),
        ("none", ()),
    ],
)
def test_what_is_asked_for(said: str, means: tuple[str, ...]) -> None:
    assert asked_for(said) == means


@pytest.mark.parametrize("said", ["", "none, batch", "all"])
def test_what_cannot_be_asked_for(said: str) -> None:
    with pytest.raises(ValueError, match="must name some of batch, threads, seed, or none"):
        asked_for(said)


@given(st.integers(1, 1000), st.integers(2, 5000))
def test_another_batch_size_makes_other_batches(size: int, texts: int) -> None:
    def cut(each: int) -> list[int]:
        return [min(each, texts - at) for at in range(0, texts, each)]

    assert cut(other_batch_size(size, texts)) != cut(size)


def test_what_is_said_of_it() -> None:
    batch, seed = floor_lines(
        replace(FOUND, repeats=(replace(FOUND.repeats[0], without={"f::x": "no"}), FOUND.repeats[1]))
    )
    assert batch == "batches of 4 instead of 9: at most ±1.5 neurons (2 claims); not of f::x: no"
    assert seed == "another seed: not known: the texts are given"
    assert floor_lines(NoiseFloor((FOUND.repeats[0],), {})) == ["batches of 4 instead of 9: of no claim"]
    for floor, said in (
        (None, ""),
        (Floor(0.0, -0.25, unit="neurons"), "noise floor ±0.25"),
        (Floor(0.0, unit="neurons"), "noise floor ±0"),
        (Floor(3e-7, seed=-0.031, unit="share"), "noise floor ±3e-07 share, another seed: ±3.1%"),
        (Floor(seed=2.0, unit="nats"), "another seed: ±2"),
    ):
        assert floor_words(Comparison("preserved", floor=floor)) == said


def test_ablating_the_set_alone_is_what_the_evidence_says_of_it() -> None:
    claim, traces = World2().claim(NEEDED)
    evidence, looks, _ = scored(NEEDED, -1.0)
    nothing, asked = losses_alone(claim, traces)
    wanted: tuple[Any, ...] = asked
    assert nothing == ()
    # The same sets on the same prompts; no random sets, and what they write is not asked.
    (first, *_) = looks
    assert [one.prompts for one in wanted] == [one.prompts for one in first]
    assert [one.forcings for one in wanted] == [one.forcings[:1] for one in first]
    shape = next(iter(traces.values()))
    known = dict(traces)
    for request, side in zip(wanted, evidence.by_prompt, strict=True):
        values = np.zeros((len(request.prompts), len(request.scores), 2))
        values[:, request.scores.index("likelihood"), 1] = -np.array(side.values["effect"])
        flat = values.astype(np.float32).reshape(len(request.prompts), -1)
        known[request] = replace(shape, values=flat, layers=len(request.scores), width=2)
    found, missing = losses_alone(claim, known)
    assert missing == ()
    assert [(one.of, one.units) for one in found] == [(one.of, one.units) for one in evidence.by_prompt]
    for one, other in zip(found, evidence.by_prompt, strict=True):
        assert one.values["effect"] == pytest.approx(other.values["effect"], abs=1e-6)
