"""Models in memory: two that compute differently are never called the same, and one is called the same at any time."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neurontest.errors import ModelError
from neurontest.trace.engine import Tracer
from neurontest.trace.fingerprint import probe
from neurontest.trace.fingerprint.memory import Identity, of_memory
from neurontest.trace.fingerprint.structure import Structure
from neurontest.trace.models.named import from_transformers
from neurontest.types import notices_of, silent
from tests import tiny
from tests.architectures import ARCHITECTURES
from tests.trace.models.test_loading import traced

ROOT = Path(__file__).parents[3]
FACTOR = 1.5


def vector(seed: float) -> Any:
    import torch

    return seed * torch.arange(float(tiny.HIDDEN))


def steer(block: Any, by: Any, *, slight: float = 1.0) -> Any:
    return block.register_forward_hook(lambda _, args, output: output + slight * by)


class Ablation:
    """A hook that is an object."""

    def __init__(self, neuron: int) -> None:
        self.neuron = neuron

    def __call__(self, module: Any, args: Any, output: Any) -> Any:
        output = output.clone()
        output[..., self.neuron] = 0
        return output

    def before(self, module: Any, args: Any) -> Any:
        return (args[0] * self.neuron, *args[1:])


def by_a_global(module: Any, args: Any, output: Any) -> Any:
    return output * FACTOR


def scaled(self: Any, x: Any, *, by: float) -> Any:
    return type(self).forward(self, x) * by


# Each changes a fresh model into another one; the same name at the front, and it is slight, else.


def _steered(model: Any) -> None:
    steer(model.model.layers[1], vector(1))


def _steered_by_another(model: Any) -> None:
    steer(model.model.layers[1], vector(2))


def _steered_by_hardly_another(model: Any) -> None:
    steer(model.model.layers[1], vector(1 + 1e-6))


def _steered_elsewhere(model: Any) -> None:
    steer(model.model.layers[0], vector(1))


def _steered_at_other_tokens(model: Any) -> None:
    by = vector(1)

    def late(_: Any, args: Any, output: Any) -> Any:
        return output + by if output.shape[1] > 60 else output

    model.model.layers[1].register_forward_hook(late)


def _steered_at_still_others(model: Any) -> None:
    by = vector(1)

    def late(_: Any, args: Any, output: Any) -> Any:
        return output + by if output.shape[1] > 61 else output

    model.model.layers[1].register_forward_hook(late)


def _ablated(model: Any) -> None:
    model.model.layers[1].register_forward_hook(Ablation(3))


def _ablated_another(model: Any) -> None:
    model.model.layers[1].register_forward_hook(Ablation(4))


def _before(model: Any) -> None:
    model.model.layers[1].mlp.down_proj.register_forward_pre_hook(Ablation(3).before)


def _before_by_a_part(model: Any) -> None:
    model.model.layers[1].mlp.down_proj.register_forward_pre_hook(functools.partial(Ablation.before, Ablation(2)))


def _scaled_by_a_global(model: Any) -> None:
    model.model.layers[1].register_forward_hook(by_a_global)


def _forward_replaced(model: Any) -> None:
    mlp = model.model.layers[1].mlp
    mlp.forward = functools.partial(scaled, mlp, by=2.0)


def _forward_replaced_by_another(model: Any) -> None:
    mlp = model.model.layers[1].mlp
    mlp.forward = functools.partial(scaled, mlp, by=3.0)


def _forward_of_another_class(model: Any) -> None:
    from torch import nn

    mlp = model.model.layers[1].mlp
    mlp.forward = types.MethodType(nn.Identity.forward, mlp)


def _parametrized(model: Any) -> None:
    from torch import nn
    from torch.nn.utils import parametrize

    parametrize.register_parametrization(model.model.layers[1].mlp.up_proj, "weight", nn.Softplus(beta=2))


def _parametrized_otherwise(model: Any) -> None:
    from torch import nn
    from torch.nn.utils import parametrize

    parametrize.register_parametrization(model.model.layers[1].mlp.up_proj, "weight", nn.Softplus(beta=3))


def _with_another_buffer(model: Any) -> None:
    model.model.rotary_emb.inv_freq *= 1.0001


def _with_a_setting_of_a_module(model: Any) -> None:
    model.model.layers[1].self_attn.scaling *= 1.0001


def _with_a_setting_of_its_configuration(model: Any) -> None:
    model.config.sliding_window = 5


def _with_another_end(model: Any) -> None:
    model.generation_config.eos_token_id = 5


def _eager(model: Any) -> None:
    model.config._attn_implementation = "eager"


def _with_a_part_exchanged(model: Any) -> None:
    from torch import nn

    model.model.layers[1].mlp.act_fn = nn.GELU()


CHANGES: dict[str, Callable[[Any], None]] = {
    name.lstrip("_"): value
    for name, value in list(globals().items())
    if name.startswith("_") and isinstance(value, types.FunctionType) and value.__code__.co_varnames[:1] == ("model",)
}


@functools.cache
def fingerprints() -> dict[str, str]:
    found = {"plain": of_memory(*tiny.build())}
    for name, change in CHANGES.items():
        model, tokenizer = tiny.build()
        change(model)
        found[name] = of_memory(model, tokenizer)
    return found


def test_no_two_changes_and_no_change_have_one_fingerprint() -> None:
    assert len(CHANGES) > 18
    assert len(set(fingerprints().values())) == len(CHANGES) + 1


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_is_made_again_has_the_same_one(name: str) -> None:
    model, tokenizer = tiny.build()
    CHANGES[name](model)
    assert of_memory(model, tokenizer) == fingerprints()[name]


def test_a_global_that_a_hook_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "FACTOR", 1.5000001)
    model, tokenizer = tiny.build()
    _scaled_by_a_global(model)
    assert of_memory(model, tokenizer) != fingerprints()["scaled_by_a_global"]


def test_methods_and_functions_of_libraries_that_were_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from transformers.models.llama import modeling_llama

    whole, rotate = modeling_llama.LlamaMLP.forward, modeling_llama.apply_rotary_pos_emb

    @functools.wraps(whole)
    def halved(self: Any, x: Any) -> Any:
        return whole(self, x) / 2

    def turned(*args: Any, **said: Any) -> Any:
        return rotate(*args, **said)[::-1]

    model, tokenizer = tiny.build()
    seen = {of_memory(model, tokenizer)}
    for owner, name, other in (
        (modeling_llama.LlamaMLP, "forward", halved),
        (modeling_llama, "apply_rotary_pos_emb", turned),
        (torch.nn.functional, "silu", torch.nn.functional.gelu),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, other)
            found = Identity(model, tokenizer)
            seen.add(found.fingerprint)
            if owner is not torch.nn.functional:
                assert f"{name}" in found.notices[0]
    assert len(seen) == 4
    assert of_memory(model, tokenizer) in seen


def test_hooks_on_all_modules() -> None:
    from torch.nn.modules.module import register_module_forward_hook

    model, tokenizer = tiny.build()
    handle = register_module_forward_hook(lambda module, args, output: None)
    try:
        found = Identity(model, tokenizer)
    finally:
        handle.remove()
    assert "a hook on all modules" in found.notices[0]
    assert found.fingerprint != fingerprints()["plain"]


def test_an_implementation_of_attention_that_was_registered() -> None:
    from transformers import AttentionInterface
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    seen = set()
    for factor in (1.0, 2.0):

        def mine(*args: Any, factor: float = factor, **said: Any) -> Any:
            output, weights = sdpa_attention_forward(*args, **said)
            return output * factor, weights

        AttentionInterface.register("mine", mine)
        model, tokenizer = tiny.build()
        model.config._attn_implementation = "mine"
        seen.add(of_memory(model, tokenizer))
    assert len(seen) == 2


def test_what_says_nothing_of_what_is_computed() -> None:
    """The mode that it is in, where it is from, and that it was run before."""
    import torch

    model, tokenizer = tiny.build()
    model.train()
    model.model.layers[1].eval()
    modes = [module.training for module in model.modules()]
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    model.config._name_or_path = model.name_or_path = "elsewhere"
    model(torch.arange(50)[None])
    assert of_memory(model, tokenizer) == fingerprints()["plain"]
    assert [module.training for module in model.modules()] == modes
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(module._forward_hooks for module in model.modules())
    assert not any(module.training for module in from_transformers(model, tokenizer).load()[0].modules())


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_architecture_has_a_steady_name(name: str) -> None:
    one, two = (Identity(*ARCHITECTURES[name].pair()) for _ in range(2))
    assert one.fingerprint == two.fingerprint
    assert not one.notices
    one.check()


CODE = """
import sys
sys.path.insert(0, {root!r})
from tests.trace.fingerprint.test_memory import CHANGES, of_memory, tiny
import torch
for name in {names!r}:
    model, tokenizer = tiny.build()
    CHANGES[name](model)
    print(of_memory(model, tokenizer))
