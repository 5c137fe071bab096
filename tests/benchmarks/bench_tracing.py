"""Tracing against writing without it, and against other ways to trace: `make bench`.

Ways take turns within a repetition, so that a machine that grows slower meanwhile slows all of them.
"""

from __future__ import annotations

import importlib.util
import time
from itertools import pairwise
from typing import Any

import pytest

from tests.benchmarks import ways
from tests.benchmarks.table import Case, Table
from tests.benchmarks.ways import Work

PLAIN, SAMPLES = Work(45, 1, 40), Work(45, 4, 40)
BRAIN = [Work(work.prompts, work.samples, work.tokens, "bfloat16") for work in (PLAIN, SAMPLES)]
CASES = [
    *(Case(PLAIN, way) for way in ("bare", "traced", "traced_both", "nnsight", "transformer_lens", "write_up")),
    *(Case(SAMPLES, way) for way in ("bare", "traced", "traced_both")),
    *(Case(work, way) for work in BRAIN for way in ("bare", "traced")),
]
PEERS = {"nnsight", "transformer_lens"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    repetitions = range(1, metafunc.config.getoption("--bench-repetitions") + 1)
    turns = [(repetition, case) for repetition in repetitions for case in CASES]
    metafunc.parametrize(("repetition", "case"), turns, ids=[f"{repetition}-{case.name}" for repetition, case in turns])


@pytest.fixture(scope="session", autouse=True)
def _warm() -> None:
    """What is only paid once in a process is paid before."""
    ways.bare(Work(4, 1, 2))[1]()
    ways.traced(Work(4, 1, 2))[1]()


def test_tracing(benchmark: Any, bench_table: Table, repetition: int, case: Case) -> None:
    import torch

    if case.way in PEERS and importlib.util.find_spec(case.way) is None:
        pytest.skip(f"{case.way} is not installed; it comes with the extra 'bench'")
    if case.work.dtype == "bfloat16" and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        pytest.skip("the processor has no bfloat16")
    model, call = getattr(ways, case.way)(case.work)
    marks: list[float] = []
    tokens: list[int] = []

    def timed() -> None:
        marks.append(time.perf_counter())
        handle = model.register_forward_pre_hook(lambda *_: marks.append(time.perf_counter()))
        try:
            tokens.append(call())
        finally:
            handle.remove()
        marks.append(time.perf_counter())

    if case.way not in PEERS:
        assert not [one for one in model.modules() if "forward" in one.__dict__], "another way has changed the model"
    benchmark.pedantic(timed, rounds=1, iterations=1)
    if case.way != "write_up":
        assert tokens == [case.work.prompts * case.work.samples * case.work.tokens]
    bench_table.add(repetition, case, [after - before for before, after in pairwise(marks)], tokens[0])
    benchmark.extra_info.update(case=case.name, repetition=repetition, tokens=tokens[0], dtype=case.work.dtype)
