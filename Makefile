# `make demo` and `make test` do all of their own set-up: a virtual environment, the install, the model on first use.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
BENCH := $(VENV)-bench
INSTALLED := $(VENV)/.installed

# What needs no torch: minutes, on any Python. The versions are those of VERSIONS.
VERSIONS ?= constraints.txt
LEAN ?= $(VENV)-lean
MUTANTS ?=
FLOORS := $(VENV)-floors
# The least share of the code that these tests run, branches counted, in percent; of what they are not about, nothing.
COVERED := 97
OTHERS := neurontest/trace/*,neurontest/run/*,neurontest/plugin/*,neurontest/cli/*,neurontest/opened.py,neurontest/__main__.py
LEAN_TESTS := tests/types tests/stats tests/neurons tests/claims tests/kinds tests/evidence tests/gate tests/spec \
	tests/report $(filter-out tests/test_planted.py tests/test_opened.py tests/test_ci_%.py,$(wildcard tests/test_*.py))
WITH_TORCH := ^(torch|transformers|accelerate|peft|gguf)==|^(axe-playwright-python|playwright|mypy|ruff|import-linter)==|^\#

.PHONY: demo test check changes bench calibrate coverage lean floors floors-lean mutants clean

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

# The tests that need no torch, but for simulations of error rates, in an environment without torch; and how much of the
# code that they are about they run.
# For example: make lean PYTHON=python3.13 LEAN=.venv-3.13
lean: $(LEAN)/.installed
	rm -f $(LEAN)/.coverage*
	OMP_NUM_THREADS=1 COVERAGE_FILE=$(LEAN)/.coverage $(LEAN)/bin/coverage run -m pytest \
		-m "not model and not browser and not calibration" $(LEAN_TESTS)
	COVERAGE_FILE=$(LEAN)/.coverage $(LEAN)/bin/coverage combine --quiet
	COVERAGE_FILE=$(LEAN)/.coverage $(LEAN)/bin/coverage report --skip-covered --fail-under=$(COVERED) --omit='$(OTHERS)'

# All tests with the lowest versions that pyproject.toml allows, and the short form of it, without torch.
floors: $(FLOORS)/.installed
	OMP_NUM_THREADS=1 $(FLOORS)/bin/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not changes" tests

floors-lean:
	$(MAKE) lean VERSIONS=floors.txt LEAN=$(FLOORS)-lean

# Small changes of what decides, one at a time: how many a test fails of, and of which none does. Goes on where it was
# broken off; stopped by `timeout`, if it is to be. For example: make mutants MUTANTS='neurontest.verdict*'
mutants: $(LEAN)/.mutmut
	-OMP_NUM_THREADS=1 $(LEAN)/bin/mutmut run --max-children 1 $(MUTANTS)
	$(LEAN)/bin/python -m tests.mutants $(MUTANTS)

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

$(LEAN)/.installed: pyproject.toml floors.txt constraints.txt
	test -x $(LEAN)/bin/python || $(PYTHON) -m venv $(LEAN)
	grep -vE '$(WITH_TORCH)' floors.txt | sed 's/==.*//' >$(LEAN)/needed.txt
	$(LEAN)/bin/python -m pip install --quiet --disable-pip-version-check -c $(VERSIONS) -r $(LEAN)/needed.txt
	$(LEAN)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $(LEAN)/.installed

$(LEAN)/.mutmut: $(LEAN)/.installed
	$(LEAN)/bin/python -m pip install --quiet --disable-pip-version-check -c $(VERSIONS) 'mutmut>=3.8'
	touch $(LEAN)/.mutmut

$(FLOORS)/.installed: pyproject.toml floors.txt
	test -x $(FLOORS)/bin/python || $(PYTHON) -m venv $(FLOORS)
	$(FLOORS)/bin/python -m pip install --quiet --disable-pip-version-check -c floors.txt -e '.[test]'
	touch $(FLOORS)/.installed

clean:
	rm -rf $(VENV) $(BENCH) $(LEAN) $(FLOORS) $(FLOORS)-lean mutants .mypy_cache .pytest_cache .ruff_cache .hypothesis htmlcov .coverage .coverage.*