"""


def test_another_process_with_other_threads_finds_the_same() -> None:
    names = ["steered", "ablated", "forward_replaced", "parametrized", "scaled_by_a_global"]
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE.format(root=str(ROOT), names=names)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "2", "PYTHONHASHSEED": "7"},
    )
    assert ran.stdout.split() == [fingerprints()[name] for name in names]


def _counting(model: Any) -> None:
    passes = 0

    def count(_: Any, args: Any, output: Any) -> Any:
        nonlocal passes
        passes += 1
        return output * 2 if passes > 1000 else output

    model.model.layers[1].register_forward_hook(count)


def _noisy(model: Any) -> None:
    import torch

    model.model.layers[1].register_forward_hook(lambda _, args, output: output + torch.randn_like(output))


def _collecting(model: Any) -> None:
    kept: list[Any] = []
    model.model.layers[1].register_forward_hook(lambda _, args, output: kept.append(output))


def _hidden(model: Any) -> None:
    """Adds what a generator gives, whose state is nowhere to be seen."""
    amounts = iter(range(10**6))
    model.model.layers[1].register_forward_hook(lambda _, args, output: output + 0 * next(amounts))


@pytest.mark.parametrize("change", [_counting, _noisy, _collecting, _hidden])
def test_a_model_that_cannot_be_told_is_not_kept_and_says_so(change: Callable[[Any], None], tmp_path: Path) -> None:
    seen, said = set(), list[str]()
    for _ in range(2):
        model, tokenizer = tiny.build()
        change(model)
        handle = from_transformers(model, tokenizer)
        seen.add(handle.fingerprint)
        Tracer(handle, cache_dir=tmp_path, batch_size=2, progress=silent, notice=said.append)
        assert handle.load()
    assert len(seen) == 2
    assert all("cannot be told from other models" in text and "later runs trace it anew" in text for text in said)
    assert len(said) == 2


def test_who_reads_the_results_is_told_of_hooks(tmp_path: Path) -> None:
    model, tokenizer = tiny.build()
    _steered(model)
    said: list[str] = []
    handle = from_transformers(model, tokenizer)
    Tracer(handle, cache_dir=tmp_path, batch_size=2, progress=silent, notice=said.append)
    assert len(said) == 1
    assert "carries code that is not its own (a hook on LlamaDecoderLayer)" in said[0]
    assert not notices_of(from_transformers(*tiny.build()))


@pytest.mark.parametrize("name", [name for name in CHANGES if not name.startswith("with_another_end")])
def test_a_model_that_was_changed_after_it_was_handed_over_is_refused(name: str) -> None:
    model, tokenizer = tiny.build()
    handle = from_transformers(model, tokenizer)
    assert handle.fingerprint == fingerprints()["plain"]
    assert handle.load()
    CHANGES[name](model)
    with pytest.raises(ModelError, match="was changed after it was handed over"):
        handle.load()


def test_weights_that_were_written_to_in_secret_are_found() -> None:
    model, tokenizer = tiny.build()
    handle = from_transformers(model, tokenizer)
    assert handle.fingerprint
    model.model.layers[1].mlp.up_proj.weight.data.mul_(1.01)
    with pytest.raises(ModelError, match="was changed after it was handed over"):
        handle.load()


def test_tracing_changes_nothing(tmp_path: Path) -> None:
    for positions in ("generated", "prompt"):
        handle = from_transformers(*tiny.build())
        traced(handle, tmp_path, positions)
        handle.load()


def test_settings_of_a_tokenizer_that_are_in_no_file() -> None:
    model, tokenizer = tiny.build()
    seen = {of_memory(model, tokenizer)}
    tokenizer.apply_chat_template = lambda turns, **said: "always this"
    seen.add(of_memory(model, tokenizer))
    tokenizer.apply_chat_template = lambda turns, **said: "or that"
    seen.add(of_memory(model, tokenizer))
    tokenizer.split_special_tokens = True
    seen.add(of_memory(model, tokenizer))
    assert len(seen) == 4


def test_a_model_that_is_not_in_memory() -> None:
    import torch
    import transformers

    model, tokenizer = tiny.build()
    with torch.device("meta"):
        empty = transformers.LlamaForCausalLM(model.config)
    with pytest.raises(ModelError, match="is not in memory; load it without offloading"):
        of_memory(empty, tokenizer)


def test_a_probe_of_a_model_that_cannot_be_run_says_nothing() -> None:
    model, _ = tiny.build()
    model.model.layers[0].forward = lambda *args, **said: 1 / 0
    assert probe.probe(model).size == 0
    assert Structure(model).attached == ("LlamaDecoderLayer.forward",)
