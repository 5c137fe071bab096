"""A pytest plugin that replaces the model and the tests behind a run: what a claim finds is said by its id.

``holds-...``, ``refuted-...`` and ``unsure-...`` are verdicts, ``...-weak`` is a p-value of .03, ``...-dealt`` would
also hold with prompts dealt at random, of ``...-unknown`` that cannot be told, ``...-seedy`` does not hold at even
seeds, ``...-neutral`` not with a baseline whose prompts begin with "other", ``dies-...`` ends the process,
``untraced-...`` stops a family but at seed 5, ``damaged-...`` finds something damaged; a model called ``no-model``
cannot be had.
Everything else of a run is real: plan, cache on disk, record.

PYTEST_DONT_REWRITE: it is imported before the runs that load it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neurontest.run
import neurontest.trace.models.named
from neurontest.claims.base import Claim
from neurontest.claims.suite import Family
from neurontest.errors import ModelError, TraceError
from neurontest.run.engines import Engines
from neurontest.trace.faults import Faults
from neurontest.types import (
    Activations,
    ConceptTokens,
    Continuation,
    Estimate,
    Evidence,
    Finding,
    Generation,
    Interval,
    KeyResult,
    NullSummary,
    TokenText,
    TraceGroup,
    TracePlan,
    TraceRecord,
    TraceRequest,
    Vacuity,
    Verdict,
)

LAYERS, WIDTH = 2, 16


class FakeModel:
    """A handle that loads nothing."""

    dtype, device, attention, fingerprint = "float32", "cpu", "sdpa", "f" * 64

    def __init__(self, name: str) -> None:
        self.name = name

    def load(self) -> tuple[Any, Any]:
        raise AssertionError("a fake model is never loaded")


class FakeTracer:
    def __init__(self, handle: Any, progress: Any) -> None:
        self.handle, self.progress = handle, progress
        self.faults = Faults()

    def ensure(self, plan: TracePlan, groups: tuple[TraceGroup, ...] | None = None, *_: Any) -> TraceRecord:
        if self.handle.name == "no-model":
            raise ModelError("There is no model 'no-model'.")
        self.progress(f"tracing {self.handle.name}", 3, 4, "120 tokens/s")
        return TraceRecord(texts=4, tokens=160, seconds=0.1)

    def activations(self, request: TraceRequest) -> Activations:
        digest = hashlib.sha256(repr(request).encode()).hexdigest()
        values = np.random.default_rng(int(digest[:8], 16)).normal(size=(len(request.prompts), LAYERS * WIDTH))
        return Activations(values.astype(np.float32), LAYERS, WIDTH, digest)

    def continuations(self, prompts: tuple[str, ...], generation: Generation) -> tuple[Continuation, ...]:
        return tuple(Continuation(prompt, 0, " and so on", 3, False, 0) for prompt in prompts)


class FakeEngines(Engines):
    def tracer(self, handle: Any, *_: Any, progress: Any, **options: Any) -> Any:
        return FakeTracer(handle, progress)


class FakeRun(neurontest.run.Run):
    def __init__(self, suite: Any, handle: Any, **options: Any) -> None:
        super().__init__(suite, handle, **options | {"engines": FakeEngines()})
        self._log: Path = options["cache_dir"] / "evaluated.txt"

    def _test(self, family: Family, traces: Mapping[TraceRequest, Activations]) -> dict[str, Finding]:
        if any(claim.id.startswith("untraced") and claim.generation.seed != 5 for claim in family.claims):
            raise TraceError("The prompt 'Hanoi is' gave an activation that is not finite.")
        if any(claim.id.startswith("dies") for claim in family.claims):
            os._exit(3)
        for claim in family.claims:
            if claim.id.startswith("damaged"):
                self.notice(f"The file of {claim.id} is not what was written there.")
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{family.file}: {' '.join(claim.id for claim in family.tested)}\n")
        return {claim.id: _finding(_name(claim), 3.1 + _shift(claim)) for claim in family.tested}

    def read_tokens(self, count: int) -> None:
        text = TokenText("a prompt 0 is", 0, ("a", " prompt 0 is", " and", " so on"), 2, (None, 0.5, -1.25, None))
        self._tokens["a"] = ConceptTokens("a", (text,) * count, 10)

    def vacuity(self, family: Family) -> Mapping[str, Vacuity]:
        found = {
            claim.id: Vacuity(20, 15, vacuous=True, about="it is about the method")
            for claim in family.tested
            if claim.id.endswith("-dealt")
        }
        unknown = Vacuity.unknown("nobody else has prompts")
        found |= {claim.id: unknown for claim in family.tested if claim.id.endswith("-unknown")}
        self._vacuity[family.file] = found
        return found


def _name(claim: Claim) -> str:
    """The id that says what is found; of one that hangs on the seed or the baseline, what it says there."""
    other = claim.baseline is not None and claim.baseline.prompts[0].startswith("other")
    turns = (claim.id.endswith("-seedy") and claim.generation.seed % 2 == 0) or (
        claim.id.endswith("-neutral") and other
    )
    return f"unsure-{claim.id}" if turns else claim.id


def _shift(claim: Claim) -> float:
    """What another baseline does to an effect."""
    other = claim.baseline is not None and claim.baseline.prompts[0].startswith("other")
    return 0.01 if other and claim.selection.normalize != "raw" else 0.0


def _finding(name: str, value: float) -> Finding:
    verdict: Any = {"holds": "holds", "refuted": "refuted"}.get(name.partition("-")[0], "inconclusive")
    p, opposite = {"holds": (0.001, 0.999), "refuted": (0.999, 0.001)}.get(verdict, (0.2, 0.8))
    if name.endswith("-weak"):
        p, opposite = 0.03, 0.97
    effect = Estimate("b/a minus b/c", value, "neurons", Interval(-0.4, 6.2, 0.95, "t"), 0.0)
    key = KeyResult("half-sample", "the sets overlap equally", 1.2, p, opposite, 1e-6, df=9.0)
    null = NullSummary("t", 1.2, df=9.0)
    evidence = Evidence(effect, (key,), p, opposite, (null,), (), {"a": 10, "b": 10, "c": 10}, m=5)
    return Finding(evidence, Verdict(verdict, p, opposite, 0.05))


def _model_named(name: str, **_: Any) -> FakeModel:
    return FakeModel(name)


def pytest_configure(config: pytest.Config) -> None:
    patch = pytest.MonkeyPatch()
    patch.setattr(neurontest.run, "Run", FakeRun)
    patch.setattr(neurontest.trace.models.named, "model_named", _model_named)
    config.add_cleanup(patch.undo)
