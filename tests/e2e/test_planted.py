"""From specs to verdicts on models whose truth is known because it was planted: right verdicts, right neurons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurontest.claims.suite import Suite
from neurontest.run import Run
from neurontest.spec.load import load_suite
from neurontest.trace.models.named import from_transformers
from tests.planted import ARCHITECTURES, CONCEPTS, SITES, Neurons, Planted, build, prompts

#: What is claimed of the planted models, by family, and the verdict that the planting calls for. A further claim is a
#: further line; families of at most five claims need no more relabelings than the fewest.
CLAIMS = {
    "contrasts": {
        "hanoi overlaps vietnam more than violent": "holds",
        "hanoi overlaps violent more than vietnam": "refuted",
        "tulip, vietnam, hanoi and violent have distinct neurons": "holds",
        # Two concepts of the same neutral words: what tells them apart is chance.
        "nothing and nought have distinct neurons": "inconclusive",
    },
    "sets": {
        "baseline-normalized sets differ from raw for tulip, vietnam, hanoi and violent": "holds",
        "tulip has consistent neurons": "holds",
        "vietnam has consistent neurons": "holds",
        "hanoi has consistent neurons": "holds",
        "violent has consistent neurons": "holds",
    },
}
#: Concepts, and the planted concept that their prompts are about.
PROMPTS = {**{name: name for name in CONCEPTS}, "nothing": None, "nought": None}
PROMPTS_EACH, BASELINE_PROMPTS = 12, 24
SUITE = """\
neurontest: 1
trace: {max_new_tokens: 8, samples: 2}
statistics: {m: 6}
baseline: {prompts: baseline.txt}
concepts:
"""


@dataclass(frozen=True)
class World:
    """A planted model, a suite about it, and where its traces are kept."""

    planted: Planted
    suite: Suite
    cache: Path

    def run(self, **selection: Any) -> Run:
        """The suite against the model, by default with the suite's own selection."""
        suite = replace(self.suite, selection=replace(self.suite.selection, **selection))
        handle = from_transformers(self.planted.model, self.planted.tokenizer, name="planted")
        return Run(suite, handle, cache_dir=self.cache)

    def sets(self, **selection: Any) -> dict[str, Neurons]:
        """The neurons selected for the planted concepts."""
        run = self.run(**selection)
        return {name: frozenset((one.layer, one.index) for one in run.sets(name).neurons) for name in CONCEPTS}


def suite_in(folder: Path, *, template: bool = True) -> Path:
    """A suite with all claims at both sites. Its baseline has the template that all concepts have, or none."""
    folder.mkdir()
    lists = {name: prompts(about, PROMPTS_EACH, seed) for seed, (name, about) in enumerate(PROMPTS.items(), 1)}
    lists["baseline"] = prompts(None, BASELINE_PROMPTS, seed=0, template=template)
    for name, lines in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(lines))
    (folder / "suite.yaml").write_text(SUITE + "".join(f"  {name}: {{prompts: {name}.txt}}\n" for name in PROMPTS))
    for (name, family), site in product(CLAIMS.items(), SITES):
        claims = "".join(f"  - {sentence}\n" for sentence in family)
        (folder / f"{name}-{site}.yaml").write_text(f"neurons: {{site: {site}}}\nclaims:\n{claims}")
    return folder


@pytest.fixture(scope="module", params=ARCHITECTURES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("planted")
    return World(build(request.param), load_suite(suite_in(folder / "suite")), folder / "cache")


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("name", CLAIMS)
def test_verdicts_are_those_that_the_planting_calls_for(world: World, name: str, site: str) -> None:
    family = next(one for one in world.suite.families if one.file == f"{name}-{site}.yaml")
    found = world.run().findings(family)
    assert {claim.sentence: found[claim.id].verdict.name for claim in family.claims} == CLAIMS[name]


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("select", ["mean", "consistency"])
def test_what_is_selected_is_what_was_planted(world: World, select: str, site: str) -> None:
    truth, hubs = world.planted.concepts[site], world.planted.hubs[site]
    for name, selected in world.sets(site=site, select=select).items():
        assert len(selected & (truth[name] | hubs)) >= 0.8 * len(selected)
        assert len(selected & truth[name]) >= 0.8 * len(truth[name])
        # Of another concept's neurons none but the shared ones.
        assert not any(selected & (own - truth[name]) for own in truth.values())
        assert not selected & (world.planted.massive[site] | world.planted.decoys[site])


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(
    "read",
    [{"positions": "prompt", "exclude_first": 1}, {"reduce": "max"}, {"reduce": "rate"}],
    ids=["prompt", "max", "rate"],
)
def test_what_was_planted_is_found_however_it_is_read(world: World, read: dict[str, Any], site: str) -> None:
    truth, hubs = world.planted.concepts[site], world.planted.hubs[site]
    for name, selected in world.sets(site=site, k=8, **read).items():
        assert len(selected & (truth[name] | hubs)) >= 6
        assert len(selected & truth[name]) >= 5
        assert not selected & (world.planted.massive[site] | world.planted.decoys[site])


@pytest.mark.parametrize("site", SITES)
def test_raw_sets_are_the_massive_dimensions_of_every_concept(world: World, site: str) -> None:
    found = set(world.sets(site=site, normalize="raw").values())
    assert len(found) == 1
    assert found.pop() <= world.planted.massive[site]


@pytest.mark.parametrize("site", SITES)
def test_a_baseline_without_the_template_lets_its_neurons_in(world: World, site: str, tmp_path: Path) -> None:
    without = replace(world, suite=load_suite(suite_in(tmp_path / "suite", template=False)))
    template = world.planted.template[site]
    assert all(selected >= template for selected in without.sets(site=site, k=14).values())
    assert not any(selected & template for selected in world.sets(site=site, k=10).values())


def test_what_the_model_writes_depends_on_the_concept(world: World) -> None:
    run = world.run()
    for name in CONCEPTS:
        run.sets(name)
    texts = {one.name: [text.text for text in one.continuations] for one in run.record(outcomes={}).concepts}
    share = {
        (name, own): np.mean([word in CONCEPTS[own] for text in texts[name] for word in text.split()])
        for name, own in product([*CONCEPTS, "baseline"], CONCEPTS)
    }
    for name in CONCEPTS:
        stranger = "tulip" if name != "tulip" else "violent"
        assert share[name, name] > 0.08
        assert share[name, name] > 4 * max(share["baseline", name], share[stranger, name])
