"""What each reading counts, and running values against all steps stacked."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.trace.sites.find import Site, find_sites
from neurontest.trace.sites.tally import Tallies, counted, padded
from neurontest.trace.texts.read_texts import Known, read
from neurontest.trace.texts.write import batches, write
from neurontest.types import Positions, Reading
from tests.trace.replay import blocks, down
from tests.trace.texts.test_write import GENERATION, ending_at, rows

REDUCES: tuple[Any, ...] = ("mean", "max", "rate")
ALONE: tuple[Positions, ...] = (
    "prompt",
    *(
        Reading("prompt", exclude_first=first, reduce=reduce)
        for first, reduce in itertools.product((0, 1, 3), REDUCES)
        if (first, reduce) != (0, "mean")
    ),
)
WRITTEN: tuple[Positions, ...] = tuple(
    Reading("generated", exclude_first=first, reduce=reduce)
    for first, reduce in itertools.product((0, 1, 3), REDUCES)
    if (first, reduce) != (0, "mean")
)
READINGS = (*ALONE, *WRITTEN)


def reduced(values: Any, reduce: str) -> Any:
    """Of ``[position, neuron]``."""
    return {"mean": values.mean(0), "max": values.max(0), "rate": (values > 0).mean(0)}[reduce]


@given(st.integers(1, 9), st.integers(0, 9), st.integers(0, 12), st.data())
def test_counted_are_the_positions_of_the_definition(prompt: int, new: int, first: int, data: st.DataObject) -> None:
    is_word = np.array(data.draw(st.lists(st.booleans(), min_size=prompt + new, max_size=prompt + new)))
    # Step t, from 1, is read where the token before the one that it samples stands.
    steps = [prompt + t - 2 for t in range(1, new + 1)]
    assert counted("generated", prompt, new).tolist() == steps
    assert counted("last", prompt, new).tolist() == steps[-1:]
    assert counted("prompt", prompt, new).tolist() == list(range(prompt))
    for name, all_of in (("generated", steps), ("prompt", list(range(prompt)))):
        want = [position for position in all_of if is_word[position]][first:]
        assert counted(Reading(name, "word", first), prompt, new, is_word).tolist() == want
        assert counted(Reading(name, exclude_first=first), prompt, new).tolist() == all_of[first:]


def test_padding_is_on_the_left() -> None:
    mask = padded([np.array([0, 1]), np.array([2]), np.array([], dtype=int)], [2, 4, 3])
    assert mask.astype(int).tolist() == [[0, 0, 1, 1], [0, 0, 1, 0], [0, 0, 0, 0]]


@given(st.data(), st.sampled_from(REDUCES), st.integers(0, 3), st.booleans())
def test_online_equals_stacked(data: st.DataObject, reduce: Any, first: int, as_span: bool) -> None:
    import torch

    layers, texts, width = 2, 3, 4
    lengths = data.draw(st.lists(st.integers(1, 7), min_size=texts, max_size=texts))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    values = torch.from_numpy(rng.normal(size=(layers, texts, max(lengths), width)).astype(np.float32))
    active = torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]
    site = Site("residual", "output", width, (torch.nn.Identity(),) * layers)
    where = Reading("prompt" if as_span else "generated", exclude_first=first, reduce=reduce)
    tallies = Tallies([where], [site], texts, torch.device("cpu"))
    if as_span:
        # What lies outside the mask may be anything, padding's activations included.
        values[:, ~active] = torch.nan
        mask = active.clone()
        mask[:, :first] = False
        tallies.open({where: mask.numpy()})
        for layer in range(layers):
            tallies.take(0, layer, values[layer])
        tallies.end_step([values[:, :, -1]], torch.ones(texts, dtype=torch.bool))
    else:
        for step in range(max(lengths)):
            tallies.end_step([values[:, :, step]], active[:, step])
    for row, length in enumerate(lengths):
        got = tallies.result(where)[0][row]
        kept = values[:, row, first:length].transpose(0, 1).reshape(-1, layers * width).double().numpy()
        if not len(kept):
            assert got.size == 0
        else:
            np.testing.assert_allclose(got, reduced(kept, reduce), rtol=1e-5, atol=1e-6)


def everything(model: Any, ids: tuple[int, ...]) -> dict[str, Any]:
    """All activations of a text by site, ``[position, neuron]``, by hooks of our own and without padding."""
    import torch

    found: dict[str, list[Any]] = {"residual": [], "mlp": []}
    handles = []
    for block in blocks(model):
        handles.append(block.register_forward_hook(lambda _, args, out: found["residual"].append(out)))
        handles.append(down(block).register_forward_pre_hook(lambda _, args: found["mlp"].append(args[0])))
    try:
        with torch.inference_mode():
            model(input_ids=torch.tensor([list(ids)]), use_cache=False)
    finally:
        for handle in handles:
            handle.remove()
    return {
        site: np.concatenate([(one if one.ndim == 3 else one[None])[0].double().numpy() for one in values], axis=1)
        for site, values in found.items()
    }


def test_every_reading_equals_a_teacher_forced_pass(pair: tuple[Any, Any]) -> None:
    model, tokenizer = pair
    sites = find_sites(model, ("mlp", "residual"))
    (batch,) = batches(rows(tokenizer, replace(GENERATION, samples=1)), 32)
    ended = write(model, tokenizer, batch, GENERATION, sites, ("last",))[0].ids[4]
    with ending_at(model, {ended}):
        texts = write(model, tokenizer, batch, GENERATION, sites, ("last", *WRITTEN))
    assert len({len(text.ids) for text in texts}) > 1
    known = [Known(row, (), {where: counted(where, len(row.ids), 0) for where in ALONE}) for row in batch]
    for text, prompt in zip(texts, read(model, known, sites, ALONE), strict=True):
        text.activations.update(prompt.activations)
        whole = everything(model, text.row.ids + text.ids)
        for where in READINGS:
            at = counted(where, len(text.row.ids), len(text.ids))
            for site in ("mlp", "residual"):
                got = text.activations[site, where]
                if not len(at):
                    assert got.size == 0
                    continue
                want = reduced(whole[site][at], getattr(where, "reduce", "mean"))
                # A value within rounding of zero may count on either side of it.
                near = 1.01 / len(at) if getattr(where, "reduce", "") == "rate" else 1e-4 * np.abs(want).max()
                close = np.isclose(got, want, rtol=1e-4, atol=1e-5 * np.abs(want).max())
                assert close.mean() > 0.99
                assert np.abs(got - want).max() <= near, (where, site)


def test_reading_more_changes_nothing_of_what_is_read_without(llama: tuple[Any, Any]) -> None:
    model, tokenizer = llama
    sites = find_sites(model, ("residual",))
    (batch,) = batches(rows(tokenizer), 32)
    plain = write(model, tokenizer, batch, GENERATION, sites, ("generated", "last"))
    more = write(model, tokenizer, batch, GENERATION, sites, ("generated", "last", *WRITTEN))
    for one, other in zip(plain, more, strict=True):
        assert one.ids == other.ids
        for where, values in one.activations.items():
            assert np.array_equal(values, other.activations[where])


def test_memory_does_not_grow_with_steps(llama: tuple[Any, Any]) -> None:
    import torch

    site = find_sites(llama[0], ("residual",))[0]
    tallies = Tallies(READINGS, [site], 2, torch.device("cpu"))
    held = [tally for group in tallies._of.values() for tally in group]
    before = [{name: value.shape for name, value in vars(one).items() if torch.is_tensor(value)} for one in held]
    for _ in range(50):
        tallies.end_step([torch.ones(site.layers, 2, site.width)], torch.tensor([True, True]))
    after = [{name: value.shape for name, value in vars(one).items() if torch.is_tensor(value)} for one in held]
    assert before == after


@pytest.mark.parametrize(("weight", "dominates"), [(1.0, False), (2.9, False), (3.1, True)])
def test_the_first_position_is_weighed_against_the_sum_of_the_others(weight: float, dominates: bool) -> None:
    import torch

    # Four positions that point the same way: the three others together are three times one of them.
    values = torch.ones(1, 4, 2)
    values[0, 0] = weight
    site = Site("residual", "output", 2, (torch.nn.Identity(),))
    for reduce in REDUCES:
        where: Positions = "prompt" if reduce == "mean" else Reading("prompt", reduce=reduce)
        tallies = Tallies([where], [site], 1, torch.device("cpu"))
        tallies.open({where: np.ones((1, 4), dtype=bool)})
        tallies.take(0, 0, values)
        tallies.end_step([values[:, :, -1]], torch.tensor([True]))
        ((share,),) = tallies.shares(where)
        if reduce == "rate":
            assert share is None
        else:
            assert share == pytest.approx(weight / (weight + 3))
            assert (share is not None and share > 0.5) is dominates
