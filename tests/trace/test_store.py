"""The store: addresses, and entries that are whole or not there."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurontest import seals
from neurontest.errors import StoreError
from neurontest.trace.prompts.encoding import Encoded
from neurontest.trace.prompts.remembered import Prompts
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
    monkeypatch.setattr(Prompts, "knows", lambda self, prompt, generation: True)
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


def test_every_reading_has_an_address_of_its_own(tmp_path: Path) -> None:
    store = Store(tmp_path, Handle())
    readings = (
        "generated",
        "last",
        "prompt",
        Reading("generated", "Hanoi"),
        Reading("prompt", "Hanoi"),
        Reading("generated", exclude_first=1),
        Reading("generated", exclude_first=2),
        Reading("generated", reduce="max"),
        Reading("generated", reduce="rate"),
    )
    assert len({store.key("Tulips", 1, Generation(), "mlp", where) for where in readings}) == len(readings)


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


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
def test_any_flipped_bit_counts_as_missing_and_is_told(store: Store, tmp_path: Path, suffix: str) -> None:
    fill(store)
    path = entries(tmp_path, suffix)[0]
    sound = path.read_bytes()
    # Of the head as well as of the body: layers, width and the first position's part are believed like the values.
    for at in range(0, len(sound), 5):
        said: list[str] = []
        data = bytearray(sound)
        data[at] ^= 1
        path.write_bytes(bytes(data))
        anew = Store(tmp_path, Handle(), notice=said.append)
        assert missing(anew) == {("Tulips", 0)}
        assert missing(anew) == {("Tulips", 0)}, "a damaged entry is told once"
        assert len(said) == 1
        assert str(path) in said[0]
        path.write_bytes(sound)
        assert missing(anew) == set()


def test_all_that_is_damaged_is_found_at_once(store: Store, tmp_path: Path) -> None:
    fill(store)
    for path in (*entries(tmp_path, ".safetensors"), *entries(tmp_path, ".json")):
        path.write_bytes(b"")
    assert missing(store) == {("Tulips", 0)}
    assert len(list((tmp_path / "damaged").iterdir())) == 3


def test_entries_that_changed_places_are_found(store: Store, tmp_path: Path) -> None:
    fill(store)
    fill(store, "Hanoi")
    one, two = entries(tmp_path, ".safetensors")[:2]
    one.rename(tmp_path / "between")
    two.rename(one)
    (tmp_path / "between").rename(two)
    assert {
        prompt
        for prompt in ("Tulips", "Hanoi")
        if store.missing((prompt,), replace(GENERATION, samples=1), ("mlp", "residual"), ("last",))
    }
    assert len(list((tmp_path / "damaged").iterdir())) == 2


def test_what_is_found_sound_is_hashed_once_and_again_when_it_changes(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    hashed: list[str] = []
    sound = seals.is_sound

    def counted(name: str, data: bytes) -> bool:
        hashed.append(name)
        return sound(name, data)

    monkeypatch.setattr(seals, "is_sound", counted)
    key = store.key("Tulips", 0, GENERATION, "mlp", "last")
    for _ in range(3):
        assert store.read(key) is not None
    assert len(hashed) == 1
    path = next(tmp_path.rglob(f"{key}.safetensors"))
    status = path.stat()
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert store.read(key) is None


def test_an_entry_is_still_a_file_of_safetensors(store: Store, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    fill(store)
    assert np.array_equal(load_file(entries(tmp_path, ".safetensors")[0])["activation"], VALUES)


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
