"""Each claim in a sentence that takes no statistics to understand: what was asked, and what came out."""

from neurontest.report.plain.sentence import Plain, plain

__all__ = ["Plain", "plain"]
