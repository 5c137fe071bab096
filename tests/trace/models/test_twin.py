from __future__ import annotations

import torch

from neurontest.trace.models.named import from_transformers
from neurontest.trace.models.twin import RandomTwin
from tests import tiny


def test_a_twin_has_the_shape_and_none_of_the_weights() -> None:
    model, tokenizer = tiny.build("llama")
    handle = from_transformers(model, tokenizer, name="tiny")
    state = torch.random.get_rng_state()
    twin, same = RandomTwin(handle, 7).load()
    assert torch.equal(torch.random.get_rng_state(), state)
    assert same is tokenizer
    assert not twin.training
    assert type(twin) is type(model)
    for (name, own), (other, drawn) in zip(model.named_parameters(), twin.named_parameters(), strict=True):
        assert name == other
        assert own.shape == drawn.shape
        assert own.dtype == drawn.dtype
        # Norms begin as ones in both.
        assert own.std() == 0 or not torch.equal(own, drawn)


def test_a_twin_is_the_same_again_and_known_by_its_seed() -> None:
    handle = from_transformers(*tiny.build("llama"), name="tiny")
    first, second = (RandomTwin(handle, 7).load()[0].state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    names = {one.fingerprint for one in (handle, RandomTwin(handle, 7), RandomTwin(handle, 8))}
    assert len(names) == 3
    assert RandomTwin(handle).name == "tiny with random weights"
