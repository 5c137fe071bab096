"""Batches that are halved when memory is short: a fake that raises what allocators raise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurontest.errors import TraceError
from neurontest.trace.passes.halving import Halving
from neurontest.trace.texts import write
from tests.trace.test_engine import PLAN, MakeTracer, handle, request, tracer  # noqa: F401

WORDS = (
    "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes.",
    "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes.",
    "MPS backend out of memory (MPS allocated: 9 GB)",
)


def limited(most: int, error: Callable[[], Exception]) -> Callable[[Sequence[int]], list[int]]:
    def run(batch: Sequence[int]) -> list[int]:
        if len(batch) > most:
            raise error()
        return list(batch)

    return run


@given(st.lists(st.integers(1, 40), max_size=6), st.integers(1, 12))
def test_every_row_is_run_once_and_in_order(sizes: list[int], most: int) -> None:
    rows = iter(range(sum(sizes)))
    batches = [[next(rows) for _ in range(size)] for size in sizes]
    said: list[int] = []
    run = limited(most, lambda: RuntimeError(WORDS[0]))
    done = [row for part in Halving(said.append).each(batches, run, str) for row in part]
    assert done == list(range(sum(sizes)))
    assert said == sorted(set(said), reverse=True), "each halving is said once, and never undone"
    assert bool(said) == any(size > most for size in sizes)
    assert not said or said[-1] <= most < 2 * said[-1] + 1


def test_what_was_too_much_is_not_tried_again() -> None:
    tried: list[int] = []
    run = limited(4, lambda: RuntimeError(WORDS[1]))

    def watched(batch: Sequence[int]) -> list[int]:
        tried.append(len(batch))
        return run(batch)

    halving = Halving(lambda most: None)
    for batches in ([range(8)], [range(8), range(3)]):
        list(halving.each(batches, watched, str))
    assert tried == [8, 4, 4, 4, 4, 3]


@pytest.mark.parametrize("words", WORDS)
def test_a_single_row_that_does_not_fit_is_named(words: str) -> None:
    run = limited(0, lambda: RuntimeError(words))
    with pytest.raises(TraceError, match="Memory does not suffice for the prompt 'the 0th' even in a batch of its own"):
        list(Halving(lambda most: None).each([range(4)], run, lambda row: f"the {row}th"))


def test_other_errors_are_none_of_its_business() -> None:
    run = limited(0, lambda: RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="shapes"):
        list(Halving(lambda most: None).each([range(4)], run, str))


def test_tracing_goes_on_in_smaller_batches(
    tracer: MakeTracer,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    tracer(tmp_path / "ample", batch_size=8).ensure(PLAN)
    whole, sizes = write.write, []

    def short(model: Any, tokenizer: Any, rows: Any, *args: Any, **options: Any) -> Any:
        if len(rows) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        sizes.append(len(rows))
        return whole(model, tokenizer, rows, *args, **options)

    monkeypatch.setattr(write, "write", short)
    said: list[tuple[str, int, int, str]] = []
    cost = tracer(tmp_path / "short", batch_size=8, progress=lambda *words: said.append(words)).ensure(PLAN)
    assert (cost.texts, sizes) == (8, [2, 2, 2, 2])
    halvings = [words for words in said if "out of memory" in words[3]]
    assert halvings == [
        ("tracing tiny: text", 0, 8, "out of memory; batches of 4 from here on"),
        ("tracing tiny: text", 0, 8, "out of memory; batches of 2 from here on"),
    ]
    ample, cramped = (tracer(tmp_path / name).activations(request()).values for name in ("ample", "short"))
    np.testing.assert_allclose(ample, cramped, rtol=1e-4, atol=1e-4 * np.abs(ample).max())
