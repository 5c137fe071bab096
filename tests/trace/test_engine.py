"""The engine: traces once what is missing, in whole batches, and hands out what is there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurontest.errors import StoreError, TraceError
from neurontest.trace.engine import Tracer
from neurontest.trace.models.named import from_transformers, model_named
from neurontest.trace.prompts.remembered import Prompts, reader_of
from neurontest.trace.store import Store
from neurontest.types import (
    Generation,
    ModelHandle,
    Notice,
    TraceGroup,
    TracePlan,
    TraceRecord,
    TraceRequest,
    silent,
    unnoticed,
)
from tests import tiny
from tests.architectures import ARCHITECTURES

GENERATION = Generation(max_new_tokens=6, samples=2, top_k=40, seed=3)
PROMPTS = ("A tulip", "Hanoi lies on the river", "Vietnam", "violence")
GROUP = TraceGroup(GENERATION, PROMPTS, ("mlp", "residual"), ("generated", "last"))
PLAN = TracePlan((GROUP,))


class Counting:
    """A handle that counts how often it is loaded."""

    def __init__(self, handle: ModelHandle) -> None:
        self._handle = handle
        self.name, self.dtype, self.device = handle.name, handle.dtype, handle.device
        self.attention, self.fingerprint = handle.attention, handle.fingerprint
        self.loaded = 0
        self.pair = handle.load()

    def load(self) -> tuple[Any, Any]:
        self.loaded += 1
        return self.pair

    def reader(self) -> Callable[[], tuple[Any, Any]]:
        return reader_of(self._handle)


@pytest.fixture
def handle(llama: tuple[Any, Any]) -> Counting:
    return Counting(from_transformers(*llama, name="tiny"))


MakeTracer = Callable[..., Tracer]


@pytest.fixture
def tracer(handle: Counting, tmp_path: Path) -> MakeTracer:
    def make(
        cache_dir: Path = tmp_path, batch_size: int = 3, progress: Any = silent, notice: Notice = unnoticed
    ) -> Tracer:
        return Tracer(handle, cache_dir=cache_dir, batch_size=batch_size, progress=progress, notice=notice)

    return make


def request(positions: str = "generated", prompts: tuple[str, ...] = PROMPTS) -> TraceRequest:
    return TraceRequest(prompts, GENERATION, "residual", positions)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("traces/*/*")}


def test_traces_once(tracer: MakeTracer, handle: Counting) -> None:
    first = tracer().ensure(PLAN)
    assert (first.texts, first.tokens) == (8, sum(t.tokens for t in tracer().continuations(PROMPTS, GENERATION)))
    assert first.seconds > 0
    assert tracer().ensure(PLAN) == TraceRecord()
    assert handle.loaded == 1


def test_activations_are_averaged_over_samples_in_the_order_asked_for(tracer: MakeTracer) -> None:
    tracer().ensure(PLAN)
    got = tracer().activations(request())
    assert got.values.dtype == np.float32
    assert got.values.shape == (4, tiny.LAYERS * tiny.HIDDEN)
    assert (got.layers, got.width) == (tiny.LAYERS, tiny.HIDDEN)
    assert len(np.unique(got.values, axis=0)) == 4
    turned = tracer().activations(request(prompts=PROMPTS[::-1]))
    assert np.array_equal(turned.values, got.values[::-1])
    assert turned.digest != got.digest
    assert tracer().activations(request()).digest == got.digest
    store = tracer()._store
    for row, prompt in zip(got.values, PROMPTS, strict=True):
        traces = [store.read(store.key(prompt, sample, GENERATION, "residual", "generated")) for sample in (0, 1)]
        singles = [trace.values for trace in traces if trace is not None]
        assert not np.array_equal(singles[0], singles[1])
        np.testing.assert_allclose(row, np.mean(singles, axis=0), rtol=1e-6, atol=1e-7)


def test_last_is_not_generated(tracer: MakeTracer) -> None:
    tracer().ensure(PLAN)
    assert tracer().activations(request("last")).digest != tracer().activations(request()).digest


def test_texts_are_kept(tracer: MakeTracer) -> None:
    tracer().ensure(PLAN)
    texts = tracer().continuations(PROMPTS[:2], GENERATION)
    assert [(text.prompt, text.sample) for text in texts] == [(p, s) for p in PROMPTS[:2] for s in (0, 1)]
    assert all(text.text and 1 <= text.tokens <= 6 for text in texts)
    assert all(tiny.EOS not in text.text and tiny.BOS not in text.text for text in texts)


def test_bytes_depend_on_the_plan_alone(tracer: MakeTracer, tmp_path: Path) -> None:
    tracer(tmp_path / "whole").ensure(PLAN)
    wanted = files(tmp_path / "whole")
    assert len(wanted) == 8 * 5
    # What is missing is traced in the batches of the whole plan, whatever is there already.
    for name in sorted(wanted)[::7]:
        next((tmp_path / "whole").glob(f"traces/*/{name}")).unlink()
    assert tracer(tmp_path / "whole").ensure(PLAN).texts > 0
    assert files(tmp_path / "whole") == wanted


def test_only_batches_with_something_missing_run(tracer: MakeTracer, tmp_path: Path) -> None:
    tracer(batch_size=2).ensure(PLAN)
    victim = sorted(tmp_path.glob("traces/*/*.json"))[0]
    victim.unlink()
    assert tracer(batch_size=2).ensure(PLAN).texts == 2


def test_a_truncated_file_is_traced_again(tracer: MakeTracer, tmp_path: Path) -> None:
    tracer().ensure(PLAN)
    wanted = files(tmp_path)
    victim = sorted(tmp_path.glob("traces/*/*.safetensors"))[3]
    victim.write_bytes(victim.read_bytes()[:100])
    assert tracer().ensure(PLAN).texts > 0
    assert files(tmp_path) == wanted


def test_a_group_that_is_whole_is_not_looked_at_again(tracer: MakeTracer, monkeypatch: pytest.MonkeyPatch) -> None:
    one = tracer()
    one.ensure(PLAN)

    def never(*_: object) -> None:
        raise AssertionError("looked at again")

    monkeypatch.setattr(Store, "missing", never)
    assert one.ensure(PLAN) == TraceRecord()
    with pytest.raises(AssertionError, match="looked at again"):
        one.ensure(TracePlan((replace(GROUP, sites=("residual",)),)))


def damage(folder: Path, suffix: str, at: int = 0) -> Path:
    path = sorted(folder.glob(f"traces/*/*{suffix}"))[at]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(bytes(data))
    return path


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
def test_a_damaged_file_is_traced_again_before_anything_is_read(
    tracer: MakeTracer, tmp_path: Path, suffix: str
) -> None:
    tracer().ensure(PLAN)
    wanted = files(tmp_path)
    path = damage(tmp_path, suffix, 3)
    said: list[str] = []
    assert tracer(notice=said.append).ensure(PLAN).texts in (2, 3), "its batch"
    assert files(tmp_path) == wanted
    assert len(said) == 1
    assert str(path) in said[0]


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
@pytest.mark.parametrize("gone", [False, True])
def test_what_is_damaged_in_the_middle_of_a_run_is_traced_again_in_the_same_run(
    tracer: MakeTracer, tmp_path: Path, suffix: str, gone: bool
) -> None:
    said: list[str] = []
    at_work = tracer(notice=said.append)
    at_work.ensure(PLAN)

    everything = [(site, positions) for site in GROUP.sites for positions in GROUP.positions]

    def read() -> tuple[Any, ...]:
        digests = [at_work.activations(TraceRequest(PROMPTS, GENERATION, *of)).digest for of in everything]
        return (digests, at_work.continuations(PROMPTS, GENERATION))

    before, wanted = read(), files(tmp_path)
    path = damage(tmp_path, suffix, 5)
    if gone:
        path.unlink()
    assert read() == before
    assert files(tmp_path) == wanted
    assert [str(path) in text for text in said] == ([] if gone else [True])


def test_what_another_plan_traced_is_made_anew_too_if_it_was_damaged(tracer: MakeTracer, tmp_path: Path) -> None:
    """Vacuity deals all prompts that were traced, whoever asked for them: one that is damaged must not go missing."""
    tracer().ensure(PLAN)
    wanted = tracer().activations(request(prompts=PROMPTS[:2])).values
    store = tracer()._store
    key = store.key(PROMPTS[1], 0, GENERATION, "residual", "generated")
    (tmp_path / f"traces/{key[:2]}/{key}.safetensors").write_bytes(b"")
    found = tracer().activations(request(prompts=PROMPTS[:2])).values
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4 * np.abs(wanted).max())
    never = TraceRequest(PROMPTS[:2], replace(GENERATION, seed=4), "residual", "generated")
    with pytest.raises(StoreError, match="run again to trace them"):
        tracer().activations(never)


def test_a_cache_that_holds_everything_is_read_without_writing(
    tracer: MakeTracer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracer().ensure(PLAN)
    before = tracer().activations(request()).digest
    shutil.rmtree(tmp_path / "locks")

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(30, "Read-only file system")

    for name in ("mkdir", "write_bytes", "rename", "replace", "unlink"):
        monkeypatch.setattr(Path, name, refuse)
    readers = tracer()
    assert readers.ensure(PLAN) == TraceRecord()
    assert readers.activations(request()).digest == before
    assert len(readers.continuations(PROMPTS, GENERATION)) == 8
    more = TracePlan((replace(GROUP, generation=replace(GENERATION, seed=4)),))
    with pytest.raises(StoreError, match=r"locks/trace-\w+\.lock cannot be written: Read-only file system"):
        readers.ensure(more)


def test_groups_may_be_traced_one_by_one(tracer: MakeTracer) -> None:
    other = replace(GROUP, generation=replace(GENERATION, seed=4))
    plan = TracePlan((GROUP, other))
    assert tracer().ensure(plan, [other]).texts == 8
    assert tracer().ensure(plan, []) == TraceRecord()
    assert tracer().ensure(plan).texts == 8
    assert tracer().ensure(plan) == TraceRecord()


def test_more_samples_keep_the_ones_there_are(tracer: MakeTracer, tmp_path: Path) -> None:
    tracer(batch_size=1).ensure(PLAN)
    more = TracePlan((replace(GROUP, generation=replace(GENERATION, samples=3)),))
    assert tracer(batch_size=1).ensure(more).texts == 4


def test_what_is_not_there_is_an_error(tracer: MakeTracer, handle: Counting, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"What the prompt 'A tulip' is to the model is not in .*; run again to trace"):
        tracer().activations(request())
    Prompts(handle, tmp_path).ensure(PROMPTS, GENERATION)
    with pytest.raises(StoreError, match=r"activations of the prompt 'A tulip' \(sample 0, site residual"):
        tracer().activations(request())
    with pytest.raises(StoreError, match="wrote to the prompt 'A tulip'"):
        tracer().continuations(PROMPTS, GENERATION)


def test_what_cannot_be_traced_is_said_before_anything_is_loaded(tracer: MakeTracer, handle: Counting) -> None:
    with pytest.raises(TraceError, match="site: embedding cannot be traced; valid: attention, mlp, mlp_gate, residual"):
        tracer().ensure(TracePlan((replace(GROUP, sites=("embedding",)),)))
    with pytest.raises(TraceError, match="positions: middle cannot be traced; valid: generated, last, prompt"):
        tracer().ensure(TracePlan((replace(GROUP, positions=("middle",)),)))
    assert handle.loaded == 0


def test_attention_is_stored_with_its_heads(tracer: MakeTracer) -> None:
    tracer().ensure(TracePlan((replace(GROUP, sites=("attention", "mlp")),)))
    attention = tracer().activations(replace(request(), site="attention"))
    assert (attention.layers, attention.width, attention.heads) == (tiny.LAYERS, tiny.HIDDEN, 4)
    assert tracer().activations(replace(request(), site="mlp")).heads is None


def test_an_encoder_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    pair = ARCHITECTURES["bert"].pair()
    encoder = Tracer(from_transformers(*pair), cache_dir=tmp_path, batch_size=3, progress=silent)
    with pytest.raises(TraceError, match=r"BertForMaskedLM writes no text.*positions: prompt"):
        encoder.ensure(PLAN)
    assert not files(tmp_path)


def test_sites_are_tested_for_what_the_batches_need(handle: Counting, tmp_path: Path) -> None:
    """A model that padding disturbs can still write one text at a time."""
    model, tokenizer = tiny.build("gpt2")
    plain = model.forward
    model.forward = lambda position_ids=None, attention_mask=None, **more: plain(**more)
    lame = from_transformers(model, tokenizer)
    with pytest.raises(TraceError, match=r"beside a longer one than alone.*--concept-batch-size 1"):
        Tracer(lame, cache_dir=tmp_path, batch_size=2, progress=silent).ensure(PLAN)
    assert Tracer(lame, cache_dir=tmp_path, batch_size=1, progress=silent).ensure(PLAN).texts == 8


@pytest.mark.parametrize("prompt", ["", "long " * 30])
def test_a_bad_prompt_stops_the_run_before_anything_is_written(tracer: MakeTracer, tmp_path: Path, prompt: str) -> None:
    with pytest.raises(TraceError, match="prompt"):
        tracer().ensure(TracePlan((replace(GROUP, prompts=tuple(sorted((*PROMPTS, prompt)))),)))
    assert not files(tmp_path)


def test_a_crash_keeps_whole_batches_and_writes_no_half_ones(
    tracer: MakeTracer, handle: Counting, tmp_path: Path
) -> None:
    model, _ = handle.pair

    def crash(_: str, done: int, __: int, detail: str) -> None:
        if done == 3 and detail.startswith("token 2 of"):
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        tracer(progress=crash).ensure(PLAN)
    assert len(files(tmp_path)) == 3 * 5, "the first batch of three texts, and nothing else"
    assert not list(tmp_path.rglob("*.tmp"))
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert tracer().ensure(PLAN).texts == 5


def test_progress_tells_what_and_how_fast(tracer: MakeTracer) -> None:
    said: list[tuple[str, int, int, str]] = []
    tracer(progress=lambda *words: said.append(words)).ensure(PLAN)
    assert [what for what, *_ in said[:2]] == ["tracing tiny"] * 2
    assert {what for what, *_ in said[2:]} == {"tracing tiny: text"}
    assert [detail for *_, detail in said[:2]] == ["tokenizing the prompts", "loading the model"]
    steps = said[2:]
    assert all(total == 8 for _, _, total, _ in steps)
    assert [done for _, done, _, _ in steps] == sorted(done for _, done, _, _ in steps)
    assert steps[-1][1] == 8
    assert all("tokens/s" in detail for *_, detail in steps)
    assert len(steps) >= 3 * GENERATION.max_new_tokens - 5


def test_progress_tells_the_time_left(tracer: MakeTracer, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1_000_000, 10))
    monkeypatch.setattr("neurontest.trace.job.time.monotonic", lambda: float(next(clock)))
    said: list[str] = []
    tracer(progress=lambda *words: said.append(words[-1])).ensure(PLAN)
    assert re.search(r"^token 1 of \d+, \d+ tokens/s, about \d+ (s|min) left$", said[2])
    assert "left" not in said[-1]


def test_advice_of_the_libraries_does_not_leak(tracer: MakeTracer, capfd: pytest.CaptureFixture[str]) -> None:
    tracer().ensure(PLAN)
    assert capfd.readouterr() == ("", "")


WORKER = """
    import sys
    from pathlib import Path
    from neurontest.trace.engine import Tracer
    from neurontest.trace.models.named import model_named
    from neurontest.types import silent
    from tests.trace.test_engine import PLAN, request

    folder, cache = map(Path, sys.argv[1:])
    handle = model_named(str(folder), cache_dir=cache, dtype="float32", device="cpu", suite_folder=None,
                     progress=silent)
    tracer = Tracer(handle, cache_dir=cache, batch_size=3, progress=silent)
    record = tracer.ensure(PLAN)
    digest = tracer.activations(request()).digest
    print(record.texts, digest, "torch" in sys.modules or "transformers" in sys.modules)
