"""Likelihoods against one text at a time, read by hand; neurons that are set, and where; passes that begin late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from neurontest.errors import TraceError
from neurontest.trace.passes.halving import Halving
from neurontest.trace.passes.resume import Resume
from neurontest.trace.passes.text import Text
from neurontest.trace.sites.find import find_sites
from neurontest.trace.sites.intervene import Forced, SiteForcer
from neurontest.trace.texts import score
from neurontest.trace.texts.score import likelihoods
from tests import tiny

TEXTS = [Text((0, 5, 9, 30), (7, 8, 21)), Text((0, 44), (100, 3)), Text((0, 12, 13, 14, 15, 16), (90, 91, 92, 93, 2))]
SITES = ("mlp", "residual")


def width(site: str) -> int:
    return tiny.WIDTH if site == "mlp" else tiny.HIDDEN


def by_hand(model: Any, text: Text) -> float:
    import torch

    ids = torch.tensor([(*text.prompt, *text.after)])
    with torch.inference_mode():
        logits = model(input_ids=ids, use_cache=False).logits[0].double().log_softmax(-1)
    first = len(text.prompt)
    return float(sum(logits[first + at - 1, token] for at, token in enumerate(text.after)))


def one_by_one(model: Any, text: Text, site: str, forced: Forced) -> float:
    """Hooks of a few lines over a single text without padding."""
    (found,) = find_sites(model, (site,))
    first = len(text.prompt) - 1

    def set_in(layer: int, value: Any) -> Any:
        value = value.clone()
        for column, to in zip(*forced, strict=True):
            if column // found.width == layer:
                value[:, first:, column % found.width] = to
        return value

    handles = []
    for layer, module in enumerate(found.modules):
        if site == "mlp":
            handles.append(module.register_forward_pre_hook(lambda _, args, at=layer: (set_in(at, args[0]),)))
        else:
            handles.append(
                module.register_forward_hook(
                    lambda _, args, out, at=layer: (
                        (set_in(at, out[0]), *out[1:]) if isinstance(out, tuple) else set_in(at, out)
                    )
                )
            )
    try:
        return by_hand(model, text)
    finally:
        for handle in handles:
            handle.remove()


def test_a_model_as_it_is(pair: tuple[Any, Any]) -> None:
    model, _ = pair
    (site,) = find_sites(model, ("residual",))
    found = likelihoods(model, site, TEXTS, []).likelihood
    assert found.shape == (1, len(TEXTS))
    assert found[0] == pytest.approx([by_hand(model, text) for text in TEXTS], rel=1e-4)


@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize("name", SITES)
def test_neurons_are_set_from_the_last_token_of_the_prompt_on(pair: tuple[Any, Any], name: str, resume: bool) -> None:
    model, _ = pair
    (site,) = find_sites(model, (name,))
    # None in the first block, so that later passes may begin behind it; another value for each text.
    columns = (site.width + 3, 2 * site.width, 2 * site.width + 7)
    forced: list[list[Forced]] = [
        [(columns, (1.0 + at, -2.0, 0.5)) for at in range(len(TEXTS))],
        [(columns[:1], (4.0,))] * len(TEXTS),
    ]
    found = likelihoods(model, site, TEXTS, forced, resume=resume).likelihood
    wanted = [[one_by_one(model, text, name, row) for text, row in zip(TEXTS, rows, strict=True)] for rows in forced]
    assert found[0] == pytest.approx([by_hand(model, text) for text in TEXTS], rel=1e-4)
    assert found[1:] == pytest.approx(np.array(wanted), rel=1e-4)
    assert (np.abs(found[1] - found[0]) > 0.01).all()


def test_nothing_is_left_behind(pair: tuple[Any, Any]) -> None:
    model, _ = pair
    (site,) = find_sites(model, ("residual",))
    before = likelihoods(model, site, TEXTS, []).likelihood
    likelihoods(model, site, TEXTS, [[((2 * site.width,), (9.0,))] * len(TEXTS)])
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert not any("forward" in block.__dict__ for block in site.modules)
    assert (likelihoods(model, site, TEXTS, []).likelihood == before).all()


def test_a_pass_that_fails_lets_go(llama: tuple[Any, Any]) -> None:
    import torch

    model, _ = llama
    (site,) = find_sites(model, ("residual",))
    begun = Resume(site.modules, 1)
    with begun.recording():
        model(input_ids=torch.tensor([[0, 1]]), use_cache=False)
    rows = torch.tensor([0])
    with (
        pytest.raises(ZeroDivisionError),
        SiteForcer(site, [((1,), (2.0,))], torch.ones((1, 2), dtype=torch.bool)),
        begun.resumed(rows),
    ):
        raise ZeroDivisionError
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert not any("forward" in block.__dict__ for block in site.modules)


def test_a_forward_method_that_somebody_replaced_is_put_back(llama: tuple[Any, Any]) -> None:
    import torch

    model, _ = tiny.build("llama")
    (site,) = find_sites(model, ("residual",))
    own = site.modules[0].forward
    site.modules[0].forward = lambda *args, **kwargs: own(*args, **kwargs)
    replaced = site.modules[0].__dict__["forward"]
    begun = Resume(site.modules, 2)
    with begun.recording():
        whole = model(input_ids=torch.tensor([[0, 1, 7]]), use_cache=False).logits
    with begun.resumed(torch.tensor([0])):
        late = model(input_ids=torch.tensor([[0, 1, 7]]), use_cache=False).logits
    assert torch.allclose(whole, late, atol=1e-5)
    assert site.modules[0].__dict__["forward"] is replaced


def test_an_architecture_that_cannot_begin_late_runs_whole(
    llama: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, _ = llama
    (site,) = find_sites(model, ("residual",))
    forced = [[((2 * site.width + 1,), (3.0,))] * len(TEXTS)]
    wanted = likelihoods(model, site, TEXTS, forced, resume=False).likelihood
    original = Resume.recording

    def spoilt(self: Resume) -> Any:
        context = original(self)
        self._first = 1  # what was recorded is another block's
        return context

    monkeypatch.setattr(Resume, "recording", spoilt)
    resumed = Resume.resumed

    def elsewhere(self: Resume, rows: Any) -> Any:
        self._first = 2
        return resumed(self, rows)

    monkeypatch.setattr(Resume, "resumed", elsewhere)
    assert likelihoods(model, site, TEXTS, forced).likelihood == pytest.approx(wanted, rel=1e-6)


def test_what_is_no_number_is_said(llama: tuple[Any, Any]) -> None:
    model, _ = llama
    (site,) = find_sites(model, ("residual",))
    with pytest.raises(TraceError, match=r"NaN or infinite with neurons set.*--concept-dtype float32"):
        likelihoods(model, site, TEXTS, [[((1,), (float("nan"),))] * len(TEXTS)])


def test_the_order_of_texts_changes_nothing_but_rounding(llama: tuple[Any, Any]) -> None:
    model, _ = llama
    (site,) = find_sites(model, ("mlp",))
    rows: list[Forced] = [((50 + at,), (1.0,)) for at in range(len(TEXTS))]
    found = likelihoods(model, site, TEXTS, [rows]).likelihood
    assert likelihoods(model, site, TEXTS[::-1], [rows[::-1]]).likelihood[:, ::-1] == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize("name", SITES)
def test_texts_in_several_passes_are_as_in_one(
    name: str, pair: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, _ = pair
    (site,) = find_sites(model, (name,))
    forced: list[list[Forced]] = [[((2 * site.width + at,), (3.0,)) for at in range(len(TEXTS))]]
    wanted = likelihoods(model, site, TEXTS, forced).likelihood
    head = model.get_output_embeddings().weight.shape[0]
    # As long as a text's logits are more than may be in memory, one at a time.
    monkeypatch.setattr(score, "_LOGITS", head)
    monkeypatch.setattr(score, "_LOGITS_FIRST", head)
    most: list[int] = []
    reading = model.get_output_embeddings().register_forward_pre_hook(lambda _, args: most.append(args[0].shape[0]))
    try:
        assert likelihoods(model, site, TEXTS, forced).likelihood == pytest.approx(wanted, rel=1e-5)
    finally:
        reading.remove()
    assert set(most) == {1}


@contextmanager
def short_of_memory(model: Any, most: int) -> Iterator[list[int]]:
    """At the end of a pass over too many rows, when early blocks have been recorded, memory runs out."""
    import torch

    rows: list[int] = []

    def fail(*_: Any) -> None:
        if rows[-1] > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    handles = [
        model.register_forward_pre_hook(lambda _, args, own: rows.append(len(own["input_ids"])), with_kwargs=True),
        model.get_output_embeddings().register_forward_hook(fail),
    ]
    try:
        yield rows
    finally:
        for handle in handles:
            handle.remove()


@pytest.mark.parametrize("name", SITES)
@pytest.mark.parametrize("resume", [True, False])
def test_passes_are_halved_where_memory_is_short(name: str, resume: bool, pair: tuple[Any, Any]) -> None:
    model, _ = pair
    (site,) = find_sites(model, (name,))
    forced: list[list[Forced]] = [[((2 * site.width + at,), (3.0,)) for at in range(len(TEXTS))]]
    wanted = likelihoods(model, site, TEXTS, forced).likelihood
    said: list[int] = []
    with short_of_memory(model, 1) as rows:
        found = likelihoods(model, site, TEXTS, forced, halving=Halving(said.append), resume=resume).likelihood
    assert found == pytest.approx(wanted, rel=1e-5)
    assert said == [2, 1]
    assert rows[:5] == [3, 2, 1, 1, 1]
    with (
        short_of_memory(model, 0),
        pytest.raises(TraceError, match="does not suffice for the prompt 'number 1' even in a batch of its own"),
    ):
        likelihoods(model, site, TEXTS, forced, prompt=lambda at: f"number {at}", resume=resume)


def test_a_pass_that_fails_leaves_no_early_blocks(llama: tuple[Any, Any]) -> None:
    import torch

    model, _ = llama
    begun = Resume(find_sites(model, ("residual",))[0].modules, 1)
    with pytest.raises(torch.OutOfMemoryError), short_of_memory(model, 0), begun.recording():
        model(input_ids=torch.tensor([[0, 5, 9]]))
    with pytest.raises(RuntimeError, match="before anything was recorded"), begun.resumed(torch.tensor([0])):
        pass


@pytest.mark.parametrize("resume", [True, False])
def test_the_last_token_may_lie_beyond_the_context(resume: bool) -> None:
    model, _ = tiny.build("gpt2")
    (site,) = find_sites(model, ("residual",))
    ids = tuple(5 + at % 90 for at in range(tiny.CONTEXT + 1))
    texts = [Text(ids[:1], ids[1:]), Text(ids[:60], ids[60:80]), Text(ids[:-1], ids[-1:])]
    forced: list[list[Forced]] = [[((2 * site.width,), (9.0,))] * 3]
    found = likelihoods(model, site, texts, forced, resume=resume).likelihood
    assert np.isfinite(found).all()
    (alone,) = likelihoods(model, site, texts[1:2], []).likelihood
    assert found[0, 1] == pytest.approx(alone[0], rel=1e-5)
    assert (found[0] != found[1]).all()


def test_a_model_whose_logits_are_no_layers() -> None:
    from types import SimpleNamespace

    model, _ = tiny.build("llama")
    (site,) = find_sites(model, ("residual",))
    inner, weight = model.model, model.lm_head.weight
    model.forward = lambda *, return_dict, **asked: SimpleNamespace(logits=inner(**asked)[0] @ weight.T)
    with pytest.raises(TraceError, match="does not take its logits from a layer of its own"):
        likelihoods(model, site, TEXTS, [])
    model.get_output_embeddings = lambda: None
    with pytest.raises(TraceError, match="does not take its logits from a layer of its own"):
        likelihoods(model, site, TEXTS, [])
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
