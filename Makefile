# `make demo` and `make test` do all of their own set-up: a virtual environment, the install, the model on first use.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
BENCH := $(VENV)-bench
INSTALLED := $(VENV)/.installed

.PHONY: demo test check changes bench calibrate coverage clean

demo: $(INSTALLED)
	$(BIN)/pytest --concept-specs concept_specs/

test: check
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=15 -m "not changes" tests

# Changed copies of the built-in model, each held against it: some minutes. docs/gate.md has the table of what comes out;
# `python -m tests.e2e.changes` writes it anew.
changes: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist worksteal --durations=15 -m changes tests/e2e/changes

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Speed as ratios against named peers, each in one run; and what millions of neurons take.
bench: $(BENCH)/.installed
	$(BENCH)/bin/pytest tests/benchmarks -o python_files='bench_*.py' -o filterwarnings=default -p no:cacheprovider \
		-q -rs --benchmark-quiet --benchmark-json=reports/bench.json
	$(BENCH)/bin/python -m tests.benchmarks.memory
	$(BENCH)/bin/python -m tests.benchmarks.startup
	OMP_NUM_THREADS=1 $(BENCH)/bin/python -m tests.benchmarks.relabelings
	OMP_NUM_THREADS=1 $(BENCH)/bin/python -m tests.benchmarks.large
	OMP_NUM_THREADS=1 $(BENCH)/bin/python -m tests.benchmarks.many_claims

# Type-I error, power and coverage of every kind on planted worlds, and of the gate on pairs of models: hours, which it
# tells, and goes on where it was broken off. Its table is packaged; what claims, comparisons, the README and docs/ say of
# error rates is drawn from it.
# For example: make calibrate CALIBRATE='--minutes 45 --traces ~/.cache/neurontest'
calibrate: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.calibration.grid $(CALIBRATE)

coverage: $(INSTALLED)
	$(BIN)/coverage erase
	OMP_NUM_THREADS=1 $(BIN)/coverage run -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not changes" tests
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $(INSTALLED)

# An environment of its own: peers bring plugins that other runs of pytest should not load. One that cannot be installed
# is left out of the table, which says so.
$(BENCH)/.installed: pyproject.toml constraints.txt
	test -x $(BENCH)/bin/python || $(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . hypothesis pytest-benchmark
	-$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	touch $(BENCH)/.installed

clean:
	rm -rf $(VENV) $(BENCH) .mypy_cache .pytest_cache .ruff_cache .hypothesis htmlcov .coverage .coverage.*
