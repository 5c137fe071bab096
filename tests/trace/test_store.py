"""The store: addresses, and entries that are whole or not there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurontest.errors import StoreError
from neurontest.trace.encoding import Encoded
from neurontest.trace.prompts import Prompts
from neurontest.trace.store import Store, Trace
from neurontest.types import Continuation, Generation, Reading

GENERATION = Generation(samples=2)
VALUES = (np.arange(12) / 7).astype(np.float32)


@dataclass(frozen=True)
class Handle:
    name: str = "tiny"
    dtype: str = "float32"
    device: str = "cpu"
    attention: str = "sdpa"
    fingerprint: str = "f" * 64

    def load(self) -> tuple[Any, Any]:
        raise AssertionError("the store never loads a model")


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """What prompts become, to a store that loads nothing."""
    monkeypatch.setattr(Prompts, "of", lambda self, prompt, generation: Encoded(prompt, 0, len(prompt), (1, 2)))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path, Handle())


def fill(store: Store, prompt: str = "Tulips", sample: int = 0) -> None:
    for site in ("mlp", "residual"):
        store.write(store.key(prompt, sample, GENERATION, site, "last"), Trace(VALUES, 3, 4))
    store.write_text(store.text_key(prompt, sample, GENERATION), Continuation(prompt, sample, " grow", 2, True, 0))


def missing(store: Store) -> set[tuple[str, int]]:
    return store.missing(("Tulips",), replace(GENERATION, samples=1), ("mlp", "residual"), ("last",))


def entries(folder: Path, suffix: str) -> list[Path]:
    return sorted(folder.glob(f"traces/*/*{suffix}"))


def test_what_is_written_is_read(store: Store, tmp_path: Path) -> None:
    assert missing(store) == {("Tulips", 0)}
    fill(store)
    assert missing(store) == set()
    trace = store.read(store.key("Tulips", 0, GENERATION, "mlp", "last"))
    assert trace is not None
    assert (trace.layers, trace.width) == (3, 4)
    assert trace.values.dtype == np.float32
    assert np.array_equal(trace.values, VALUES)
    text = store.read_text(store.text_key("Tulips", 0, GENERATION))
    assert text == Continuation("Tulips", 0, " grow", 2, True, 0)
    assert not list(tmp_path.rglob("*.tmp"))


def test_everything_that_decides_a_value_is_in_its_address(tmp_path: Path) -> None:
    def key(
        handle: Handle = Handle(),
        prompt: str = "Tulips",
        sample: int = 0,
        site: str = "mlp",
        positions: str = "last",
        **generation: Any,
    ) -> str:
        return Store(tmp_path, handle).key(prompt, sample, replace(GENERATION, **generation), site, positions)

    keys = [
        key(),
        *(key(Handle(**{name: "other"})) for name in ("dtype", "device", "attention", "fingerprint")),
        key(prompt="Tulips "),
        key(sample=1),
        key(site="residual"),
        key(positions="generated"),
        key(max_new_tokens=41),
        key(temperature=0.8),
        key(top_k=100),
        key(seed=1),
        key(format="chat"),
        Store(tmp_path, Handle()).text_key("Tulips", 0, GENERATION),
    ]
    assert len(set(keys)) == len(keys)


def test_what_decides_nothing_is_not_in_the_address(tmp_path: Path) -> None:
    base = Store(tmp_path, Handle(device="cuda:0"))
    other = Store(tmp_path, Handle(device="cuda:1", name="renamed"))
    more = replace(GENERATION, samples=9)
    assert base.key("Tulips", 1, GENERATION, "mlp", "last") == other.key("Tulips", 1, more, "mlp", "last")
    whole, real = replace(GENERATION, temperature=1), replace(GENERATION, temperature=1.0)
    assert base.text_key("Tulips", 0, whole) == base.text_key("Tulips", 0, real)


def test_addresses_say_nothing_of_what_a_reading_leaves_at_its_default(tmp_path: Path) -> None:
    store = Store(tmp_path, Handle())
    activation = "b0d930b0ff9dab8ec49513c709d480a980476dedb8349c0022ada7a6da2256a4"
    assert store.key("Tulips", 1, Generation(), "mlp", "last") == activation
    text = "e2551035424e4b9eaea2d4ab568e8656f1b53bfa8eeee0db94e1129a7117454b"
    assert store.text_key("Tulips", 1, Generation(temperature=1)) == text
    more = [
        store.key("Tulips", 1, Generation(), "mlp", where)
        for where in (
            "generated",
            "prompt",
            Reading("generated", "Hanoi"),
            Reading("prompt", "Hanoi"),
            Reading("generated", exclude_first=1),
            Reading("generated", exclude_first=2),
            Reading("generated", reduce="max"),
            Reading("generated", reduce="rate"),
        )
    ]
    assert len({*more, activation}) == 9


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
@pytest.mark.parametrize("left", [0.0, 0.5, 0.98])
def test_a_truncated_entry_counts_as_missing_and_is_replaced(
    store: Store, tmp_path: Path, suffix: str, left: float
) -> None:
    fill(store)
    path = entries(tmp_path, suffix)[0]
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * left)])
    assert missing(store) == {("Tulips", 0)}
    fill(store)
    assert path.read_bytes() == data
    assert missing(store) == set()


def test_a_flipped_bit_is_found_when_it_is_read(store: Store, tmp_path: Path) -> None:
    fill(store)
    for path in entries(tmp_path, ".safetensors"):
        data = bytearray(path.read_bytes())
        data[-3] ^= 1
        path.write_bytes(bytes(data))
    assert store.read(store.key("Tulips", 0, GENERATION, "mlp", "last")) is None
    assert missing(store) == {("Tulips", 0)}, "a damaged entry must not pass for there at the next run"


def test_an_entry_of_another_kind_counts_as_missing(store: Store, tmp_path: Path) -> None:
    from safetensors.numpy import save

    fill(store)
    entries(tmp_path, ".safetensors")[0].write_bytes(save({"activation": VALUES}))
    assert missing(store) == {("Tulips", 0)}


def test_a_cache_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "traces").write_text("in the way")
    with pytest.raises(StoreError, match=r"cannot be written: .*--concept-cache-dir"):
        fill(Store(tmp_path, Handle()))


def test_prompts_of_any_letters(store: Store) -> None:
    for prompt in ("Hà Nội 🌷", "\ud800 lone surrogate", 'quote " and \\ and \n'):
        assert len(store.key(prompt, 0, GENERATION, "mlp", "last")) == 64
