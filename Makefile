# Everything a person or a build machine does here; `make` alone lists it.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; exit; }; done; echo python3)
BIN := .venv/bin
STAMP := .venv/.installed
TESTS ?=
ARGS ?=
TESTERS ?= 3
export PORT LAN
# compiled modules beside the environment: starts are faster, and the source tree stays clean
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/compiled
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run flask reset test check translations bench axe trees faults passport security browser lock sbom audit-packages licences

help: ## this list
	@echo "Backstory. Targets:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

setup: $(STAMP) ## create .venv from the hash-pinned lock
	@:

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Backstory needs Python 3.11 or newer; $(PYTHON) is `$(PYTHON) --version 2>&1`."; \
		echo "Install one, or name it: make PYTHON=/path/to/python3.12"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo "This Python cannot create environments. On Debian and Ubuntu: apt-get install python3-venv"; \
		echo "On Fedora: dnf install python3-pip. Then repeat the command."; exit 2; }
	@echo "Creating .venv with `$(PYTHON) --version` ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing `grep -c '^[a-z]' requirements.lock` packages from requirements.lock, each checked against its hash ..."
	@rm -f $(STAMP)
	@{ $(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock && touch $(STAMP); } \
		| sed -n 's/^Collecting /  /p; s/^Installing collected packages.*/  Installing .../p'
	@test -f $(STAMP) || { echo "Set-up did not finish; what pip said is above. Then repeat the command."; exit 2; }
	@echo "Set-up is complete."

run: setup ## start the demo; PORT=8000, LAN=1 lets a phone in
	@exec $(BIN)/python -m local run

flask: setup ## a command for the running demo, for example ARGS='demo advance --months 3'
	@$(BIN)/python -m local flask $(ARGS)

reset: setup ## remove the demo's data
	@$(BIN)/python -m local reset

browser: setup
	@$(BIN)/python -m local chromium

test: setup browser ## every test; TESTS=tests/scoring for some, TESTERS=3 processes
	$(BIN)/python -m pytest -n $(TESTERS) --dist loadfile $(TESTS)

check: setup ## style, types, migrations against models, translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m local check-migrations
	$(BIN)/python -m local check-translations

translations: setup ## bring the catalogues up to date with the source
	@$(BIN)/python -m local gather-translations

bench: setup ## the product against its floors, in one run
	$(BIN)/python -m bench $(ARGS)

axe: setup browser ## accessibility of every page, all sizes and languages
	AXE_FULL=1 $(BIN)/python -m pytest -n $(TESTERS) -m browser tests/browser

trees: setup browser ## write tests/browser/trees anew, to read what changed for screen readers
	TREES=write $(BIN)/python -m pytest tests/browser/test_trees.py

faults: setup browser ## kill, cut and starve real processes at full size; writes docs/faults.md
	$(BIN)/python -m tests.faults.report $(ARGS)

passport: setup browser ## every patient screen with hashes, as PDF; ARGS='--against OLD/passport.json'
	@$(BIN)/python -m local.passport $(ARGS)

sbom: setup ## a bill of materials of the packages (CycloneDX), into dist/
	@$(BIN)/python -m local.packages sbom

audit-packages: setup ## known weaknesses of the packages; status 3: not audited
	@$(BIN)/python -m local.packages audit

licences: setup ## docs/licences.md from the packages
	@$(BIN)/python -m local.packages licences

security: setup browser ## the tests of every security requirement; writes docs/security.md
	$(BIN)/python -m tests.security.report -n $(TESTERS)

lock: setup ## renew requirements.lock from pyproject.toml
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --group dev pyproject.toml \
		--upgrade --no-header --no-emit-index-url -o requirements.lock
