# Everything a developer does here, as thin calls. `make help` lists it.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VAR    := $(if $(HPF_VAR_DIR),$(HPF_VAR_DIR),var)
VENV   := .venv
PY     := $(VENV)/bin/python
PYTEST := $(PY) -m pytest
PROTOS := $(shell find protos -name '*.proto')

# Stamps stand for steps done; each is newer than what it was made from.
PACKAGES  := $(VENV)/.installed
GENERATED := gen/.generated
FONTS     := $(VAR)/fonts/.complete
PROGRAMS  := $(VAR)/tools/.complete

# Nothing is compiled ahead (see deploy/local/virtualenv.py), so what is compiled on use must stay.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

##@ Begin here

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(PACKAGES) $(GENERATED) $(FONTS) $(PROGRAMS) ## Environment, generated code, fonts, broker and soft token

.PHONY: demo
demo: setup ## Show the hall at work, step by step, with figures
	@$(PY) -m client.demo

.PHONY: test
test: setup lint types imports proto-check ## Everything that has to hold before a change goes in
	@$(PYTEST)

##@ Look closer

.PHONY: lint format types imports
lint: $(PACKAGES) ## Style, likely bugs and the deployment files
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(PY) -m deploy.manifests

format: $(PACKAGES) ## Put code into the house's form
	@$(VENV)/bin/ruff check --fix --quiet .
	@$(VENV)/bin/ruff format .

types: $(PACKAGES) $(GENERATED) ## Types
	@$(VENV)/bin/mypy

imports: $(PACKAGES) $(GENERATED) ## Who may import whom
	@$(VENV)/bin/lint-imports --no-logo 2>&1

.PHONY: test-unit test-store test-bus test-contract test-system test-e2e test-conformance
test-unit: setup ## Rules alone
	@$(PYTEST) tests/unit
test-store: setup ## On a real PostgreSQL
	@$(PYTEST) tests/store
test-bus: setup ## On a real RabbitMQ
	@$(PYTEST) tests/bus
test-contract: setup ## Protos and golden bytes
	@$(PYTEST) tests/contract
test-system: setup ## All handlers over a fault-injecting bus
	@$(PYTEST) tests/system
test-e2e: setup ## All processes, through gRPC
	@$(PYTEST) tests/e2e
test-conformance: setup ## Suites of others
	@$(PYTEST) tests/conformance

.PHONY: bench
bench: setup ## Measure (B=name for one)
	@$(PY) -m benches $(B)

##@ Run it

.PHONY: up down status logs dead-letters
up: setup ## Start a long-lived hall and say how to reach it
	@$(PY) -m deploy.local up
down: $(PACKAGES) ## Stop it
	@$(PY) -m deploy.local down
status: $(PACKAGES) ## What runs
	@$(PY) -m deploy.local status
logs: $(PACKAGES) ## The end of every log
	@$(PY) -m deploy.local logs
dead-letters: setup ## Messages that could not be handled
	@env $$($(PY) -m deploy.local variables) $(VENV)/bin/hpf admin dead-letters list

##@ Change it

.PHONY: proto proto-check proto-release lock clean
proto: $(GENERATED) ## Generate code from protos/

proto-check: $(PACKAGES) ## Grammar of the protos, and no break with the last release
	@$(PY) -m deploy.protos check

proto-release: $(PACKAGES) ## Record the protos as released
	@$(PY) -m deploy.protos release

lock: $(PACKAGES) ## Resolve requirements/*.in anew
	@$(PY) -m pip install --quiet --upgrade --target $(VAR)/tools/uv uv
	@cd requirements && for set in runtime dev; do \
	  ../$(VAR)/tools/uv/bin/uv pip compile --quiet --upgrade --generate-hashes --no-header \
	    --python-version 3.11 -o $$set.txt $$set.in; done

clean: ## Stop everything and remove what was built
	@if [ -x $(PY) ]; then $(PY) -m deploy.local clean; fi
	@rm -rf $(VENV) gen $(VAR) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Steps

$(PACKAGES): requirements/dev.txt deploy/local/virtualenv.py
	@echo "setup: Python packages"
	@$(PYTHON) -m deploy.local.virtualenv </dev/null
	@touch $@

$(GENERATED): $(PROTOS) deploy/protos/compiling.py | $(PACKAGES)
	@echo "setup: code from protos/"
	@$(PY) -m deploy.protos generate
	@touch $@

$(FONTS): deploy/fonts/faces.py deploy/fonts/build.py | $(PACKAGES)
	@echo "setup: fonts"
	@$(PY) -m deploy.fonts >/dev/null
	@touch $@

$(PROGRAMS): deploy/local/programs.py | $(PACKAGES)
	@echo "setup: broker and soft token"
	@$(PY) -m deploy.local install
	@mkdir -p $(@D) && touch $@
