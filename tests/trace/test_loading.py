"""Number formats, devices and quantized checkpoints."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurontest.errors import ModelError
from neurontest.trace.hooks import SiteReader
from neurontest.trace.models import resolve
from neurontest.trace.sites import find_sites
from neurontest.types import silent


def load(folder: Path, cache: Path, **run: str) -> tuple[Any, Any]:
    settings = {"dtype": "float32", "device": "cpu"} | run
    return resolve(str(folder), cache_dir=cache, suite_folder=None, progress=silent, **settings).load()


def test_spread_over_devices(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import transformers

    pytest.importorskip("accelerate")
    said: list[object] = []
    plain, _ = load(folder, tmp_path)
    from_pretrained = transformers.AutoModelForCausalLM.from_pretrained

    def spy(*args: Any, **options: Any) -> Any:
        said.append(options.get("device_map"))
        return from_pretrained(*args, **options)

    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", spy)
    model, _ = load(folder, tmp_path, device="auto")
    load(folder, tmp_path)
    assert said == ["auto", None]
    assert all((a == b.to(a.device)).all() for a, b in zip(model.parameters(), plain.parameters(), strict=True))


def test_spread_without_accelerate(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "accelerate" else found(name))
    with pytest.raises(
        ModelError, match=r"cannot be spread over devices \(device: auto\) without accelerate; 'pip inst"
    ):
        load(folder, tmp_path, device="auto")


def test_a_quantized_checkpoint_without_its_library(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "quantized"
    shutil.copytree(folder, target)
    config = json.loads((target / "config.json").read_text())
    config["quantization_config"] = {"quant_method": "awq", "bits": 4, "group_size": 16, "version": "gemm"}
    (target / "config.json").write_text(json.dumps(config))
    with pytest.raises(
        ModelError, match=r"is quantized \(awq\) and cannot be loaded on this platform: .*not quantized"
    ):
        load(target, tmp_path)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_reductions_of_few_bits_are_in_float32(dtype: str, folder: Path, tmp_path: Path) -> None:
    """The mean over 400 steps of one value is that value: a sum in 16 bits would have stopped growing long before."""
    import torch

    model, _ = load(folder, tmp_path, dtype=dtype)
    sites = find_sites(model, ("attention", "mlp", "residual"))
    ids, active = torch.tensor([[0, 5, 9]]), torch.tensor([True])
    with SiteReader(sites, 1, model.device) as reader, torch.inference_mode():
        for _ in range(400):
            model(ids)
            reader.end_step(active)
        for mean, last in zip(reader.result("generated"), reader.result("last"), strict=True):
            assert mean.dtype == last.dtype == np.float32
            assert np.abs(last).max() > 0
            np.testing.assert_allclose(mean, last, rtol=1e-4)
