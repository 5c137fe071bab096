"""The built-in model, end to end. Fetches and converts it on first use."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from neurontest.settings import from_environment
from neurontest.trace.engine import Tracer
from neurontest.trace.models import builtin, convert
from neurontest.trace.models.named import model_named
from neurontest.types import Generation, ModelHandle, TraceGroup, TracePlan, TraceRequest, silent

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def cache() -> Path:
    """The user's own cache: the model is too large to be fetched for every run of the tests."""
    return Path(str(from_environment().get("cache_dir") or platformdirs.user_cache_dir("neurontest")))


@pytest.fixture(scope="module")
def model(cache: Path) -> ModelHandle:
    found = model_named(
        builtin.NAME, cache_dir=cache, dtype="float32", device="cpu", suite_folder=None, progress=silent
    )
    found.load()
    return found


def test_it_is_converted_and_has_the_fingerprint_of_its_source(model: ModelHandle, cache: Path) -> None:
    again = model_named(
        builtin.NAME, cache_dir=cache, dtype="float32", device="cpu", suite_folder=None, progress=silent
    )
    assert again.fingerprint == model.fingerprint == convert.fingerprint(builtin.SHA256)


def test_it_knows_the_capital_of_vietnam(model: ModelHandle, tmp_path: Path) -> None:
    generation = Generation(max_new_tokens=8, samples=1, temperature=0.0)
    prompt = "The capital of Vietnam is"
    tracer = Tracer(model, cache_dir=tmp_path, batch_size=4, progress=silent)
    prompts = tuple(sorted((prompt, "Tulips are flowers that", "One, two, three,")))
    tracer.ensure(TracePlan((TraceGroup(generation, prompts, ("mlp", "residual"), ("generated", "last")),)))
    (text,) = tracer.continuations((prompt,), generation)
    assert "Hanoi" in text.text
    for site, width in (("residual", 576), ("mlp", 1536)):
        found = tracer.activations(TraceRequest(prompts, generation, site, "generated"))
        assert (found.layers, found.width, found.values.shape) == (30, width, (3, 30 * width))
