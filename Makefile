# `make demo` and `make test` do all of their own set-up: a virtual environment, the install, the model on first use.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test check bench calibrate coverage clean

demo: $(INSTALLED)
	$(BIN)/pytest --concept-specs concept_specs/

test: check
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=15 tests

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Speed as ratios against named peers, each in one run; and what millions of neurons take.
bench: $(INSTALLED)
	$(BIN)/python tests/benchmarks/trace_ratio.py
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.relabelings
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.large
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.many_claims

# Type-I error, power and coverage of every kind on planted worlds: hours. Its table is what the README speaks of.
calibrate: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.calibration.grid --out tests/calibration/rates.json

coverage: $(INSTALLED)
	$(BIN)/coverage erase
	OMP_NUM_THREADS=1 $(BIN)/coverage run -m pytest -n 2 --dist loadfile --no-loadscope-reorder tests
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $(INSTALLED)

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis htmlcov .coverage .coverage.*