"""


def start(folder: Path, cache: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WORKER), str(folder), str(cache)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def test_two_processes_trace_once_and_a_later_one_needs_no_torch(folder: Path, tmp_path: Path) -> None:
    handle = model_named(
        str(folder), cache_dir=tmp_path, dtype="float32", device="cpu", suite_folder=None, progress=silent
    )
    # The first is this process; it holds the lock, in the middle of its run, until the second has come to wait.
    other: list[subprocess.Popen[str]] = []

    def begin(what: str, done: int, total: int, detail: str) -> None:
        if not other:
            other.append(start(folder, tmp_path))

    first = Tracer(handle, cache_dir=tmp_path, batch_size=3, progress=begin)
    record = first.ensure(PLAN)
    second = start(folder, tmp_path)
    outputs = [process.communicate(timeout=900)[0].split() for process in (*other, second)]
    digest = first.activations(request()).digest
    assert record.texts == 8
    assert [output[:2] for output in outputs] == [["0", digest]] * 2
    assert outputs[1][2] == "False", "torch was imported though nothing was missing"


def test_a_waiting_process_says_so(folder: Path, tmp_path: Path, tracer: MakeTracer) -> None:
    import threading

    from neurontest.trace.locks import hold

    said: list[str] = []
    waiting = threading.Event()

    def listen(what: str, done: int, total: int, detail: str) -> None:
        said.append(detail)
        if "waiting" in detail:
            waiting.set()

    runner = tracer(progress=listen)
    with hold(tmp_path, f"trace-{runner._plan_key(PLAN)}", "test", silent):
        thread = threading.Thread(target=runner.ensure, args=(PLAN,))
        thread.start()
        assert waiting.wait(timeout=600)
        assert not files(tmp_path)
    thread.join(timeout=600)
    assert runner.ensure(PLAN) == TraceRecord()
