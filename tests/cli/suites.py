"""Small suites on a tiny model, for the verbs that look into one."""

from __future__ import annotations

import json
from pathlib import Path

from tests import tiny

CONCEPTS = ("tulip", "hanoi", "violent")


def write(folder: Path, prompts: int = 6, **more: object) -> Path:
    """A suite of three concepts and one claim on a tiny model inside it."""
    folder.mkdir(parents=True)
    tiny.save(folder / "model")
    suite = {
        "neurontest": 1,
        "model": "model",
        "trace": {"max_new_tokens": 2, "samples": 1},
        "neurons": {"k": 4},
        "baseline": {"prompts": [f"neutral {at}" for at in range(6)]},
        "concepts": {name: {"prompts": [f"{name} {at}" for at in range(prompts)]} for name in CONCEPTS},
        "claims": ["hanoi overlaps tulip more than violent"],
    }
    (folder / "suite.yaml").write_text(json.dumps(suite | more), encoding="utf-8")
    return folder
