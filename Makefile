# Everything a person does with this project is a target here; `make` alone lists them.
SUITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
# The first that is here; `make PYTHON=python3.13` takes another one.
ifndef PYTHON
PYTHON := $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c '$(SUITS)' 2>/dev/null && echo $$python && break; done)
endif
BIN := .venv/bin
READY := .venv/.ready-$(subst /,-,$(PYTHON))
ASSIGNMENT ?= sharing_variables
# Percent of the lines that run in the process of a test: what runs in a jail is not measured.
COVERED := 95

# Without bytecode TensorFlow's import takes three times as long.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help env lab release reference grade demo test test-browser test-cluster test-pythons screenshots test-hostile hostile-tables bench kills lint lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

env: $(READY)  ## set up .venv from requirements.lock (quick when nothing changed)

$(READY): requirements.lock pyproject.toml $(wildcard autograder/kernels/spec/* sharing_variables/spec/*) autograder/kernels/page_config.json
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(SUITS)' || { echo "Python 3.11, 3.12 or 3.13 is needed: install one, or say where it is with make PYTHON=..."; exit 2; }
	@test "$$($(BIN)/python --version 2>&1)" = "$$($(PYTHON) --version)" || { rm -rf .venv; $(PYTHON) -m venv .venv; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(sed -n 's/^\(uv==[^ ]*\).*/\1/p' requirements.lock)"
	@VIRTUAL_ENV="$(CURDIR)/.venv" $(BIN)/uv pip install --no-config --compile-bytecode -r requirements.lock
	@VIRTUAL_ENV="$(CURDIR)/.venv" $(BIN)/uv pip install --no-config --quiet --no-deps --no-build-isolation --reinstall-package sharing-variables -e .
	@touch $(READY)

lab: $(READY)  ## open JupyterLab at the first notebook of a working copy, desk/
	@$(BIN)/autograder desk $(ASSIGNMENT)
	@$(BIN)/jupyter lab --ServerApp.root_dir=. $(if $(filter 0,$(shell id -u)),--allow-root) desk/$(ASSIGNMENT)/$(notdir $(firstword $(sort $(wildcard notebooks/$(ASSIGNMENT)/*.ipynb))))

release: $(READY)  ## write notebooks/ from solutions/
	@$(BIN)/autograder release $(ASSIGNMENT)

reference: $(READY)  ## run solutions/ and store the outputs that submissions are compared with
	@$(BIN)/autograder reference $(ASSIGNMENT)

grade: $(READY)  ## grade submitted/ (ASSIGNMENT=sharing_variables)
	@$(BIN)/autograder grade $(ASSIGNMENT)

demo: $(READY)  ## build a class of 12 in demo/, grade it, say which file to open
	@$(BIN)/python -m tests.classroom demo

test: lint  ## everything that must hold, and how much of the code it covers
	@$(BIN)/pytest -n 2 --cov --cov-report= --cov-fail-under=$(COVERED) tests
	@$(BIN)/pytest -n 2 solutions

test-browser: $(READY)  ## what students and instructors see, in a real browser (needs Chromium)
	@REQUIRE_BROWSER=1 $(BIN)/pytest -n 2 --durations 0 tests/browser

test-cluster: $(READY)  ## grading on several hosts, and a gradebook on PostgreSQL (root, iproute2, openssl, postgresql)
	@REQUIRE_CLUSTER=$(if $(filter 0,$(shell id -u)),1,0) $(BIN)/pytest --durations 5 tests/cluster

test-pythons: $(READY)  ## a part of the tests on each other Python from 3.11 to 3.13 that is here (ALL=--all: all of them)
	@$(BIN)/python -m tests.pythons $(ALL)

screenshots: $(READY)  ## draw the pictures of docs/pictures/ anew (needs Chromium; look at each)
	@$(BIN)/python -m tests.browser.pictures

bench: $(READY)  ## time this project's promises beside their baselines
	@mkdir -p reports
	@$(BIN)/python -m tests.bench --json reports/bench.json

kills: $(READY)  ## kill a batch a hundred times at random moments and see that nothing is lost
	@$(BIN)/python -m tests.kills

test-hostile: $(READY)  ## all hostile submissions with three seeds, all honest ones, the long fuzzing (half an hour)
	@$(BIN)/python -m tests.hostile check --seeds 3
	@$(BIN)/python -m tests.honest check
	@$(BIN)/pytest -n 2 tests/test_fuzz.py --hypothesis-profile long

hostile-tables: $(READY)  ## grade them without each layer and by nbgrader, and write the tables of docs/security.md
	@$(BIN)/python -m tests.hostile tables

lint: $(READY)  ## ruff, mypy, spelling, the notebook rules, and notebooks/ against solutions/
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/hadolint Containerfile
	@$(BIN)/codespell autograder sharing_variables tests docs solutions *.md
	@$(BIN)/mypy
	@$(BIN)/autograder lint $(ASSIGNMENT)
	@$(BIN)/autograder release --check $(ASSIGNMENT)

lock: $(READY)  ## pin today's releases in requirements.lock
	@$(BIN)/uv pip compile --no-config --quiet --universal --upgrade --extra lab --extra grade --extra cluster --extra postgresql --extra dev --python-version 3.11 --no-header --no-emit-index-url --annotation-style line pyproject.toml -o requirements.lock

clean:  ## remove the environment, the caches and the demo course (never submissions or grades)
	@rm -rf .venv demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
