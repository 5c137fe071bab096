"""neurontest: a statistical test suite for concept neurons.

A spec says what should be true of a model's concept neurons, pytest says whether it is, and how sure we are.

    spec/ -> plan -> trace/ -> neurons/ -> stats/ -> verdict -> report/     plugin/ and cli: two doors to the same way
    Suite    TracePlan Activations NeuronSet  Evidence  Verdict   Record

The names below are loaded when first asked for: importing this package costs nothing, since pytest imports it in every
run of every project in whose environment it is installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurontest.errors import NeurontestError
    from neurontest.report.record import load_record
    from neurontest.run import Run
    from neurontest.spec.load import load_suite
    from neurontest.trace.models.named import from_transformers

__version__ = "0.1.0"
__all__ = ["NeurontestError", "Run", "__version__", "from_transformers", "load_record", "load_suite"]

_HOMES = {
    "NeurontestError": "neurontest.errors",
    "Run": "neurontest.run",
    "from_transformers": "neurontest.trace.models.named",
    "load_record": "neurontest.report.record",
    "load_suite": "neurontest.spec.load",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
