"""pytest-xdist: what workers send to the controller. Nothing here imports xdist, which need not be there.

A model is loaded once in each worker that traces; ``--dist loadgroup`` sends all claims of a model to one worker. The
verdicts are the same either way.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from neurontest.errors import NeurontestError
from neurontest.plugin.keys import WORKER_KEY
from neurontest.plugin.state import state_of

if TYPE_CHECKING:
    from neurontest.run import Run


def tell_worker(config: pytest.Config, node: Any) -> None:
    """In the controller: tell a worker that is about to start which paths this run collects."""
    node.workerinput[WORKER_KEY] = json.dumps(list(config.args))


def told_by_controller(config: pytest.Config) -> list[str] | None:
    """In a worker: the paths that the controller collects; None in any other process."""
    told: dict[str, Any] = getattr(config, "workerinput", {})
    paths: list[str] | None = json.loads(told[WORKER_KEY]) if WORKER_KEY in told else None
    return paths


def send_facts(config: pytest.Config) -> None:
    """In a worker: send what it collected, and what its runs have to tell."""
    state = state_of(config)
    facts = {
        str(folder): {
            "collected": state.collected.get(folder, 0),
            "kept": state.kept.get(folder, 0),
            **_facts(state.runs(folder), state.worker),
        }
        for folder in state.options.suites
    }
    # As one text: whatever else the facts hold, a text is sure to pass between processes.
    output: dict[str, Any] = config.workeroutput  # type: ignore[attr-defined]  # xdist puts it there
    output[WORKER_KEY] = json.dumps(facts)


def _facts(runs: list[Run], worker: str) -> dict[str, list[Any]]:
    told: dict[str, list[Any]] = {"facts": [], "lost": []}
    for run in runs:
        try:
            told["facts"].append(run.facts())
        except NeurontestError as error:
            told["lost"].append(f"What the worker {worker} found is not in this report: {error}")
    return told


def receive_facts(config: pytest.Config, node: Any) -> None:
    """In the controller: keep what a worker sent; one that crashed sent nothing."""
    sent = getattr(node, "workeroutput", {}).get(WORKER_KEY)
    if sent is None:
        return
    state = state_of(config)
    state.workers += 1
    for name, told in json.loads(sent).items():
        folder = Path(name)
        state.facts.setdefault(folder, []).extend(told["facts"])
        state.lost.setdefault(folder, []).extend(told["lost"])
        # Every worker collects everything.
        state.collected[folder] = max(state.collected.get(folder, 0), told["collected"])
        state.kept[folder] = max(state.kept.get(folder, 0), told["kept"])


def shared_device(config: pytest.Config) -> str:
    """A warning if several workers load models on one accelerator, else empty."""
    state = state_of(config)
    device = state.options.text("device")
    if state.workers < 2 or device == "cpu" or config.getoption("dist", "no") == "loadgroup":
        return ""
    return f"{state.workers} workers shared {device}; with '--dist loadgroup' one of them alone loads the model"
