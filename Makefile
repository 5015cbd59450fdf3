# `make help` lists what there is.
SHELL := /bin/bash
VENV ?= .venv
PYTHON := $(VENV)/bin/python
ARGS ?=
KILLS ?= 100

export VIRTUAL_ENV := $(abspath $(VENV))

.DEFAULT_GOAL := help
.PHONY: help demo dev test test-fast test-browser browser screenshots lint format requirements key chaos faults backup-drill fuzz bench burst bench-console soak

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

$(VENV)/.installed: requirements-dev.txt ops/make-venv
	@ops/make-venv $(VENV)

demo: $(VENV)/.installed ## Start everything on this machine with sandbox accounts, and post a sample lead (ARGS=--once: then stop)
	@exec $(PYTHON) -m ops.demo $(ARGS)

dev: $(VENV)/.installed ## The same, with web and worker reloading on change
	@exec $(PYTHON) -m ops.demo --reload $(ARGS)

test: lint browser ## Everything: lint, types, layers, migrations, tests, also those in a browser
	$(PYTHON) -m pytest $(ARGS)

test-fast: $(VENV)/.installed ## The tests without those that start processes or a browser
	$(PYTHON) -m pytest -m "not processes" --ignore tests/browser $(ARGS)

test-browser: $(VENV)/.installed browser ## The tests of the console in Chromium, with the number of actions of each task
	$(PYTHON) -m pytest tests/browser $(ARGS)

browser: # Without one the browser tests fail, and say so again; all others should run.
	-@ops/browser --install >/dev/null

screenshots: $(VENV)/.installed browser ## Take a picture of every page of the console, into docs/img
	$(PYTHON) -m pytest tests/browser/pictures.py -n 2 $(ARGS)

lint: $(VENV)/.installed ## Lint, types, layers, templates, migrations, requirements
	@ops/lint

format: $(VENV)/.installed ## Format the code and mend what can be mended
	$(PYTHON) -m ruff check --fix --quiet . || true
	$(PYTHON) -m ruff format .

requirements: $(VENV)/.installed ## Compile the pinned requirements from pyproject.toml
	ops/compile-requirements

key: $(VENV)/.installed ## Print a new key for CREDENTIALS_KEYS
	@$(PYTHON) -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"

faults: $(VENV)/.installed ## Let each step meet each fault of a vendor, and print how each came through
	@exec $(PYTHON) -m ops.faults $(ARGS)

chaos: $(VENV)/.installed ## Kill, stop and cut off processes under load, and count what was lost or doubled (KILLS=100; SEND=1 sends)
	@exec $(PYTHON) -m ops.chaos --kills $(KILLS) $(if $(SEND),--send) $(ARGS)

backup-drill: $(VENV)/.installed ## Dump, destroy and restore the database under load, and count what was lost or doubled
	@exec $(PYTHON) -m ops.backup_drill $(ARGS)

fuzz: $(VENV)/.installed ## Send more than 10,000 hostile requests to webhook and console, and count them
	$(PYTHON) -m pytest tests/hostile --hypothesis-profile=fuzz --dist load $(ARGS)

bench: $(VENV)/.installed ## Measure acknowledgement, throughput, time to draft, memory and SQL
	@exec $(PYTHON) -m benchmarks.bench $(ARGS)

burst: $(VENV)/.installed ## 500 submissions at once, with accounts that enforce the vendors' limits
	@exec $(PYTHON) -m benchmarks.burst $(ARGS)

bench-console: $(VENV)/.installed ## Measure each page of the console at 10,000 runs, and 50 open consoles
	@exec $(PYTHON) -m benchmarks.console $(ARGS)

soak: $(VENV)/.installed ## An hour's submissions in ten minutes, with 5 % faults: whether memory, queues or connections grow
	@exec $(PYTHON) -m benchmarks.soak $(ARGS)
