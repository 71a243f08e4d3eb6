# Every target sets up what it needs in .venv, without root. PYTHON chooses the interpreter (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: setup demo test check lint types contracts bench conformance chaos clean

setup: $(STAMP)

$(STAMP): pyproject.toml tools/environment.py
	$(PYTHON) tools/environment.py $(VENV) ".[dev]"
	@touch $@

demo: setup
	$(BIN)/python examples/demo.py

# Tests wait for Pods and processes half of their time: two workers more than there are cores.
WORKERS ?= $(shell echo $$(($$(nproc) + 2)))
test: setup
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: lint types contracts

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python -m bench

# make conformance CHARTS=<folder>: the first difference from helm's rendering, chart by chart
CHARTS ?= ../shared/charts
conformance: setup
	$(BIN)/python tools/conformance.py $(CHARTS)

# make chaos SEEDS=<n>: that many kill points and as many seeds of faults; STEERSMAN_CHAOS_SEED=<seed> replays one seed
SEEDS ?= 300
chaos: setup
	STEERSMAN_CHAOS_SEEDS=$(SEEDS) $(BIN)/python -m pytest -m chaos -n auto tests/chaos tests/cli/test_alternating.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .oracle
