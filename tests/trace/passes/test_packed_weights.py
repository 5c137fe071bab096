"""Packed weights: the same results, and the model as it was on every way out."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from neurontest.trace.passes import packed_weights as module
from neurontest.trace.passes.packed_weights import packed
from tests.trace.texts.test_write import BOTH, GENERATION, assert_same, rows, written


@pytest.fixture(autouse=True)
def _kernels() -> None:
    if not module._works():
        pytest.skip("this processor or build of torch has no packed kernels")


@pytest.mark.parametrize("shape", [(1, 32), (5, 32), (2, 7, 32)])
@pytest.mark.parametrize("bias", [True, False])
def test_a_packed_layer_multiplies_alike(shape: tuple[int, ...], bias: bool) -> None:
    import torch

    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        torch.manual_seed(3)
        layer, x = torch.nn.Linear(32, 48, bias=bias), torch.randn(shape)
        want = layer(x)
        with packed(torch.nn.Sequential(layer)) as count:
            got = layer(x)
    assert count == 1
    assert got.shape == want.shape
    np.testing.assert_allclose(got.numpy(), want.numpy(), rtol=1e-5, atol=1e-5)


def test_traces_are_the_same(pair: tuple[Any, Any]) -> None:
    plain = written(pair)
    with packed(pair[0]) as count:
        assert_same(plain, written(pair))
    assert count >= 1  # all layers of GPT-2 but its head are of another class


def test_bfloat16_is_packed_where_the_processor_has_it(llama: tuple[Any, Any]) -> None:
    import torch

    model = copy.deepcopy(llama[0]).to(torch.bfloat16)
    with packed(model) as count:
        texts = written((model, llama[1]))
    assert (count > 0) == (torch.bfloat16 in module._formats())
    assert all(np.isfinite(values).all() for text in texts.values() for values in text.activations.values())


def test_the_layers_are_as_before_also_on_an_error(llama: tuple[Any, Any]) -> None:
    model, _ = llama

    def forwards() -> list[bool]:
        return ["forward" in layer.__dict__ for layer in model.modules()]

    def crash() -> None:
        with packed(model) as count:
            assert sum(forwards()) == count > 0
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        crash()
    assert not any(forwards())


def test_layers_that_mean_something_else_are_left_alone() -> None:
    import torch

    class Scaled(torch.nn.Linear):  # type: ignore[misc]
        def forward(self, input: Any) -> Any:
            return 2 * super().forward(input)

    odd, replaced, whole = Scaled(4, 4), torch.nn.Linear(4, 4), torch.nn.Linear(4, 4, dtype=torch.float64)
    replaced.forward = lambda input: input
    with packed(torch.nn.Sequential(odd, replaced, whole)) as count:
        assert count == 0
    assert "forward" in replaced.__dict__


def test_a_model_too_large_for_a_second_copy_is_left_alone(
    llama: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = sum(layer.weight.nbytes for layer in module._layers(llama[0]))
    monkeypatch.setattr(module, "_memory", lambda: int(weights / module.SHARE) - 1)
    with packed(llama[0]) as count:
        assert count == 0


def test_where_the_kernels_are_called_otherwise_nothing_is_packed(
    llama: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(weight: Any) -> Any:
        raise TypeError("takes one argument more")

    monkeypatch.setattr(module, "_pack", changed)
    with packed(llama[0]) as count:
        assert count == 0


def test_hooks_read_packed_layers(llama: tuple[Any, Any]) -> None:
    # The input of the down-projection is read by a hook on a layer that is packed.
    with packed(llama[0]):
        texts = written(llama)
    assert all(text.activations["mlp", where].any() for text in texts.values() for where in BOTH)
    assert len(texts) == len(rows(llama[1], GENERATION))
