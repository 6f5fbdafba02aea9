# Everything happens in .venv, so that nothing on the machine changes. `make` alone lists the targets.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet -c constraints.txt
SHARED_EVAL ?= ../shared/eval

.DEFAULT_GOAL := help
.PHONY: help setup site serve test soak mutants fuzz guided lint check quality benchmark screenshots update clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it: make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.site-installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e .
	@touch $@

$(VENV)/.dev-installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/.site-installed

setup: $(VENV)/.dev-installed ## create .venv with everything for development
	@test ! -d .git || $(BIN)/pre-commit install --allow-missing-config >/dev/null

site: $(VENV)/.site-installed ## articles → facts → the site in site/
	$(BIN)/factsheets build
	$(BIN)/mkdocs build --strict

serve: $(VENV)/.site-installed ## the site on http://127.0.0.1:8000/, following every edit
	$(BIN)/mkdocs serve

test: $(VENV)/.dev-installed ## run all tests, on all cores
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

soak: $(VENV)/.dev-installed ## thousands of claim sets, articles, edits and pulled plugs, and every attack; some hours
	HYPOTHESIS_PROFILE=thorough EVERY_NTH_ATTACK=1 $(BIN)/python -m pytest tests/test_properties.py tests/test_publish.py \
	  tests/test_attacks.py
	$(BIN)/python tests/soak.py

mutants: $(VENV)/.dev-installed ## break each promise of the threat model on purpose: its test must fail
	$(BIN)/python tests/broken_builds.py

fuzz: $(VENV)/.dev-installed ## a million texts that nobody wrote, read; fifty thousand of them as whole projects and imports
	$(BIN)/python tests/fuzz.py

guided: $(VENV)/.dev-installed ## the same led by what each text reaches (atheris, on Linux): 12 targets of some minutes each
	$(PIP) 'atheris>=3,<4'
	$(BIN)/python tests/fuzz.py --atheris

lint: $(VENV)/.dev-installed ## formatting, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test ## everything a change must pass
	$(BIN)/factsheets check
	$(BIN)/mkdocs build --strict --site-dir $(VENV)/checked-site

quality: $(VENV)/.dev-installed ## extraction quality against the floors, on the evaluation set beside the checkout
	@if [ -d "$(SHARED_EVAL)" ]; then SHARED_EVAL="$(SHARED_EVAL)" $(BIN)/python -m pytest -rs tests/test_quality.py; \
	else echo "make quality did NOT run: there is no evaluation set at $(SHARED_EVAL)." \
	  "Name its folder: make quality SHARED_EVAL=…"; exit 1; fi

benchmark: $(VENV)/.dev-installed ## ours beside Hugo and Zensical where they are installed; OPTIONS=--quick for a short one
	$(BIN)/python benchmarks $(OPTIONS)

screenshots: $(VENV)/.dev-installed ## make the pictures of docs/assets/ anew
	$(BIN)/python tests/screenshots.py

update: $(BIN)/python ## raise every version in constraints.txt (run it with the oldest Python supported)
	rm -rf $(VENV)/update && $(PYTHON) -m venv $(VENV)/update
	$(VENV)/update/bin/pip install --quiet -e '.[dev]' setuptools
	{ sed -n '/^#/p' constraints.txt; $(VENV)/update/bin/pip freeze --all --exclude-editable | grep -v '^pip=='; } \
	  > $(VENV)/constraints.txt
	mv $(VENV)/constraints.txt constraints.txt && rm -rf $(VENV)/update

clean: ## remove what is made: the site, caches, .venv
	rm -rf $(VENV) site build dist .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
