# Two commands to begin with: make demo, make test. Everything lives in .venv; nothing is installed system-wide.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ONLY ?=
# The definitions that make demo runs and reports, one after the other.
DEMO := grid dca moving_average_short

.PHONY: demo test lint bench setup clean

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: Python 3.11 or newer is needed, found $$($(PYTHON) --version); try make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@echo "Setting up $(VENV) (once, about a minute) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "error: venv failed; on Debian or Ubuntu: apt install python3-venv"; exit 2; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: setup
	@for definition in $(DEMO); do \
	  $(BIN)/tradewind backtest backtests/$$definition.toml && \
	  printf '\nThe report: ' && $(BIN)/tradewind report $$definition && echo || exit $$?; \
	done

test: setup
	@$(BIN)/python -m pytest -n auto --dist loadfile

lint: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]' || \
	  echo "The rivals could not be installed; their rows will say so."
	@$(BIN)/python -m tests.benchmarks $(if $(ONLY),--only $(ONLY)) --out bench.json

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis bench.json
