"""The noise floor of a reference on a planted model: of which claims it tells what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from neurontest.gate.floor import ALL
from neurontest.gate.reference.folder import read_reference
from neurontest.run import Outcome, Run
from neurontest.run.gate.floor import why_unknown
from neurontest.run.gate.reference import record_reference
from neurontest.spec.load import load_suite
from neurontest.trace.models.named import from_transformers
from neurontest.types import FloorVaries
from tests.e2e.test_causal import suite_in
from tests.kinds import test_causal as causal
from tests.planted import build

NEEDED = "tulip's neurons are needed for tulip more than for violent"
FORCED = "forcing tulip's neurons makes tulip more likely"
CONSISTENT, OTHER = "a has consistent neurons", 4711
CLAIMS = f"""\
neurons: {{k: 6}}
statistics: {{m: 24, correction: none}}
claims:
  - {{id: needed, claim: "{NEEDED}"}}
  - {{id: forced, claim: "{FORCED}"}}
  - {{id: read, claim: tulip has consistent neurons, neurons: {{positions: prompt}}}}
  - {{id: written, claim: violent has consistent neurons}}
"""


def test_of_which_claims_it_tells_what(tmp_path: Path) -> None:
    planted, folder = build("gpt2"), tmp_path / "ref"
    loaded = load_suite(suite_in(tmp_path / "suite", CLAIMS, planted))
    handle = from_transformers(planted.model, planted.tokenizer, name="planted")
    run = Run(loaded, handle, cache_dir=tmp_path / "cache")
    run.findings(loaded.families[0])
    nodes = {claim.id: claim.node for claim in run.suite.claims}
    record = run.record(outcomes={node: Outcome("passed") for node in nodes.values()})
    assert {claim.verdict for claim in record.claims} == {"holds"}
    told: list[str] = []
    progress = lambda what, *_: told.append(what)  # noqa: E731 - it is told of what is done
    floor = record_reference(run, record, folder, floor=ALL, progress=progress).floor
    assert read_reference(folder).floor == floor
    # What random sets do is a part of what is told of 'forced'.
    batch, threads, seed = floor.repeats
    for one in (batch, threads):
        assert {node: "random sets" in why for node, why in one.without.items()} == {nodes["forced"]: True}
    assert set(seed.without) == {nodes["forced"], nodes["read"]}
    assert "no texts that are drawn" in seed.without[nodes["read"]]
    assert not any(one.reason for one in floor.repeats)
    assert set(floor.claims) == {nodes["needed"], nodes["read"], nodes["written"]}
    needed = floor.claims[nodes["needed"]]
    assert needed.unit == "nats a token"
    # Losses are no counts of neurons: they differ by what sums are rounded by, and by far more in other words.
    assert needed.noise is not None
    assert needed.seed is not None
    assert needed.noise < 1e-4 < abs(needed.seed)
    assert floor.claims[nodes["read"]].seed is None
    assert any(what.startswith("noise floor, batches of 32 instead of 128: tracing planted") for what in told)
    assert any(what.startswith("noise floor, seed 1338 instead of 1337: ") for what in told)
    assert not list((tmp_path / "cache").glob("floor.*"))


@pytest.mark.parametrize(
    ("sentence", "changes", "varies", "said"),
    [
        (CONSISTENT, {}, "seed", ""),
        (CONSISTENT, {"temperature": 0.0}, "seed", "no texts that are drawn"),
        (CONSISTENT, {"replay": "texts.json"}, "seed", "no texts that are drawn"),
        (CONSISTENT, {"seed": OTHER}, "seed", "no texts that are drawn"),
        (CONSISTENT, {"temperature": 0.0}, "batch", ""),
        (causal.NEEDED, {}, "threads", ""),
        (causal.FORCED, {}, "threads", "random sets"),
        (causal.FORCED, {}, "seed", "random sets"),
    ],
)
def test_why_nothing_is_known(sentence: str, changes: dict[str, Any], varies: FloorVaries, said: str) -> None:
    claim, _ = causal.World2().claim(sentence)
    own = replace(claim, generation=replace(claim.generation, **changes))
    there = replace(own, generation=replace(own.generation, seed=OTHER)) if varies == "seed" else own
    found = why_unknown(varies, own, there)
    assert said in found
    assert bool(found) == bool(said)
