"""The one place that wires the stages: a suite against a model, from traces to verdicts to a record."""

from neurontest.run.assemble import Outcome
from neurontest.run.bare import bare_record
from neurontest.run.evaluate import Run
from neurontest.run.evidence import default_cache_dir
from neurontest.run.stated import Stated

__all__ = ["Outcome", "Run", "Stated", "bare_record", "default_cache_dir"]
