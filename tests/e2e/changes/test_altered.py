"""What the changes do, on a tiny model; and what docs/gate.md tells of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from neurontest.spec.load import load_suite
from neurontest.types import Comparison, Estimate
from tests import tiny
from tests.e2e.changes import altered as module
from tests.e2e.changes.altered import CHANGES, altered
from tests.e2e.changes.held import MATCHED, RENUMBERED, SUITE, Held
from tests.e2e.changes.table import COLUMNS, PAGE, TABLES, drawn, told

NEURONS = [(0, 3), (2, 7)]
Pair = tuple[Any, Any]


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Pair:
    monkeypatch.setattr(module, "DROPPED", 1)
    monkeypatch.setattr(module, "STEPS", 2)
    return tiny.build("llama")


def name(part: str) -> str:
    return next(one for one in CHANGES if part in one)


def logits(model: Any, tokenizer: Any) -> Any:
    import torch

    with torch.no_grad():
        return model(input_ids=torch.tensor([tokenizer("Hanoi is")["input_ids"]])).logits


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_is_changed_and_the_model_is_not(pair: Pair, change: str) -> None:
    before = {key: value.clone() for key, value in pair[0].state_dict().items()}
    copy = altered(change, *pair, NEURONS)
    assert all((value == before[key]).all() for key, value in pair[0].state_dict().items())
    assert not (logits(copy, pair[1]) == logits(*pair)).all()


def test_permuted_neurons_compute_the_same(pair: Pair) -> None:
    copy = altered(name("permuted"), *pair, NEURONS)
    assert logits(copy, pair[1]).numpy() == pytest.approx(logits(*pair).numpy(), abs=1e-4)


def test_rounded_weights_have_as_many_levels_as_bits_can_tell(pair: Pair) -> None:
    copy = altered(name("int4"), *pair, NEURONS)
    rounded, own = (model.model.layers[1].mlp.down_proj.weight for model in (copy, pair[0]))
    assert max(len(row.unique()) for row in rounded) <= 15
    assert ((rounded - own).abs() <= own.abs().amax(dim=1, keepdim=True) / 14 + 1e-6).all()


def test_noise_is_the_same_but_for_its_size(pair: Pair) -> None:
    own = pair[0].model.layers[1].self_attn.q_proj.weight
    faint, loud = (
        altered(name(f"noise of {share}"), *pair, NEURONS).model.layers[1].self_attn.q_proj.weight - own
        for share in ("0.1 ", "0.4 ")
    )
    assert loud.detach().numpy() == pytest.approx(4 * faint.detach().numpy(), abs=1e-5)
    assert float((loud.std() / own.std()).detach()) == pytest.approx(0.4, rel=0.1)


def test_zeroed_neurons_are_silent_and_others_are_not(pair: Pair) -> None:
    copy = altered(name("zeroed"), *pair, NEURONS)
    seen = []
    copy.model.layers[2].mlp.down_proj.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    logits(copy, pair[1])
    silent = (seen[0][0] == 0).all(dim=0)
    assert silent.nonzero().flatten().tolist() == [7]


def test_a_block_is_gone(pair: Pair) -> None:
    copy = altered(name("left out"), *pair, NEURONS)
    assert len(copy.model.layers) == copy.config.num_hidden_layers == tiny.LAYERS - 1
    assert (copy.model.layers[1].mlp.up_proj.weight == pair[0].model.layers[2].mlp.up_proj.weight).all()


def test_training_makes_its_text_likelier(pair: Pair) -> None:
    from tests.e2e.changes.likelihood import loss

    texts = ["The tulip is a flower that grows from a bulb."]
    assert loss(altered(name("steps on"), *pair, NEURONS), pair[1], texts) < loss(*pair, texts)


def test_the_page_tells_every_claim_of_every_copy() -> None:
    claims = {claim.id for claim in load_suite(SUITE).claims}
    assert claims == {claim for columns in COLUMNS for claim in columns}
    page = {change: set(said) for change, said in told(PAGE.read_text("utf-8")).items()}
    assert page == dict.fromkeys([*CHANGES, *(f"{change}{MATCHED}" for change in RENUMBERED)], claims)


def test_what_is_drawn_is_what_is_told() -> None:
    then, now = (Estimate("what is shared", value, "neurons") for value in (12.54, 3.06))
    kept = Comparison("preserved", then_effect=then, now_effect=now)
    claims = {claim: kept for columns in COLUMNS for claim in columns}
    claims["near"] = replace(kept, status="lost")
    claims["helps"] = Comparison("incomparable")
    shared = dict.fromkeys(COLUMNS[-1], "82% of the ceiling")
    page = f"<!-- changes -->\n{drawn((3.7, 3.6), {'less': Held(claims, shared, (4.1, 3.9))})}<!-- end of changes -->"
    assert told(page) == {"less": {claim: found.status for claim, found in claims.items()}}
    tables = TABLES.search(page)
    assert tables is not None
    for said in ("| less | 4.10 | 3.90 |", "12.5 → 3.1 **lost**", "| 12.5 → 3.1 |", "| 82% |", "| **incomparable** |"):
        assert said in tables[0]
