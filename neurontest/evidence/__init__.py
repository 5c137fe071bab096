"""How claims are tested: their traces as half-samples (trial), relabeled (permutation), described and put together.

kinds/       the tests of each kind, a file as in neurontest/kinds/
causal/      those of claims for which the model is run with neurons set
null_worlds/ a claim replayed where concepts mean nothing
copies       near copies among a claim's prompts; rates: the error rates that were measured of its tests
"""
