"""Batched, hooked generation against a replay of its own texts, against itself, and against what must fail."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from neurontest.errors import TraceError
from neurontest.trace.passes.decoder import begin
from neurontest.trace.sites.find import find_sites
from neurontest.trace.texts.write import WORTH_DROPPING, Row, Written, batches, check_lengths, end_of_text, write
from neurontest.types import Generation
from tests import tiny
from tests.trace.replay import replay

PROMPTS = (
    "Tulips",
    "In the spring the fields of Holland",
    "Hà Nội",
    "a",
    "The soldiers marched into the city at dawn and",
    "Vietnam is a long country",
    '"Why?" she asked',
    "One two three four five",
)
GENERATION = Generation(max_new_tokens=12, samples=2, temperature=0.9, top_k=40, seed=7)
BOTH = ("generated", "last")


def rows(tokenizer: Any, generation: Generation = GENERATION, prompts: tuple[str, ...] = PROMPTS) -> list[Row]:
    return [
        Row(prompt, sample, tiny.encode(tokenizer, prompt, generation))
        for prompt in prompts
        for sample in range(generation.samples)
    ]


def written(
    pair: tuple[Any, Any],
    generation: Generation = GENERATION,
    *,
    batch_size: int = 32,
    prompts: tuple[str, ...] = PROMPTS,
    use_cache: bool = True,
) -> dict[tuple[str, int], Written]:
    model, tokenizer = pair
    sites = find_sites(model, ("mlp", "residual"))
    texts = [
        text
        for batch in batches(rows(tokenizer, generation, prompts), batch_size)
        for text in write(model, tokenizer, batch, generation, sites, BOTH, use_cache=use_cache)
    ]
    return {(text.row.prompt, text.row.sample): text for text in texts}


def assert_same(one: dict[tuple[str, int], Written], two: dict[tuple[str, int], Written]) -> None:
    """Same texts but for counted draws; activations of same texts to 1e-4 relative."""
    compared = 0
    for name in one.keys() & two.keys():
        if one[name].ids != two[name].ids:
            assert one[name].near_boundary, name
            continue
        compared += 1
        for where, values in one[name].activations.items():
            scale = np.abs(values).max()
            np.testing.assert_allclose(two[name].activations[where], values, rtol=1e-4, atol=1e-4 * scale)
    assert compared >= 0.8 * min(len(one), len(two))


@contextmanager
def ending_at(model: Any, tokens: set[int]) -> Iterator[None]:
    """Let `tokens` end a text too, so that some rows end early and others do not."""
    before = model.generation_config.eos_token_id
    model.generation_config.eos_token_id = sorted({1} | tokens)
    try:
        yield
    finally:
        model.generation_config.eos_token_id = before


def test_trace_equals_a_teacher_forced_replay(pair: tuple[Any, Any]) -> None:
    for text in written(pair).values():
        for where, values in replay(pair[0], text.row.ids, text.ids).items():
            np.testing.assert_allclose(
                text.activations[where], values, rtol=1e-4, atol=1e-5 * np.abs(values).max(), err_msg=str(where)
            )


def test_cache_on_equals_cache_off(pair: tuple[Any, Any]) -> None:
    assert_same(written(pair), written(pair, use_cache=False))


def test_batch_of_one_equals_batch_of_32(pair: tuple[Any, Any]) -> None:
    assert_same(written(pair, batch_size=1), written(pair, batch_size=32))


def test_neighbours_and_order_do_not_matter(llama: tuple[Any, Any]) -> None:
    everyone = written(llama)
    assert_same(everyone, written(llama, prompts=tuple(reversed(PROMPTS))))
    assert_same(everyone, written(llama, prompts=PROMPTS[2:5]))


def test_samples_and_seeds_write_differently(llama: tuple[Any, Any]) -> None:
    one, other = written(llama), written(llama, replace(GENERATION, seed=8))
    assert all(one[prompt, 0].ids != one[prompt, 1].ids for prompt in PROMPTS)
    assert all(one[name].ids != other[name].ids for name in one)


def test_texts_that_end_early_take_no_further_step(pair: tuple[Any, Any]) -> None:
    model, tokenizer = pair
    free = written(pair)
    # Tokens of which each ends some of the texts before their limit, at different steps.
    enders = {text.ids[step] for step, text in zip((2, 4, 6), free.values(), strict=False)}
    with ending_at(model, enders):
        texts = written(pair)
        ends = end_of_text(model, tokenizer)
    assert {1} | enders <= ends
    lengths = {len(text.ids) for text in texts.values()}
    assert len(lengths) > 1, "no text ended before another"
    for name, text in texts.items():
        assert text.ended == (text.ids[-1] in ends)
        assert not set(text.ids[:-1]) & ends
        assert text.ended or len(text.ids) == GENERATION.max_new_tokens
        if not text.near_boundary:
            assert text.ids == free[name].ids[: len(text.ids)]
        for where, values in replay(model, text.row.ids, text.ids).items():
            np.testing.assert_allclose(text.activations[where], values, rtol=1e-4, atol=1e-5 * np.abs(values).max())


def test_generation_stops_when_all_texts_have_ended(llama: tuple[Any, Any]) -> None:
    model, tokenizer = llama
    steps: list[int] = []
    with ending_at(model, set(range(len(tokenizer)))):
        texts = write(
            model,
            tokenizer,
            rows(tokenizer),
            GENERATION,
            find_sites(model, ("residual",)),
            BOTH,
            on_step=lambda step, tokens: steps.append(step),
        )
    assert steps == [1]
    assert all(text.ended and len(text.ids) == 1 for text in texts)


def test_padding_may_be_the_end_of_text(llama: tuple[Any, Any]) -> None:
    # The tiny tokenizer pads with its end-of-text token, and prompts of unequal length are padded.
    _, tokenizer = llama
    assert tokenizer.pad_token_id == tokenizer.eos_token_id
    assert all(len(text.ids) > 1 for text in written(llama).values())


def test_greedy_takes_the_likeliest_token_at_every_step(pair: tuple[Any, Any]) -> None:
    import torch

    model, _ = pair
    greedy = replace(GENERATION, temperature=0.0, samples=1)
    for text in written(pair, greedy).values():
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([list(text.row.ids + text.ids)])).logits[0]
        steps = logits[len(text.row.ids) - 1 : -1]
        if not text.near_boundary:
            assert steps.argmax(-1).tolist() == list(text.ids)


def test_draws_stay_within_the_top_k(llama: tuple[Any, Any]) -> None:
    import torch

    model, _ = llama
    for text in written(llama, replace(GENERATION, top_k=3, temperature=3.0)).values():
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([list(text.row.ids + text.ids)])).logits[0]
        top = logits[len(text.row.ids) - 1 : -1].topk(3).indices
        if not text.near_boundary:
            assert all(token in allowed for token, allowed in zip(text.ids, top.tolist(), strict=True))


def test_chat_format_is_one_user_turn(llama: tuple[Any, Any]) -> None:
    _, tokenizer = llama
    chat = replace(GENERATION, format="chat", samples=1)
    ids = tiny.encode(tokenizer, "Tulips", chat)
    assert tokenizer.decode(list(ids)).endswith("[user] Tulips\n[assistant] ")
    plain = replace(GENERATION, samples=1)
    assert tokenizer.decode(list(tiny.encode(tokenizer, "Tulips", plain))) == "<s>Tulips"
    one, other = written(llama, chat)["Tulips", 0], written(llama, plain)["Tulips", 0]
    assert one.ids != other.ids


def test_chat_format_needs_a_template(llama: tuple[Any, Any]) -> None:
    tokenizer = copy.deepcopy(llama[1])
    tokenizer.chat_template = None
    with pytest.raises(TraceError, match=r"'Tulips' cannot be put as a chat turn.*no chat template"):
        tiny.encode(tokenizer, "Tulips", replace(GENERATION, format="chat"))


@pytest.mark.parametrize("prompt", ["", "  \n"])
def test_an_empty_prompt_is_refused(llama: tuple[Any, Any], prompt: str) -> None:
    with pytest.raises(TraceError, match="is empty"):
        tiny.encode(llama[1], prompt, GENERATION)


def test_a_prompt_without_tokens_is_refused() -> None:
    from tokenizers import normalizers

    tokenizer = tiny.tokenizer()
    tokenizer.backend_tokenizer.normalizer = normalizers.Replace("x", "")
    with pytest.raises(TraceError, match="'xx' is empty"):
        tiny.encode(tokenizer, "xx", GENERATION)


def test_a_text_longer_than_the_context_is_refused(llama: tuple[Any, Any]) -> None:
    model, tokenizer = llama
    fits = rows(tokenizer, GENERATION, ("a" * (tiny.CONTEXT - 1 - GENERATION.max_new_tokens),))
    check_lengths(model, fits, GENERATION)
    write(model, tokenizer, fits, GENERATION, find_sites(model, ("residual",)), BOTH)
    with pytest.raises(TraceError, match=rf"'a{{57}}\.\.\.' has 85 tokens; .* context of {tiny.CONTEXT}"):
        check_lengths(model, rows(tokenizer, GENERATION, ("a" * 84,)), GENERATION)


@pytest.mark.parametrize(("site", "layer"), [("residual", 1), ("mlp", 2)])
def test_activations_that_are_no_numbers_are_refused(site: str, layer: int) -> None:
    import torch

    model, tokenizer = tiny.build("llama")
    block = model.model.layers[layer].mlp
    weight = block.down_proj.weight if site == "residual" else block.up_proj.weight
    with torch.no_grad():
        weight[3, 5] = float("nan")
    batch = rows(tokenizer)
    with pytest.raises(TraceError, match=rf"NaN or infinite activations in block {layer} at site {site}"):
        write(model, tokenizer, batch, GENERATION, find_sites(model, ("mlp", "residual")), BOTH)
    assert hooks_of(model) == 0


def test_infinite_activations_that_leave_the_logits_alone_are_refused(llama: tuple[Any, Any]) -> None:
    # An infinite MLP input that a zero column would turn into NaN downstream is caught as well where it is not.
    model, tokenizer = llama
    down = model.model.layers[0].mlp.down_proj
    spoil = down.register_forward_pre_hook(lambda _, args: (args[0].clone().fill_(float("inf")),))
    heal = down.register_forward_hook(lambda _, args, output: output.nan_to_num(0.0, 0.0, 0.0))
    try:
        with pytest.raises(TraceError, match="block 0 at site mlp"):
            write(model, tokenizer, rows(tokenizer), GENERATION, find_sites(model, ("mlp",)), BOTH)
    finally:
        spoil.remove()
        heal.remove()


def test_a_crash_in_a_forward_pass_leaves_no_hooks(llama: tuple[Any, Any]) -> None:
    model, tokenizer = llama

    def crash(*_: object) -> None:
        raise RuntimeError("out of memory")

    handle = model.model.layers[2].register_forward_pre_hook(crash)
    try:
        with pytest.raises(RuntimeError, match="out of memory"):
            write(model, tokenizer, rows(tokenizer), GENERATION, find_sites(model, ("mlp", "residual")), BOTH)
    finally:
        handle.remove()
    assert hooks_of(model) == 0


def test_bfloat16(llama: tuple[Any, Any]) -> None:
    import torch

    model = copy.deepcopy(llama[0]).to(torch.bfloat16)
    for text in written((model, llama[1])).values():
        for (site, where), values in text.activations.items():
            assert values.dtype == np.float32
            want = replay(model, text.row.ids, text.ids)[site, where]
            assert np.abs(values - want).max() < 0.05 * np.abs(want).max()


def test_global_state_is_left_alone(llama: tuple[Any, Any]) -> None:
    import torch

    state, threads, dtype = torch.get_rng_state(), torch.get_num_threads(), torch.get_default_dtype()
    legacy: Any = np.random.get_state()
    written(llama)
    assert torch.equal(state, torch.get_rng_state())
    assert (threads, dtype) == (torch.get_num_threads(), torch.get_default_dtype())
    after: Any = np.random.get_state()
    assert np.array_equal(legacy[1], after[1])
    assert legacy[2:] == after[2:]


def test_batches_are_a_function_of_the_rows_alone(llama: tuple[Any, Any]) -> None:
    made = rows(llama[1])
    cut = batches(made, 5)
    assert cut == batches(list(reversed(made)), 5)
    assert [len(batch) for batch in cut] == [5, 5, 5, 1]
    lengths = [len(row.ids) for batch in cut for row in batch]
    assert lengths == sorted(lengths, reverse=True)


@contextmanager
def counting_rows(model: Any) -> Iterator[list[int]]:
    """Rows of every forward pass."""
    seen: list[int] = []
    handle = model.register_forward_pre_hook(
        lambda _, args, kwargs: seen.append(len(kwargs["input_ids"])), with_kwargs=True
    )
    try:
        yield seen
    finally:
        handle.remove()


ONE_PIECE, EACH_LENGTH = 10**6, 0


def test_samples_of_a_prompt_share_its_first_pass(pair: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurontest.trace.passes.decoder.PASS_ON_CPU", ONE_PIECE)
    generation = replace(GENERATION, samples=3)
    with counting_rows(pair[0]) as seen:
        texts = written(pair, generation)
    # All but the prompts' last tokens, and then as many steps as there are new tokens.
    assert seen == [len(PROMPTS)] + [3 * len(PROMPTS)] * GENERATION.max_new_tokens
    with counting_rows(pair[0]) as seen:
        assert_same(texts, written(pair, generation, use_cache=False))
    assert set(seen) == {3 * len(PROMPTS)}


def test_prompts_of_other_lengths_begin_apart(pair: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    apart = written(pair, use_cache=False)
    monkeypatch.setattr("neurontest.trace.passes.decoder.PASS_ON_CPU", EACH_LENGTH)
    with counting_rows(pair[0]) as seen:
        assert_same(apart, written(pair))
    lengths = Counter(len(tiny.encode(pair[1], prompt, GENERATION)) for prompt in PROMPTS)
    assert seen[: len(lengths)] == [lengths[length] for length in sorted(lengths, reverse=True)]
    assert seen[len(lengths) :] == [2 * len(PROMPTS)] * GENERATION.max_new_tokens


def test_prompts_may_have_one_token_or_begin_alike(pair: tuple[Any, Any]) -> None:
    import torch

    model, steps = pair[0], 3
    # The second and the fourth differ in what the first step reads, and so are one row before it.
    for prompts in ([[5], [7, 4, 6, 8], [4, 3], [7, 4, 6, 5], [5]], [[5], [6]], [[5, 6], [5, 4]]):
        new = np.random.default_rng(1).integers(3, 9, (steps, len(prompts)))
        for cost in (ONE_PIECE, EACH_LENGTH):
            with torch.inference_mode():
                begun = begin(model, prompts, steps, True, cost)
                logits = [begun.forward(tokens if at else None) for at, tokens in enumerate([new[0], *new])]
                for row, prompt in enumerate(prompts):
                    whole = model(input_ids=torch.tensor([[*prompt, *new[:, row]]]), use_cache=False).logits[0]
                    for at, found in enumerate(logits):
                        torch.testing.assert_close(found[row], whole[len(prompt) - 1 + at], rtol=1e-4, atol=1e-4)


def test_texts_that_have_ended_leave_the_batch(pair: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurontest.trace.passes.decoder.PASS_ON_CPU", ONE_PIECE)
    model, _ = pair
    free = list(written(pair).values())
    enders = {text.ids[min(3 + i, len(text.ids) - 1)] for i, text in enumerate(free[:6])}
    with ending_at(model, enders), counting_rows(model) as seen:
        texts = written(pair)
    left = [sum(len(text.ids) > step for text in texts.values()) for step in range(GENERATION.max_new_tokens)]
    _, *steps = seen
    assert steps[0] > steps[-1], "no text left"
    assert all(rows >= active for rows, active in zip(steps, left, strict=False))
    assert all(rows * WORTH_DROPPING < active for rows, active in zip(steps, left, strict=False))
    for text in texts.values():
        for where, values in replay(model, text.row.ids, text.ids).items():
            np.testing.assert_allclose(text.activations[where], values, rtol=1e-4, atol=1e-5 * np.abs(values).max())


def test_the_cache_is_written_in_place(llama: tuple[Any, Any]) -> None:
    import torch

    from neurontest.trace.passes.kv_cache import roomy

    model, steps = llama[0], 4
    past = roomy(model, steps)
    ids = torch.tensor([[0, 5, 6, 7], [0, 9, 8, 4]])
    with torch.inference_mode():
        model(input_ids=ids, past_key_values=past, use_cache=True)
        past.reorder_cache(torch.tensor([1, 0, 1]))
        spaces = [layer.keys.untyped_storage().data_ptr() for layer in past.layers]
        for step in range(steps):
            token = torch.full((3, 1), 5 + step)
            stepped = model(input_ids=token, past_key_values=past, use_cache=True).logits[:, -1]
        assert [layer.keys.untyped_storage().data_ptr() for layer in past.layers] == spaces
        texts = torch.cat([ids[[1, 0, 1]], torch.tensor([[5, 6, 7, 8]]).expand(3, 4)], dim=1)
        whole = model(input_ids=texts, use_cache=False).logits[:, -1]
    torch.testing.assert_close(stepped, whole, rtol=1e-4, atol=1e-4)


def hooks_of(model: Any) -> int:
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())
