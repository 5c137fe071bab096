"""Texts that are known, read in one pass: replays, tokens of a word, prompts that nothing is written to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurontest.errors import StoreError, TraceError
from neurontest.trace.engine import Tracer
from neurontest.trace.models.named import from_transformers
from neurontest.trace.prompts.tokens import word_tokens
from neurontest.trace.sites.tally import counted
from neurontest.trace.store import Store
from neurontest.trace.texts import read_texts
from neurontest.trace.texts.write import Row
from neurontest.types import (
    Continuation,
    Generation,
    GivenText,
    Positions,
    Reading,
    TraceGroup,
    TracePlan,
    TraceRecord,
    TraceRequest,
    silent,
)
from tests import tiny
from tests.trace.sites.test_tally import everything, reduced
from tests.trace.texts.test_write import ending_at

GENERATION = Generation(max_new_tokens=9, samples=2, top_k=40, seed=3)
REPLAY = replace(GENERATION, replay="texts.json")
PROMPTS = ("A tulip", "Hanoi lies on the river", "Vietnam", "violence in Vietnam")
READINGS: tuple[Positions, ...] = (
    "generated",
    "last",
    "prompt",
    Reading("generated", exclude_first=1),
    Reading("generated", reduce="max"),
    Reading("prompt", reduce="rate"),
)
SITES = ("mlp", "residual")


def plan(generation: Generation, positions: tuple[Positions, ...] = READINGS, prompts: Any = PROMPTS) -> TracePlan:
    return TracePlan((TraceGroup(generation, tuple(sorted(prompts)), SITES, positions),))


class Traced:
    """A tiny model with a cache of its own, and what is given to it."""

    def __init__(self, pair: tuple[Any, Any], folder: Path) -> None:
        self.model, self.tokenizer = pair
        self.folder = folder
        self.handle = from_transformers(*pair, name="tiny")

    def tracer(self, given: Mapping[str, tuple[GivenText, ...]] | None = None, batch_size: int = 3) -> Tracer:
        texts: Any = {"texts.json": given} if given else None
        return Tracer(self.handle, cache_dir=self.folder, batch_size=batch_size, progress=silent, given=texts)

    def written(self) -> dict[str, list[Continuation]]:
        found = self.tracer().continuations(PROMPTS, GENERATION)
        return {prompt: [text for text in found if text.prompt == prompt] for prompt in PROMPTS}


@pytest.fixture
def traced(pair: tuple[Any, Any], tmp_path: Path) -> Traced:
    return Traced(pair, tmp_path)


@pytest.fixture
def one(llama: tuple[Any, Any], tmp_path: Path) -> Traced:
    return Traced(llama, tmp_path)


def close(got: Any, want: Any) -> None:
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-4 * np.abs(want).max())


def test_replay_of_a_models_own_text_equals_its_live_trace(traced: Traced) -> None:
    # Some texts end before their limit: the end-of-text token is a step's outcome, and no step's input.
    with ending_at(traced.model, set(range(5, 250, 25))):
        live = traced.tracer()
        live.ensure(plan(GENERATION))
        texts = traced.written()
        assert {text.ended for own in texts.values() for text in own} == {True, False}
        assert all(text.ids and text.tokens == len(text.ids) for own in texts.values() for text in own)
        given = {
            prompt: tuple(GivenText(text.text, text.ids, text.ended) for text in own) for prompt, own in texts.items()
        }
        replays = traced.tracer(given)
        cost = replays.ensure(plan(REPLAY))
    assert (cost.texts, cost.near_boundary) == (8, 0)
    assert cost.tokens == sum(text.tokens for own in texts.values() for text in own)
    for site in SITES:
        for where in READINGS:
            got = replays.activations(TraceRequest(PROMPTS, REPLAY, site, where)).values
            want = live.activations(TraceRequest(PROMPTS, GENERATION, site, where)).values
            if isinstance(where, Reading) and where.reduce == "rate":
                # A value within rounding of zero may count on either side of it.
                assert np.isclose(got, want).mean() > 0.99
            else:
                close(got, want)
    again = replays.continuations(PROMPTS, REPLAY)
    assert [(text.text, text.ids, text.ended) for text in again] == [
        (text.text, text.ids, text.ended) for prompt in PROMPTS for text in texts[prompt]
    ]
    assert traced.tracer(given).ensure(plan(REPLAY)) == TraceRecord()


def test_a_replay_needs_no_ids_where_the_text_gives_them_back(one: Traced) -> None:
    # Each byte is a token of this tokenizer: whole characters come back as the tokens that they were.
    text = " is a city; có thể"
    ids = tuple(one.tokenizer(text, add_special_tokens=False)["input_ids"])
    known, unknown = ({prompt: (GivenText(text, tokens, ended=False),) for prompt in PROMPTS} for tokens in (ids, ()))
    request = TraceRequest(PROMPTS, REPLAY, "mlp", "generated")
    found = []
    for given in (known, unknown):
        tracer = one.tracer(given)
        assert tracer.ensure(plan(REPLAY)).texts == 4
        found.append(tracer.activations(request))
    assert np.array_equal(found[0].values, found[1].values)


def test_positions_are_those_of_the_definition(one: Traced) -> None:
    given = {"Vietnam": (GivenText(" is a long country"), GivenText(", or so it is said.", ended=True))}
    tracer = one.tracer(given)
    tracer.ensure(plan(REPLAY, prompts=("Vietnam",)))
    ids = tiny.encode(one.tokenizer, "Vietnam", REPLAY)
    wholes = []
    for text in given["Vietnam"]:
        new = tuple(one.tokenizer(text.text, add_special_tokens=False)["input_ids"])
        # Step t is read at position P + t - 2; T counts the end-of-text token.
        steps = range(len(ids) - 1, len(ids) + len(new) + text.ended - 1)
        wholes.append(everything(one.model, ids + new)["residual"][list(steps)])
    got = tracer.activations(TraceRequest(("Vietnam",), REPLAY, "residual", "generated")).values[0]
    close(got, np.mean([whole.mean(axis=0) for whole in wholes], axis=0))
    got = tracer.activations(TraceRequest(("Vietnam",), REPLAY, "residual", "last")).values[0]
    close(got, np.mean([whole[-1] for whole in wholes], axis=0))


def test_prompts_alone_are_read_without_writing(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("written")

    monkeypatch.setattr("neurontest.trace.texts.write.write", never)
    tracer = traced.tracer()
    assert tracer.ensure(plan(GENERATION, ("prompt", Reading("prompt", exclude_first=1)))).texts == len(PROMPTS)
    assert tracer.ensure(plan(GENERATION, ("prompt",))) == TraceRecord()
    for where in ("prompt", Reading("prompt", exclude_first=1)):
        got = tracer.activations(TraceRequest(PROMPTS, GENERATION, "mlp", where)).values
        for row, prompt in zip(got, PROMPTS, strict=True):
            ids = tiny.encode(traced.tokenizer, prompt, GENERATION)
            close(row, everything(traced.model, ids)["mlp"][0 if where == "prompt" else 1 :].mean(axis=0))
    with pytest.raises(StoreError, match="wrote to the prompt"):
        tracer.continuations(PROMPTS, GENERATION)


def test_what_is_wanted_of_prompts_later_writes_no_text_anew(one: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    first = one.tracer().ensure(plan(GENERATION, ("generated",)))
    assert first.texts == 2 * len(PROMPTS)
    monkeypatch.setattr("neurontest.trace.texts.write.write", None)
    more = one.tracer().ensure(plan(GENERATION, ("generated", "prompt")))
    assert (more.texts, more.tokens) == (len(PROMPTS), 0)
    # Nor are prompts read anew for the sake of the texts.
    monkeypatch.undo()
    monkeypatch.setattr("neurontest.trace.texts.read_texts.read", None)
    again = one.tracer().ensure(plan(GENERATION, ("generated", "last", "prompt")))
    assert (again.texts, again.tokens) == (first.texts, first.tokens)


def test_prompts_read_before_writing_are_those_read_alone(one: Traced, tmp_path: Path) -> None:
    alone = one.tracer()
    alone.ensure(plan(GENERATION, ("prompt",)))
    request = TraceRequest(PROMPTS, GENERATION, "residual", "prompt")
    one.folder = tmp_path / "other"
    before = one.tracer()
    before.ensure(plan(GENERATION, ("generated", "prompt")))
    close(before.activations(request).values, alone.activations(request).values)
    # Samples have the same prompt: the others need no activations of it.
    assert len(list((tmp_path / "other").glob("traces/*/*.safetensors"))) == len(PROMPTS) * 2 * (2 + 1)


def test_tokens_of_a_word_are_read_in_what_the_model_wrote(one: Traced) -> None:
    model_text = GENERATION
    tracer = one.tracer()
    tracer.ensure(plan(model_text, ("generated",)))
    # A letter that some of the random texts have as a word, and others do not.
    texts = {(text.prompt, text.sample): text for own in one.written().values() for text in own}
    ids = {prompt: tiny.encode(one.tokenizer, prompt, GENERATION) for prompt in PROMPTS}
    masks: dict[str, dict[tuple[str, int], Any]] = {}
    for word in sorted({letter for text in texts.values() for letter in text.text if letter.isascii()}):
        masks[word] = {
            key: word_tokens(one.tokenizer, tiny.encoded(one.tokenizer, key[0], GENERATION), text.ids, word)[1]
            for key, text in texts.items()
        }
    reading = {word: Reading("generated", word) for word in masks}
    at = {
        word: {key: counted(reading[word], len(ids[key[0]]), len(texts[key].ids), mask) for key, mask in own.items()}
        for word, own in masks.items()
    }
    # In one sample of its prompt and not in the other.
    word, prompt = next(
        (word, prompt)
        for word, own in at.items()
        for prompt in PROMPTS
        if len({bool(len(own[prompt, sample])) for sample in (0, 1)}) == 2
    )
    group = TraceGroup(GENERATION, (prompt,), ("residual",), (reading[word], Reading("generated", word, reduce="max")))
    assert read_texts.is_known(group)
    assert tracer.ensure(TracePlan((group,))).texts == 2
    sample = next(sample for sample in (0, 1) if len(at[word][prompt, sample]))
    whole = everything(one.model, ids[prompt] + texts[prompt, sample].ids)["residual"][at[word][prompt, sample]]
    for where, reduce in ((reading[word], "mean"), (Reading("generated", word, reduce="max"), "max")):
        got = tracer.activations(TraceRequest((prompt,), GENERATION, "residual", where)).values[0]
        close(got, reduced(whole, reduce))
    # The text is the other group's, and stays as it was written.
    assert one.written()[prompt] == [texts[prompt, 0], texts[prompt, 1]]


def test_a_prompt_whose_texts_all_lack_the_word_is_an_error(one: Traced) -> None:
    given = {"Vietnam": (GivenText(" is far"), GivenText(" is wide"))}
    tracer = one.tracer(given)
    where = Reading("generated", "Hanoi")
    tracer.ensure(plan(REPLAY, (where,), ("Vietnam",)))
    with pytest.raises(TraceError, match="What follows the prompt 'Vietnam' has no tokens of the word 'Hanoi'"):
        tracer.activations(TraceRequest(("Vietnam",), REPLAY, "mlp", where))


def test_a_word_of_the_prompts_tokens(one: Traced) -> None:
    where, last = Reading("prompt", "Vietnam"), Reading("generated", "Vietnam")
    named = ("Vietnam", "violence in Vietnam")
    given = {prompt: (GivenText(" is. Vietnam is"),) for prompt in named}
    tracer = one.tracer(given)
    tracer.ensure(plan(REPLAY, (last, where), named))
    for prompt in named:
        ids = tiny.encode(one.tokenizer, prompt, REPLAY)
        whole = everything(one.model, ids + tiny.encode(one.tokenizer, " is. Vietnam is", REPLAY)[1:])["residual"]
        # Of this tokenizer each letter is a token.
        got = tracer.activations(TraceRequest((prompt,), REPLAY, "residual", where)).values[0]
        close(got, whole[len(ids) - 7 : len(ids)].mean(axis=0))
        # Step 1 has the prompt's last token as its input, and here that is the word's.
        got = tracer.activations(TraceRequest((prompt,), REPLAY, "residual", last)).values[0]
        at = [len(ids) - 1, *range(len(ids) + 5, len(ids) + 12)]
        close(got, whole[at].mean(axis=0))


def test_a_prompt_without_the_word_is_named_before_anything_is_read(one: Traced) -> None:
    with pytest.raises(TraceError, match="The word 'Vietnam' is not in the prompt 'A tulip'"):
        one.tracer().ensure(plan(GENERATION, (Reading("prompt", "Vietnam"),)))
    assert not list(one.folder.glob("traces/*/*"))


def test_too_short_a_prompt_is_named(one: Traced) -> None:
    where = Reading("prompt", exclude_first=12)
    tracer = one.tracer()
    tracer.ensure(plan(GENERATION, (where,)))
    long = ("Hanoi lies on the river", "violence in Vietnam")
    assert len(tracer.activations(TraceRequest(long, GENERATION, "mlp", where)).values) == 2
    with pytest.raises(TraceError, match="The prompt 'A tulip' has no tokens to be read beyond the first 12"):
        tracer.activations(TraceRequest(PROMPTS, GENERATION, "mlp", where))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"A tulip": (GivenText(" grows"),)},
            "There is no text for the prompt 'Hanoi lies on the river' in texts",
        ),
        (dict.fromkeys(PROMPTS, (GivenText(""),)), "The text given for the prompt 'A tulip' is empty to the tokenizer"),
        (
            dict.fromkeys(PROMPTS, (GivenText("long " * 20),)),
            "The prompt 'A tulip' and what follows have 107 tokens, and the model's context has 96",
        ),
    ],
)
def test_what_cannot_be_replayed(one: Traced, given: dict[str, tuple[GivenText, ...]], message: str) -> None:
    with pytest.raises(TraceError, match=message):
        one.tracer(given).ensure(plan(REPLAY))
    assert not list(one.folder.glob("traces/*/*"))


def test_a_text_that_was_damaged_is_written_again_before_a_word_is_looked_for_in_it(one: Traced) -> None:
    (writes,) = plan(GENERATION).groups
    # Over the prompt and what follows, so that the text is needed and need not have the word.
    looks = TraceGroup(GENERATION, PROMPTS[2:], SITES, (Reading("generated", "Vietnam"), Reading("prompt", "Vietnam")))
    both, tracer = TracePlan((writes, looks)), one.tracer()
    tracer.ensure(both, [writes])
    key = tracer._store.text_key(PROMPTS[2], 0, GENERATION)
    path = one.folder / "traces" / key[:2] / f"{key}.json"
    before = path.read_bytes()
    path.write_bytes(b"{}")
    assert tracer.ensure(both).texts > 0
    assert path.read_bytes() == before


def test_the_address_of_a_replay_is_its_text(tmp_path: Path, one: Traced) -> None:
    def key(*texts: GivenText, file: str = "a.json", sample: int = 0, **generation: Any) -> str:
        store = Store(tmp_path, one.handle, {file: {"Vietnam": texts}})
        store.prompts.ensure(("Vietnam",), replace(GENERATION, **generation))
        return store.key("Vietnam", sample, replace(GENERATION, replay=file, **generation), "mlp", "last")

    first, other = GivenText(" is"), GivenText(" was")
    assert key(first) == key(first, file="b.json") == key(other, first, sample=1) == key(first, seed=5, samples=9)
    different = [
        key(first),
        key(other),
        key(GivenText(" is", (3, 4))),
        key(GivenText(" is", ended=True)),
        key(first, format="chat"),
        Store(tmp_path, one.handle).key("Vietnam", 0, GENERATION, "mlp", "last"),
    ]
    assert len(set(different)) == len(different)


def test_batches_hold_no_more_tokens_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_texts, "TOKENS", 20)
    texts = [read_texts.Known(Row(f"p{n}", 0, tuple(range(n))), (), {}) for n in (3, 30, 7, 6, 3, 3, 3, 3)]
    parts = read_texts.cut(texts, 4)
    assert [[len(text.inputs) for text in part] for part in parts] == [[30], [7, 6], [3, 3, 3, 3], [3]]
    assert parts == read_texts.cut(texts[::-1], 4)


def test_not_a_number_is_named(one: Traced) -> None:
    import torch

    down = one.model.model.layers[1].mlp.down_proj
    spoil = down.register_forward_pre_hook(lambda _, args: (args[0].clone().fill_(torch.nan),))
    try:
        with pytest.raises(TraceError, match=r"block 1 at site mlp"):
            one.tracer().ensure(plan(GENERATION, ("prompt",)))
    finally:
        spoil.remove()
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in one.model.modules())


def test_prompts_that_the_first_position_dominates_are_told(one: Traced) -> None:
    # The first token of every text is one and the same; it is made to tower above all others.
    first = one.model.model.embed_tokens.weight[0]
    before = first.detach().clone()
    try:
        first.data.mul_(1000.0)
        handle = from_transformers(one.model, one.tokenizer, name="massive")
        tracer = Tracer(handle, cache_dir=one.folder, batch_size=8, progress=silent)
        skipped = Reading("prompt", exclude_first=1)
        tracer.ensure(plan(GENERATION, ("prompt", skipped)))
        request = TraceRequest(PROMPTS, GENERATION, "residual", "prompt")
        assert tracer.activations(request).dominated == PROMPTS
        assert tracer.activations(replace(request, positions=skipped)).dominated == ()
    finally:
        first.data.copy_(before)
    plain = one.tracer()
    plain.ensure(plan(GENERATION, ("prompt",)))
    assert plain.activations(request).dominated == ()


def test_layers_and_widths_are_told_of_what_nothing_counts_in(one: Traced) -> None:
    where = Reading("prompt", exclude_first=50)
    one.tracer().ensure(plan(GENERATION, (where,)))
    store = Store(one.folder, one.handle)
    trace = store.read(store.key("A tulip", 0, GENERATION, "residual", where))
    assert trace is not None
    assert (trace.values.size, trace.layers, trace.width) == (0, tiny.LAYERS, tiny.HIDDEN)
