"""neurontest: a statistical test suite for concept neurons.

A spec says what should be true of a model's concept neurons, pytest says whether it is, and how sure we are.

    spec/ -> plan -> trace/ -> neurons/ -> stats/ -> verdict -> report/     plugin/ and cli: two doors to the same way
    Suite    TracePlan Activations NeuronSet  Evidence  Verdict   Record

In Python, as in a notebook::

    import neurontest

    suite = neurontest.open("concept_specs")
    suite.sets("hanoi")                                                # its 200 strongest neurons, ranked
    suite.overlaps()                                                   # what every two concepts share
    suite.activations("hanoi").to_frame()                              # [prompt, neuron], where pandas is installed
    suite.check("hanoi overlaps vietnam more than violent").verdict    # of a claim that is stated here
    suite.record()                                                     # all claims of the suite's files

The names below are loaded when first asked for: importing this package costs nothing, since pytest imports it in every
run of every project in whose environment it is installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neurontest.errors import NeurontestError
    from neurontest.opened import OpenSuite
    from neurontest.opened import open_suite as open
    from neurontest.report.record import load_record
    from neurontest.run import Run
    from neurontest.spec.load import load_suite
    from neurontest.trace.models.named import from_transformers

__version__ = "0.1.0"
__all__ = [
    "NeurontestError",
    "OpenSuite",
    "Run",
    "__version__",
    "from_transformers",
    "load_record",
    "load_suite",
    "open",
]

#: Where each name is defined, as ``module:name``.
_HOMES = {
    "NeurontestError": "neurontest.errors:NeurontestError",
    "OpenSuite": "neurontest.opened:OpenSuite",
    "Run": "neurontest.run:Run",
    "from_transformers": "neurontest.trace.models.named:from_transformers",
    "load_record": "neurontest.report.record:load_record",
    "load_suite": "neurontest.spec.load:load_suite",
    "open": "neurontest.opened:open_suite",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, own = _HOMES[name].partition(":")
    return getattr(import_module(module), own)


def __dir__() -> list[str]:
    return sorted(__all__)
