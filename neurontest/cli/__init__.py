"""The command line: what can be done with a suite or a record without running pytest. One module a verb.

A verb's module declares its arguments in ``add`` and carries it out in ``run``. What a verb needs is imported when it
runs: ``--help`` and verbs that only read YAML import neither scipy nor torch.
"""

from neurontest.cli.parser import main

__all__ = ["main"]
