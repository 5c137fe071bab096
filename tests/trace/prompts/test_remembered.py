"""What prompts become: found once, remembered on disk, and found anew where it hangs on the clock."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurontest.errors import ModelError, StoreError, TraceError
from neurontest.trace.engine import Tracer
from neurontest.trace.models.named import from_transformers
from neurontest.trace.models.twin import RandomTwin
from neurontest.trace.prompts.remembered import Prompts
from neurontest.trace.scoring import Scorer
from neurontest.trace.store import Store
from neurontest.types import Generation, ScoreRequest, TraceGroup, TracePlan, TraceRecord, TraceRequest, silent
from tests import tiny
from tests.trace.prompts.test_encoding import processed, words

PLAIN, CHAT = Generation(max_new_tokens=3, samples=1), Generation(max_new_tokens=3, samples=1, format="chat")
PROMPTS = ("A tulip", "Hanoi")
DATED = "{{ strftime_now('%d %b %Y') }} " + tiny.CHAT_TEMPLATE
MARCH, APRIL = datetime(2026, 3, 4, 15, 6, 7), datetime(2026, 4, 4, 15, 6, 7)


def plan(generation: Generation, prompts: tuple[str, ...] = PROMPTS) -> TracePlan:
    return TracePlan((TraceGroup(generation, prompts, ("residual",), ("generated",)),))


def dated(llama: tuple[Any, Any], template: str = DATED) -> Any:
    tokens = tiny.tokenizer()
    tokens.chat_template = template
    return from_transformers(llama[0], tokens, "tiny")


@dataclass(frozen=True)
class Unloadable:
    """A handle of which only the facts are left."""

    of: Any

    def __getattr__(self, name: str) -> Any:
        if name in ("reader", "of"):
            raise AttributeError(name)
        return getattr(self.of, name)

    def load(self) -> tuple[Any, Any]:
        raise ModelError("it is gone")


@pytest.mark.parametrize("generation", [PLAIN, CHAT], ids=["plain", "chat"])
def test_what_a_prompt_became_is_remembered(llama: tuple[Any, Any], tmp_path: Path, generation: Generation) -> None:
    handle = from_transformers(*llama, "tiny")
    first = Prompts(handle, tmp_path)
    with pytest.raises(StoreError, match="What the prompt 'Hanoi' is to the model is not in"):
        first.of("Hanoi", generation)
    first.ensure(PROMPTS, generation)
    later = Prompts(Unloadable(handle), tmp_path)
    later.ensure(PROMPTS, generation)
    assert [later.of(prompt, generation) for prompt in PROMPTS] == [first.of(prompt, generation) for prompt in PROMPTS]
    assert later.of("Hanoi", generation).ids == tiny.encode(llama[1], "Hanoi", generation)
    # Of another model, or in another format, it may be another thing.
    for other in (RandomTwin(handle), from_transformers(tiny.build(seed=1)[0], llama[1])):
        with pytest.raises(StoreError):
            Prompts(other, tmp_path).of("Hanoi", generation)
    with pytest.raises(StoreError):
        later.of("Hanoi", replace(generation, format="plain" if generation.format == "chat" else "chat"))


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "other", "list"])
def test_damage_is_told_and_mended(llama: tuple[Any, Any], tmp_path: Path, damage: str) -> None:
    handle = from_transformers(*llama, "tiny")
    Prompts(handle, tmp_path).ensure(PROMPTS, PLAIN)
    path, other = sorted(tmp_path.glob("prompts/*/*.json"))
    whole = path.read_bytes()
    one_id = whole.index(b'"ids":[0,') + len(b'"ids":[0,')
    path.write_bytes(
        {
            "flip": whole[:one_id] + b"1" + whole[one_id + 1 :],
            "cut": whole[: len(whole) // 2],
            "empty": b"",
            "other": b'{"sha256": "", "encoded": null}',
            "list": b"[]",
        }[damage]
    )
    assert path.read_bytes() != whole
    told: list[str] = []
    Prompts(handle, tmp_path, notice=told.append).ensure(PROMPTS, PLAIN)
    assert f"{path} is not what was written there" in told[0]
    assert path.read_bytes() == whole
    assert other.exists()


def test_a_dated_rendering_is_traced_anew_on_another_day(llama: tuple[Any, Any], tmp_path: Path) -> None:
    handle = dated(llama)
    told: list[str] = []

    def tracer(moment: datetime, given: Any = handle) -> Tracer:
        prompts = Prompts(given, tmp_path, notice=told.append, moment=moment)
        return Tracer(given, cache_dir=tmp_path, batch_size=4, progress=silent, prompts=prompts)

    request = TraceRequest(PROMPTS, CHAT, "residual", "generated")
    first = tracer(MARCH)
    assert first.ensure(plan(CHAT)).texts == 2
    assert any("looks at the clock: prompts are traced as of 2026-03-04 15:06" in text for text in told)
    told.clear()
    # The processes of one run share its moment, and those that only read need no tokenizer to.
    assert tracer(MARCH, Unloadable(handle)).ensure(plan(CHAT)) == TraceRecord()
    assert any("looks at the clock" in text for text in told)
    # Another run of the same day renders anew, and finds the same texts.
    same = tracer(MARCH.replace(hour=23))
    assert same.ensure(plan(CHAT)) == TraceRecord()
    assert same.activations(request).digest == first.activations(request).digest
    with pytest.raises(ModelError, match="it is gone"):
        tracer(MARCH.replace(hour=22), Unloadable(handle)).ensure(plan(CHAT))
    other = tracer(APRIL)
    assert other.ensure(plan(CHAT)).texts == 2
    assert other.activations(request).digest != first.activations(request).digest
    # Prompts as they are do not hang on it.
    told.clear()
    assert tracer(MARCH).ensure(plan(PLAIN)).texts == 2
    assert tracer(APRIL, Unloadable(handle)).ensure(plan(PLAIN)) == TraceRecord()
    assert told == []


def test_scores_are_named_by_what_the_model_was_given(llama: tuple[Any, Any], tmp_path: Path) -> None:
    handle = dated(llama)
    request = ScoreRequest(PROMPTS, CHAT, "residual", "generated", ("tulip",), ())

    def score(moment: datetime) -> Any:
        prompts = Prompts(handle, tmp_path, moment=moment)
        scorer = Scorer(handle, cache_dir=tmp_path, continuations=lambda *_: [], progress=silent, prompts=prompts)
        return scorer.scores(request).values

    march, april = score(MARCH), score(APRIL)
    assert not np.allclose(march, april)
    assert np.array_equal(march, score(MARCH))


def test_addresses_hold_the_tokens_and_the_prompt(
    llama: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = from_transformers(*llama, "tiny")
    store = Store(tmp_path, handle)
    store.prompts.ensure((*PROMPTS, "Hanoi "), PLAIN)
    key = store.key("Hanoi", 0, PLAIN, "mlp", "last")
    encoded = store.prompts.of("Hanoi", PLAIN)
    monkeypatch.setattr(Prompts, "of", lambda *_: replace(encoded, ids=(*encoded.ids, 5)))
    assert store.key("Hanoi", 0, PLAIN, "mlp", "last") != key
    monkeypatch.setattr(Prompts, "of", lambda *_: encoded)
    assert store.key("Hanoi", 0, PLAIN, "mlp", "last") == key
    # What is drawn hangs on the prompt as it is written.
    assert store.key("Hanoi ", 0, PLAIN, "mlp", "last") != key


def test_prompts_that_are_one_to_the_model_are_refused_at_every_run(llama: tuple[Any, Any], tmp_path: Path) -> None:
    handle = from_transformers(llama[0], words("hanoi", "lies", lower=True), "tiny")
    for given in (handle, Unloadable(handle)):
        with pytest.raises(TraceError, match=r"'Hanoi lies' and 'hanoi lies' are the same to the model"):
            Prompts(given, tmp_path).ensure(("Hanoi lies", "hanoi lies"), PLAIN)
    # In formats or groups of their own they are no one's fault.
    Prompts(Unloadable(handle), tmp_path).ensure(("hanoi lies",), PLAIN)


def test_tokens_beyond_the_embedding_are_told_with_the_prompt(llama: tuple[Any, Any], tmp_path: Path) -> None:
    tokens = tiny.tokenizer()
    tokens.add_tokens(["<new>"])
    tracer = Tracer(from_transformers(llama[0], tokens), cache_dir=tmp_path, batch_size=2, progress=silent)
    for generation in (PLAIN, CHAT):
        with pytest.raises(TraceError, match=r"The prompt 'a <new> day' or its text has the token '<new>'"):
            tracer.ensure(plan(generation, ("Hanoi", "a <new> day")))
    assert not list(tmp_path.glob("traces/*/*"))


def test_what_was_done_to_prompts_is_told_at_every_run(llama: tuple[Any, Any], tmp_path: Path) -> None:
    handle = from_transformers(llama[0], processed("<s> <s> $A </s>"), "tiny")
    for given in (handle, Unloadable(handle)):
        told: list[str] = []
        Prompts(given, tmp_path, notice=told.append).ensure(("Hanoi", "a </s> b"), PLAIN)
        assert len(told) == 3
        assert "puts </s> behind prompts" in told[0]
        assert "begins prompts with <s> twice" in told[1]
        assert "1 prompts have a special token of tiny written out, such as </s> in 'a </s> b'" in told[2]
    told = []
    some = from_transformers(llama[0], words("Hanoi", "lies"), "wordy")
    Prompts(some, tmp_path, notice=told.append).ensure(("Hanoi sleeps", "Hanoi lies"), PLAIN)
    assert len(told) == 1
    assert "does not know all words of 1 of 2 prompts, such as 'Hanoi sleeps'" in told[0]
    told = []
    tokens = tiny.tokenizer()
    tokens.chat_template = "{% for m in messages %}{{ m['content'] }}{{ eos_token }}{% endfor %}"
    Prompts(from_transformers(llama[0], tokens), tmp_path, notice=told.append).ensure(PROMPTS, CHAT)
    assert len(told) == 1
    assert "opens no answer" in told[0]


WARM = """
    import sys
    from pathlib import Path

    from neurontest.trace.engine import Tracer
    from neurontest.trace.models.named import model_named
    from neurontest.types import silent
    from tests.trace.prompts.test_remembered import CHAT, plan

    folder, cache = map(Path, sys.argv[1:])
    told = []
    handle = model_named(str(folder), cache_dir=cache, dtype="float32", device="cpu", suite_folder=None,
                     progress=silent)
    record = Tracer(handle, cache_dir=cache, batch_size=3, progress=silent, notice=told.append).ensure(plan(CHAT))
    print(record.texts, "torch" in sys.modules, len(told))
"""


@pytest.mark.parametrize("template", [tiny.CHAT_TEMPLATE, DATED], ids=["still", "dated"])
def test_a_warm_run_imports_nothing_heavy(template: str, tmp_path: Path) -> None:
    folder = tiny.save(tmp_path / "model")
    (folder / "chat_template.jinja").write_text(template)
    command = [sys.executable, "-c", textwrap.dedent(WARM), str(folder), str(tmp_path)]
    said = [
        subprocess.run(
            command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[3]
        ).stdout.split()
        for _ in range(2)
    ]
    told = str(int(template == DATED))
    # What a tokenizer is needed for is done in a process of its own.
    assert said == [["2", "True", told], ["0", "False", told]]


def test_a_file_holds_nothing_but_what_it_says(llama: tuple[Any, Any], tmp_path: Path) -> None:
    Prompts(from_transformers(*llama, "tiny"), tmp_path).ensure(("Hanoi",), CHAT)
    (path,) = tmp_path.glob("prompts/*/*.json")
    found = json.loads(path.read_text())["holds"]["encoded"]
    assert found["text"] == "[user] Hanoi\n[assistant] "
    assert found["text"][found["begin"] : found["end"]] == "Hanoi"
