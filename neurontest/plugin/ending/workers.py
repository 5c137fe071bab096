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
from neurontest.plugin.keys import REPORT_KEY, WORKER_KEY
from neurontest.plugin.state import state_of

if TYPE_CHECKING:
    from neurontest.plugin.state import State
    from neurontest.run import Run


def send_facts(config: pytest.Config) -> None:
    """In a worker: send what its runs have to tell."""
    state = state_of(config)
    told = {
        "runs": {str(folder): _facts(state.runs(folder), state.worker) for folder in state.options.suites},
        "complaints": {str(folder): text for folder, text in state.complaints.items()},
        "refused": [str(folder) for folder in state.refused],
    }
    # As one text: whatever else the facts hold, a text is sure to pass between processes.
    output: dict[str, Any] = config.workeroutput  # type: ignore[attr-defined]  # xdist puts it there
    output[WORKER_KEY] = json.dumps(told)


def _facts(runs: list[Run], worker: str) -> dict[str, list[Any]]:
    told: dict[str, list[Any]] = {"facts": [], "lost": []}
    for run in runs:
        try:
            told["facts"].append(run.facts())
        except NeurontestError as error:
            told["lost"].append(f"What the worker {worker} found is not in this report: {error}")
    return told


def keep_facts(state: State, folder: Path, report: pytest.TestReport) -> None:
    """In the controller: keep what a worker's run tells with a claim: the worker may not get to its end."""
    said: dict[str, str] = getattr(report, REPORT_KEY, {})
    if said.get("facts"):
        state.early_facts[folder, str(getattr(report, "worker_id", ""))] = json.loads(said["facts"])


def receive_facts(config: pytest.Config, node: Any) -> None:
    """In the controller: keep what a worker sent; one that crashed sent nothing."""
    sent = getattr(node, "workeroutput", {}).get(WORKER_KEY)
    if sent is None:
        return
    state = state_of(config)
    state.workers += 1
    for key in [key for key in state.early_facts if key[1] == node.gateway.id]:
        del state.early_facts[key]
    told = json.loads(sent)
    for folder, of_runs in told["runs"].items():
        state.facts.setdefault(Path(folder), []).extend(of_runs["facts"])
        state.lost.setdefault(Path(folder), []).extend(of_runs["lost"])
    state.complaints |= {Path(folder): text for folder, text in told["complaints"].items()}
    state.refused |= {Path(folder) for folder in told["refused"]}


def shared_device(config: pytest.Config) -> str:
    """A warning if several workers load models on one accelerator, else empty."""
    state = state_of(config)
    device = state.options.text("device")
    if state.workers < 2 or device == "cpu" or config.getoption("dist", "no") == "loadgroup":
        return ""
    return f"{state.workers} workers shared {device}; with '--dist loadgroup' one of them alone loads the model"
