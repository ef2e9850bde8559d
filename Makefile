# make demo: set up, run the flagship scenario, print the answer, write the report
# make docs: the documentation site
# make page: open the page in a browser
# make test: set up, then lint, types, house tests and the whole suite
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/bash
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: check demo docs page wheel-check renew fuzz stress versions test test-all setup lint bench peers backtest clean

$(VENV)/.base: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Kautilya was tried with Python 3.11, 3.12 and 3.13, and this is %d.%d: set PYTHON=python3.11" % sys.version_info[:2])'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[study]'
	touch $@

$(VENV)/.test: $(VENV)/.base
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[test]'
	touch $@

setup: $(VENV)/.base

demo: $(VENV)/.base
	$(BIN)/kautilya run russia_dprk_2024 --futures 2000 --out runs/demo
	$(BIN)/kautilya claims russia_dprk_2024 --run runs/demo --short --quick
	$(BIN)/kautilya report runs/demo
	$(BIN)/kautilya diff russia_dprk_2024 russia_dprk_2025 --line

# the page in a browser, of the newest demo if there is one
page: $(VENV)/.base
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[web]'
	$(BIN)/kautilya serve $$(test -f runs/demo/manifest.json && echo runs/demo || echo russia_dprk_2024)

# the documentation site in build/site/html: a warning is an error
docs: $(VENV)/.base
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[docs]'
	$(BIN)/python tools/build_site.py

# the wheel in an empty environment: sizes and times beside their bars
wheel-check: $(VENV)/.base
	$(BIN)/python tools/check_wheel.py

# stored answers, the picture and the figures of README, golden screens: after a change of the engine or of words
renew: $(VENV)/.test
	$(BIN)/python tools/build_screens.py

lint: $(VENV)/.test
	$(BIN)/ruff check src tests tools benchmarks
	$(BIN)/mypy

test: $(VENV)/.test lint
	$(BIN)/python -m pytest -n auto --dist loadgroup -m "not slow"

# one room: make check ROOM=claims
check: $(VENV)/.test
	$(BIN)/ruff check src/kautilya/$(ROOM) tests/$(ROOM)
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto -m "not slow" tests/$(ROOM)

test-all: $(VENV)/.test lint
	$(BIN)/python -m pytest

fuzz: $(VENV)/.test
	$(BIN)/python tests/fuzz/doors.py all --seconds 600

# a hundred kills, twenty commands and fifty readers at once, eighty actors, another kernel, a cluster with certificates
stress: $(VENV)/.test
	$(BIN)/python tests/stress/kernel.py
	$(BIN)/python tests/stress/certificates.py
	$(BIN)/python tests/stress/load.py
	$(BIN)/python tests/stress/page.py
	$(BIN)/python tests/stress/kills.py --kills 100

# the quick suite with the lowest and the newest versions of what it rests on, on every Python at hand
versions: $(VENV)/.test
	$(BIN)/python -m pip install -q uv
	$(BIN)/python tools/versions.py

bench: $(VENV)/.test
	$(BIN)/python benchmarks/flagship.py
	$(BIN)/python benchmarks/scale.py workers
	$(BIN)/python benchmarks/scale.py memory --few 20000 --many 100000

peers: $(VENV)/.test
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[bench]'
	$(BIN)/python benchmarks/core.py
	$(BIN)/python -W ignore benchmarks/peers.py

backtest: $(VENV)/.test
	$(BIN)/python tools/build_record.py all

clean:
	rm -rf $(VENV) runs .pytest_cache .mypy_cache .ruff_cache
