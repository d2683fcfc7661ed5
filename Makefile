# Everything a developer or a newcomer runs. `make` lists it.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := runbook journal blocks tasks flows deployments sandbox benchmarks examples tests docs
export PREFECT_SERVER_ANALYTICS_ENABLED := false
export DO_NOT_TRACK := 1
# Many processes run the same code: compile it once, also where the surroundings say not to keep the result.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/installed: requirements.lock pyproject.toml
	@echo "Installing what requirements.lock names, by hash; this takes about two minutes the first time."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps --no-compile -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps -e .
	@$(BIN)/python -m pip check
	@touch $@

.PHONY: install
install: $(VENV)/installed ## Install everything, locked by hash, into .venv

.PHONY: demo
demo: ## One incident, live: break the sandbox, alert, approve, timeline (APPROVE=yes answers unattended)
	@$(if $(filter yes,$(APPROVE)),,test -t 0 || { echo "There is nobody here to ask for the approval; use: make demo APPROVE=yes" >&2; exit 2; })
	@$(MAKE) --no-print-directory install
	@$(BIN)/python -m sandbox.demo $(if $(filter yes,$(APPROVE)),--approve)

.PHONY: test
test: install ## Types, lint, floors, and every test, on the embedded stack
	@$(MAKE) --no-print-directory --keep-going --jobs=3 lint types suite

.PHONY: suite
suite: install
	@$(BIN)/python -m pytest -q -n 3 --dist loadgroup --no-loadscope-reorder

.PHONY: lint
lint: install ## Ruff, and the floors that rooms may import from
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/lint-imports --no-cache --no-logo 2>&1 | tail -n 8; exit $${PIPESTATUS[0]}

.PHONY: types
types: install ## Strict type checking
	@$(BIN)/basedpyright --level error

.PHONY: drill
drill: install ## Rehearse incidents on the sandbox (S=rung or S=rung.high_latency.blind for some; REAL=yes by the whole stack, TWINS=30 both ways)
	@$(BIN)/python -m sandbox.drills.run $(if $(filter yes,$(REAL)),--real) $(if $(TWINS),--twins $(TWINS)) $(S)

.PHONY: strangers
strangers: install ## Incidents that nobody has written, judged by rule (ARGS="--many 200 --seed 1f2e3d4c" repeats some, "--out FILE" goes on, "--sum FILES" adds up)
	@$(BIN)/python -m sandbox.strangers $(ARGS)

.PHONY: crash
crash: install ## Kill the flow at every boundary and count the effects in the world (ARGS="'under way'" for one story)
	@$(BIN)/python -m sandbox.crash $(ARGS)

.PHONY: machines
machines: install ## Ten rounds on two machines, on PostgreSQL; a worker and a receiver are killed in each (TIMES=10)
	@$(BIN)/python -m sandbox.machines --times $(or $(TIMES),10)

.PHONY: example
example: install ## Somebody else's system beside a wheel of ours: alert, approve, Resolved; nothing of ours is edited
	@$(BIN)/python examples/play.py

.PHONY: bench
bench: install ## Measure speed beside stock Prefect, in one run
	@$(BIN)/python -m benchmarks

.PHONY: storm
storm: install ## 500 alerts a second for a minute: nothing lost, nothing twice (ARGS="--away 60" takes things away)
	@$(BIN)/python -m benchmarks.storm $(ARGS)

.PHONY: redaction
redaction: install ## What passes of planted secrets and people, by kind and by sink, and what is eaten wrongly
	@$(BIN)/python -m tests.redaction $(ARGS)

.PHONY: coverage
coverage: install ## What has become of each row of the runbooks that this was made from
	@$(BIN)/python -m docs.claims

.PHONY: docs
docs: install ## Render the runbook catalogue
	@$(BIN)/python -m docs.render

.PHONY: lock
lock: install ## Lock names, versions and hashes anew
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --no-annotate --no-header \
		--python-version 3.11 --output-file requirements.lock
