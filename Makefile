# Everything works on a fresh machine with Python 3.11+, venv and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: run test lint soak bench clean

run: $(VENV)/.run-installed
	$(BIN)/georep run scenarios/quickstart.scenario.yaml --out results/quickstart

test: $(VENV)/.test-installed lint
	$(BIN)/python -m pytest -q -n auto --dist worksteal

lint: $(VENV)/.test-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Longer than a coffee: exhaustive searches one level deeper, more worlds. Not part of `make test`.
soak: $(VENV)/.test-installed
	$(BIN)/python -m pytest -q -n auto --soak -m soak

bench: $(VENV)/.test-installed
	$(BIN)/python -m tests.bench

clean:
	rm -rf $(VENV) results .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) -e .
	touch $@

$(VENV)/.test-installed: $(VENV)/.run-installed
	$(PIP) -e '.[dev,notebooks]'
	touch $@
