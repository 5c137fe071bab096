"""The verbs of ``neurontest``, a module each."""
