"""The one place that wires the stages: a suite against a model, from traces to verdicts to a record."""

from neurontest.run.cache import default_cache_dir
from neurontest.run.evaluate import Run
from neurontest.run.record.assemble import Outcome
from neurontest.run.record.bare import bare_record
from neurontest.run.record.stated import Stated

__all__ = ["Outcome", "Run", "Stated", "bare_record", "default_cache_dir"]
