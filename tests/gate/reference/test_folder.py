"""A reference as files: what is read is what was written, or it is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neurontest.errors import RecordError
from neurontest.evidence.trial import Trial
from neurontest.gate.margin import Margin
from neurontest.gate.reference.folder import ACTIVATIONS, MANIFEST, RECORD, name_of, read_reference, write_reference
from neurontest.gate.reference.pruned import Pruned, PrunedTrial, needed
from neurontest.gate.ways.paired import PairedTrial, survival
from neurontest.types import Selection, Statistics, Thresholds, TraceRequest
from tests.worlds import World, claim_on, three

SENTENCE = "a overlaps b more than c"


def trial() -> Trial:
    world = World(np.random.default_rng(18), layers=2, width=80, massive=2)
    signals = dict(zip("abc", three(world, 6, 1), strict=True))
    data = {name: world.concept(10, signals[name]) for name in "abc"}
    statistics = Statistics(test="half-sample")
    return Trial(
        *claim_on(SENTENCE, data, world.neutral(12), width=80, selection=Selection(k=5), statistics=statistics)
    )


def kept(whole: Trial) -> dict[TraceRequest, Pruned]:
    return {request: Pruned.of(whole.traces[request], columns) for request, columns in needed(whole).items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_reference(tmp_path / "ref", b'{"record": 1}\n', kept(trial()))
    return tmp_path / "ref"


def test_what_was_written_is_read(folder: Path) -> None:
    whole, found = trial(), read_reference(folder)
    assert found.record == b'{"record": 1}\n'
    read = {request: one for request in whole.traces if (one := found.activations(request)) is not None}
    assert read.keys() == whole.traces.keys()
    then = PrunedTrial(whole.claim, read)
    paired = PairedTrial(then, whole.traces)
    outcome = survival(paired, Margin(), Thresholds.of(0.05))
    assert outcome.change.estimate == 0
    assert outcome.then.estimate == whole.decide(Thresholds.of(0.05))[0].estimate


def test_equal_bytes_twice(folder: Path, tmp_path: Path) -> None:
    size = write_reference(tmp_path / "again", b'{"record": 1}\n', dict(reversed(kept(trial()).items())))
    for name in (RECORD, ACTIVATIONS, MANIFEST):
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert size == sum(path.stat().st_size for path in folder.iterdir())


def test_requests_that_differ_in_anything_have_names_of_their_own() -> None:
    request = next(iter(trial().traces))
    # Under the same settings, of which none says anything of given texts, claims may read several lists of them.
    replays = [replace(request.generation, replay=one) for one in ("ref", "ref (texts 2)")]
    others = [replace(request, generation=one) for one in replays]
    names = {name_of(one) for one in (request, *others, replace(request, site="mlp"))}
    assert len(names) == 4


@pytest.mark.parametrize("name", [RECORD, ACTIVATIONS, MANIFEST])
def test_what_is_damaged_or_gone_is_refused(folder: Path, name: str) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[:-5] + bytes([data[-5] ^ 1]) + data[-4:])
    with pytest.raises(RecordError, match="record it anew"):
        read_reference(folder)
    (folder / name).unlink()
    with pytest.raises(RecordError, match="is no reference"):
        read_reference(folder)


def test_another_version_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | {"version": 99}))
    with pytest.raises(RecordError, match="version 99"):
        read_reference(folder)


def test_entries_without_values_are_refused(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    manifest["entries"]["0" * 24] = next(iter(manifest["entries"].values()))
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(RecordError, match="lacks"):
        read_reference(folder)
