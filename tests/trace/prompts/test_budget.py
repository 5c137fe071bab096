"""Work in a process of its own: what it gives back, what it raises, and where it ends."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurontest.errors import ModelError, TraceError
from neurontest.trace.models.named import from_transformers, model_named
from neurontest.trace.prompts import remembered
from neurontest.trace.prompts.budget import Budget, within
from neurontest.trace.prompts.remembered import Prompts
from neurontest.types import Generation, silent
from tests import tiny

SMALL = Budget(1, 256 << 20)
CHAT = Generation(format="chat")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no such processes")


def test_what_is_found_comes_back_and_nothing_else_changes() -> None:
    here: list[int] = []

    def work(enter: Any) -> Any:
        enter("It", SMALL)
        here.append(1)
        return {"ids": [1, 2], "text": "Hà \U0001f337 \n" * 10000}

    assert within(work) == {"ids": [1, 2], "text": "Hà \U0001f337 \n" * 10000}
    assert here == []


def test_errors_come_back_as_they_are() -> None:
    def fails(error: Exception) -> Any:
        def work(enter: Any) -> Any:
            enter("It", SMALL)
            raise error

        return work

    with pytest.raises(TraceError, match="The prompt 'a' is bad"):
        within(fails(TraceError("The prompt 'a' is bad.")))
    with pytest.raises(ModelError, match="It failed: ValueError: 'odd'"):
        within(fails(ValueError("odd")))


def busy() -> None:
    while True:
        pass


def crash() -> None:
    os.kill(os.getpid(), 11)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (busy, "It took more than 1 s of processor time"),
        # More than a process may have at hand, freed and kept, which the copy is free to use; nothing of it is touched.
        (lambda: np.empty(1 << 34, np.uint8), "It took more memory than it may"),
        (crash, "or crashed"),
        (lambda: os._exit(3), "or crashed"),
    ],
)
def test_a_budget_that_is_spent(harm: Any, said: str) -> None:
    def work(enter: Any) -> Any:
        enter("It", SMALL)
        harm()

    begun = time.monotonic()
    with pytest.raises(ModelError, match=said):
        within(work)
    assert time.monotonic() - begun < 20


NESTED = (
    "{% for a in range(90000) %}{% for b in range(90000) %}{% for c in range(9) %}{% endfor %}{% endfor %}{% endfor %}"
)
BOMBS = {
    "loops": NESTED,
    "constant": "{{ 'x' * 10**9 }}",
    "doubling": "{% set n = namespace(s='x') %}{% for a in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}{{ n.s }}",
    "macro": "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "power": "{{ 9 ** (9 ** 9) }}",
    "width": "{{ '%999999999d' % 1 }}",
    "deep": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_no_chat_template_hangs_or_eats_the_machine(bomb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "RENDERING", SMALL)
    tokens = tiny.tokenizer()
    tokens.chat_template = BOMBS[bomb] + tiny.CHAT_TEMPLATE
    model, _ = tiny.build()
    begun = time.monotonic()
    with pytest.raises(TraceError, match=r"[Tt]he chat template") as caught:
        Prompts(from_transformers(model, tokens, "tiny"), tmp_path).ensure(("Hanoi",), CHAT)
    assert time.monotonic() - begun < 20
    assert "'Hanoi'" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert not list(tmp_path.glob("prompts/*/*"))


def test_no_pattern_of_a_tokenizer_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tokenizers import Regex, pre_tokenizers

    monkeypatch.setattr(remembered, "RENDERING", SMALL)
    model, tokens = tiny.build()
    slow = pre_tokenizers.Split(Regex(r"(a|a|a|aa)+(?=b)"), "isolated")
    tokens.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence([slow, tokens.backend_tokenizer.pre_tokenizer])
    with pytest.raises(TraceError, match=r"The tokenizer of the model 'tiny' (failed|took more than 1 s)"):
        Prompts(from_transformers(model, tokens, "tiny"), tmp_path).ensure(("a" * 80,), Generation())


@pytest.mark.parametrize("nonsense", ["layers", "depth", "tokenizer"])
def test_files_of_nonsense_are_refused_before_anything_is_built(nonsense: str, tmp_path: Path) -> None:
    folder = tiny.save(tmp_path / "suite" / "model")
    if nonsense == "layers":
        config = json.loads((folder / "config.json").read_text())
        config.pop("layer_types", None)
        (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 10**9}))
    else:
        name = "config.json" if nonsense == "depth" else "tokenizer.json"
        (folder / name).write_text("[" * 100_000 + "]" * 100_000)
    handle = model_named(
        "model", cache_dir=tmp_path, dtype="float32", device="cpu", suite_folder=tmp_path / "suite", progress=silent
    )
    with pytest.raises(ModelError, match="'model'"):
        Prompts(handle, tmp_path).ensure(("Hanoi",), Generation())


def test_what_took_too_long_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "RENDERING", SMALL)
    model, tokens = tiny.build()
    tokens.chat_template = NESTED
    asked = Prompts(from_transformers(model, tokens, "tiny"), tmp_path)
    for prompt in ("Hanoi", "A tulip", "Vietnam"):
        with pytest.raises(TraceError, match=r"The chat template .* took more than 1 s"):
            asked.ensure((prompt,), CHAT)
        monkeypatch.setattr(remembered, "within", lambda work: pytest.fail("it was tried again"))


def test_files_too_large_to_be_what_they_are_called(tmp_path: Path) -> None:
    folder = tiny.save(tmp_path / "model")
    with (folder / "config.json").open("ab") as file:
        file.write(b" " * (6 << 20))

    def named(suite: Path | None, name: str) -> Any:
        return model_named(name, cache_dir=tmp_path, dtype="float32", device="cpu", suite_folder=suite, progress=silent)

    with pytest.raises(ModelError, match=r"'config.json' .* has 6 MB, and may have 5 in a model that a spec names"):
        named(tmp_path, "model")
    named(None, str(folder))
