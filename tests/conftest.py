"""Set-up of all tests; imported by nobody."""

import gc
import sys

from hypothesis import HealthCheck, settings

# Machines that tests run on are shared: how long an example takes says nothing about the code.
settings.register_profile("neurontest", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("neurontest")


def pytest_configure() -> None:
    """Let go of what mutmut has frozen before it forked: each correction of p-values would count all of it."""
    if "mutmut" in sys.modules:
        gc.unfreeze()
