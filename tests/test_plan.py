from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from neurontest.claims.suite import Suite
from neurontest.kinds import kind_named
from neurontest.plan import groups_for, make_plan
from neurontest.spec.load import load_suite
from neurontest.types import Generation, Reading, TraceGroup, TraceRequest
from tests.spec.suites import write

CLAIMS = """\
claims:
  - tulip overlaps vietnam more than hanoi
  - {claim: tulip overlaps vietnam more than hanoi, id: mlp, neurons: {site: mlp}}
  - {claim: baseline-normalized sets differ from raw for tulip, trace: {samples: 2}}
  - {claim: baseline-normalized sets differ from raw for violent, trace: {samples: 3}, skip: later}
"""


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return load_suite(write(tmp_path, {"c.yaml": CLAIMS}))


def test_each_text_is_written_once(suite: Suite) -> None:
    few, all_of_them = make_plan(suite).groups
    assert few.generation == Generation(samples=2)
    assert few.prompts == tuple(sorted({*suite.concepts["tulip"].prompts, *baseline(suite)}))
    assert (few.sites, few.positions) == (("residual",), ("generated",))
    assert all_of_them.generation == suite.generation
    everything = {prompt for concept in suite.concepts.values() for prompt in concept.prompts} | set(baseline(suite))
    assert all_of_them.prompts == tuple(sorted(everything))
    assert all_of_them.sites == ("mlp", "residual")
    assert all_of_them.positions == ("generated", "last")


def baseline(suite: Suite) -> tuple[str, ...]:
    assert suite.baseline is not None
    return suite.baseline.prompts


def test_every_request_of_every_tested_claim_is_in_it(suite: Suite) -> None:
    plan = make_plan(suite)
    for claim in suite.claims:
        requests = claim.kind.requests(claim)
        groups = groups_for(plan, requests)
        if claim.skip:
            assert groups == ()
        for request in () if claim.skip else requests:
            (group,) = (group for group in groups if group.generation == request.generation)
            assert set(request.prompts) <= set(group.prompts)
            assert request.site in group.sites
            assert request.positions in group.positions


def test_it_does_not_depend_on_the_order_of_anything(suite: Suite) -> None:
    turned = replace(
        suite,
        concepts=dict(reversed(list(suite.concepts.items()))),
        families=tuple(replace(family, claims=family.claims[::-1]) for family in reversed(suite.families)),
    )
    assert make_plan(turned) == make_plan(suite)


def test_groups_come_in_the_order_of_the_plan(suite: Suite) -> None:
    plan = make_plan(suite)
    requests = [TraceRequest(("x",), group.generation, "residual", "last") for group in reversed(plan.groups)]
    assert groups_for(plan, requests) == plan.groups
    assert groups_for(plan, requests[:1]) == plan.groups[1:]
    assert groups_for(plan, []) == ()


def test_what_looks_for_a_word_is_a_group_of_its_own(tmp_path: Path) -> None:
    claims = """\
claims:
  - {claim: baseline-normalized sets differ from raw for tulip, id: both, neurons: {match: tulip, reduce: max}}
  - claim: baseline-normalized sets differ from raw for hanoi
    id: own
    neurons: {positions: prompt, match: hanoi}
    trace: {top_k: 7}
  - claim: baseline-normalized sets differ from raw for violent
    id: late
    neurons: {match: violent}
    trace: {top_k: 8}
"""
    suite = load_suite(write(tmp_path, {"c.yaml": claims}))
    plan = make_plan(suite)
    groups = {(group.generation.top_k, group.match): group for group in plan.groups}
    assert list(groups) == [(7, ""), (7, "hanoi"), (8, ""), (8, "violent"), (200, ""), (200, "tulip")]
    whole, tulip = groups[200, ""], groups[200, "tulip"]
    assert tulip.prompts == tuple(sorted(suite.concepts["tulip"].prompts))
    assert tulip.positions == (Reading("generated", "tulip", reduce="max"),)
    assert set(tulip.prompts) < set(whole.prompts), "the texts that the word is looked for in are written there"
    # No word is looked for in the baseline.
    assert whole.positions == (Reading("generated", reduce="max"), "generated", "last")
    assert groups[7, "hanoi"].positions == (Reading("prompt", "hanoi"),)
    neutral = TraceGroup(suite.claims[1].generation, tuple(sorted(baseline(suite))), ("residual",), ("prompt",))
    assert groups[7, ""] == neutral
    assert set(groups[8, ""].prompts) == {*suite.concepts["violent"].prompts, *baseline(suite)}
    requests = kind_named("consistent").requests(suite.claims[0])
    assert groups_for(plan, requests) == (whole, tulip)
    assert groups_for(plan, kind_named("consistent").requests(suite.claims[1])) == (groups[7, ""], groups[7, "hanoi"])


def test_prompts_that_are_read_alone_are_drawn_so(tmp_path: Path) -> None:
    suite = load_suite(write(tmp_path, {"c.yaml": CLAIMS}), {"positions": "prompt", "exclude_first": 1})
    for group in make_plan(suite).groups:
        assert not group.needs_text
    assert make_plan(suite).groups[-1].positions == (Reading("prompt", exclude_first=1),)


def test_what_is_drawn_is_read_as_the_suite_says(tmp_path: Path) -> None:
    suite = load_suite(write(tmp_path, {}), {"exclude_first": 2, "reduce": "max"})
    (group,) = make_plan(suite).groups
    assert group.positions == (Reading("generated", exclude_first=2, reduce="max"), "last")
    plain, tulip = make_plan(load_suite(write(tmp_path, {}), {"match": "tulip"})).groups
    assert (plain.positions, tulip.positions) == (("generated", "last"), (Reading("generated", "tulip"),))
    # Prompts without the word have nothing to be read of.
    assert [
        group.positions
        for group in make_plan(load_suite(write(tmp_path, {}), {"positions": "prompt", "match": "zebra"})).groups
    ] == [("prompt",)]


def test_more_may_be_asked_for(suite: Suite) -> None:
    extra = TraceRequest(("x",), suite.generation, "mlp", Reading("generated", "x"))
    plan = make_plan(suite, [extra])
    assert [group.match for group in plan.groups] == ["", "", "x"]
    assert "x" in plan.groups[1].prompts
    there = TraceRequest(baseline(suite), suite.generation, "residual", "last")
    assert make_plan(suite, [there]) == make_plan(suite)


def test_a_suite_without_claims_is_drawn_all_the_same(tmp_path: Path) -> None:
    (group,) = make_plan(load_suite(write(tmp_path, {}))).groups
    assert len(group.prompts) == 60
    assert group.positions == ("generated", "last")
