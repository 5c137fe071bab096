"""Where the plugin keeps what it knows on pytest's config, and on the reports that travel between processes."""

from __future__ import annotations

import pytest

#: What an option's value did to pytest's rootdir, in a sentence; or empty.
MOVED: pytest.StashKey[str] = pytest.StashKey()

#: Attribute of a claim's test reports: which claim it is of, as plain texts, so that it survives the way from a worker.
REPORT_KEY = "neurontest"

#: Attribute of the reports of tests in Python: the claims that the test stated, as JSON.
STATED_KEY = "neurontest_stated"

#: Key of ``config.workeroutput``: what a worker's runs have to tell the controller.
WORKER_KEY = "neurontest"

#: Key of ``config.workerinput``: the moment that the run's chat templates take for now, the same in all processes.
MOMENT_KEY = "neurontest_moment"
