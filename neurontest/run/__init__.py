"""The one place that wires the stages: a suite against a model, from traces to verdicts to a record."""

from neurontest.run.assemble import Outcome
from neurontest.run.evaluate import Run, default_cache_dir
from neurontest.run.known import KnownModel

__all__ = ["KnownModel", "Outcome", "Run", "default_cache_dir"]
