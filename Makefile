# Each target makes what it needs on first use; only Python 3.11 or newer is expected (PYTHON=python3.13 make ...).
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.installed
DEV := .venv/.developer
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help demo test check bench soak docs wheel clean

help: ## Say what there is.
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## The whole road on a simulated shop, in about a minute.
	$(BIN)/aiops demo

test: $(DEV) ## Every test but the soak; real servers where they are installed.
	$(PYTEST) -m "not soak"

check: $(DEV) ## Style, types, layers, rules and an example configuration; no tests.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/aiops rules test
	$(BIN)/aiops check -c deploy/aiops.example.yaml

bench: $(DEV) ## Speed and memory beside the usual libraries; the last line is JSON.
	$(BIN)/python -m benchmarks

soak: $(DEV) ## Hours of chaos in minutes: kills, full disks, servers that come and go.
	$(PYTEST) -m soak --timeout 3600

docs: $(DEV) ## Write docs/reference.md anew from the code.
	$(BIN)/python -m docs.generate

wheel: $(DEV) ## Build dist/*.whl.
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## Remove everything that the targets above made.
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .cache aiops-demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The demo needs what the agent needs; only those who change it need the tools as well.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

# Dependency groups want pip 25.1.
$(DEV): $(READY)
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@
