"""Models in wrappers: with adapters, and compiled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurontest.errors import ModelError
from neurontest.trace.fingerprint.memory import of_memory
from neurontest.trace.models.named import from_transformers
from neurontest.trace.wrapped import looked_through
from tests import tiny
from tests.trace.models.test_loading import traced

#: Of what peft asks of transformers.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """What is drawn for an adapter's weights is the same in every test."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        yield


def adapted(names: tuple[str, ...] = ("one", "two"), *, alpha: int = 8, **more: Any) -> tuple[Any, Any]:
    """A model with adapters of random weights, of which the first is active."""
    peft = pytest.importorskip("peft")
    import torch

    torch.manual_seed(3)
    model, tokenizer = tiny.build()
    config = peft.LoraConfig(
        r=2, lora_alpha=alpha, target_modules=["q_proj", "down_proj"], init_lora_weights=False, **more
    )
    model = peft.get_peft_model(model, config, adapter_name=names[0])
    for name in names[1:]:
        model.add_adapter(name, config)
    return model, tokenizer


def test_adapters_and_what_is_done_with_them_are_told_apart() -> None:
    seen = {}
    model, tokenizer = adapted()
    seen["a"] = from_transformers(model, tokenizer).fingerprint
    model.set_adapter("two")
    seen["b"] = from_transformers(model, tokenizer).fingerprint
    model.set_adapter("one")
    assert from_transformers(model, tokenizer).fingerprint == seen["a"]
    with model.disable_adapter():
        seen["none"] = from_transformers(model, tokenizer).fingerprint
    assert from_transformers(model, tokenizer).fingerprint == seen["a"]
    seen["another alpha"] = from_transformers(*adapted(alpha=9)).fingerprint
    assert from_transformers(*adapted()).fingerprint == seen["a"]
    module = looked_through(model).model.layers[1].mlp.down_proj
    module.set_scale("one", 1.5)
    seen["scaled"] = from_transformers(model, tokenizer).fingerprint
    model.merge_adapter()
    seen["merged"] = from_transformers(model, tokenizer).fingerprint
    seen["gone"] = of_memory(model.unload(), tokenizer)
    seen["plain"] = of_memory(*tiny.build())
    assert len(set(seen.values())) == len(seen)


def test_an_adapter_is_in_what_is_traced_and_a_merged_one_as_well(tmp_path: Path) -> None:
    model, tokenizer = adapted(("one",))
    plain = traced(from_transformers(*tiny.build()), tmp_path / "plain", "prompt")
    live = traced(from_transformers(model, tokenizer), tmp_path / "live", "prompt")
    merged = traced(from_transformers(model.merge_and_unload(), tokenizer), tmp_path / "merged", "prompt")
    for without, one, other in zip(plain, live, merged, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)
        assert not np.allclose(without, one, atol=0.01)


def test_later_runs_do_not_repeat_the_verdict_of_another_adapter(tmp_path: Path) -> None:
    """One cache for all of them, as in a session that tests one after another."""
    model, tokenizer = adapted()
    found = []
    for name in ("one", "two", "one"):
        model.set_adapter(name)
        found.append(traced(from_transformers(model, tokenizer), tmp_path, "generated")[2])
    assert not np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


def test_another_adapter_after_the_model_was_handed_over_is_refused() -> None:
    model, tokenizer = adapted()
    handle = from_transformers(model, tokenizer)
    assert handle.fingerprint
    assert handle.load()
    model.set_adapter("two")
    with pytest.raises(ModelError, match="was changed after it was handed over"):
        handle.load()


def test_dropout_of_an_adapter_is_off(tmp_path: Path) -> None:
    model, tokenizer = adapted(("one",), lora_dropout=0.5)
    model.train()
    one, two = (traced(from_transformers(model, tokenizer), tmp_path / name, "prompt") for name in "ab")
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("kind", ["PromptTuningConfig", "PrefixTuningConfig"])
def test_vectors_before_the_prompt_are_refused(kind: str) -> None:
    peft = pytest.importorskip("peft")
    model, tokenizer = tiny.build()
    wrapped = peft.get_peft_model(model, getattr(peft, kind)(task_type="CAUSAL_LM", num_virtual_tokens=3))
    with pytest.raises(ModelError, match=r"puts learnt vectors before every prompt .*cannot be traced"):
        from_transformers(wrapped, tokenizer)


def test_an_adapter_that_transformers_itself_has_added(tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    model, tokenizer = tiny.build()
    plain = of_memory(model, tokenizer)
    model.add_adapter(peft.LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False), adapter_name="one")
    live = of_memory(model, tokenizer)
    model.disable_adapters()
    assert len({plain, live, of_memory(model, tokenizer)}) == 3
    assert traced(from_transformers(model, tokenizer), tmp_path, "generated")


def compiled(model: Any) -> Any:
    import torch

    return torch.compile(model, backend="eager")


def test_a_compiled_model_is_looked_through(tmp_path: Path) -> None:
    plain, tokenizer = tiny.build()
    whole = compiled(tiny.build()[0])
    part, inside = tiny.build()[0], tiny.build()[0]
    part.model.layers[1] = compiled(part.model.layers[1])
    inside.compile(backend="eager")
    expected = traced(from_transformers(plain, tokenizer), tmp_path / "plain", "generated")
    for name, model in (("whole", whole), ("part", part), ("inside", inside)):
        handle = from_transformers(model, tokenizer)
        assert handle.fingerprint == of_memory(plain, tokenizer)
        found = traced(handle, tmp_path / name, "generated")
        assert all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True))


def test_a_compiled_model_with_adapters() -> None:
    model, tokenizer = adapted()
    seen = from_transformers(model, tokenizer).fingerprint
    assert from_transformers(compiled(model), tokenizer).fingerprint == seen


def test_a_hook_on_the_wrapper_would_be_passed_by_and_is_refused() -> None:
    model, tokenizer = tiny.build()
    wrapped = compiled(model)

    def other(_: Any, args: Any, output: Any) -> Any:
        output.logits = output.logits * 2
        return output

    wrapped.register_forward_hook(other)
    with pytest.raises(ModelError, match=r"gives other logits than the LlamaForCausalLM within it"):
        _ = from_transformers(wrapped, tokenizer).fingerprint
