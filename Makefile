# Two commands for a newcomer: `make run` and `make test`. `make help` lists the rest.
# Linux and macOS, GNU make 3.81 or later, any Python from 3.11 on.

PORT ?= 8000
# Extras of pyproject.toml to install too: make run EXTRAS=qdrant,bench
EXTRAS ?=
# A Python of your choice: make run PYTHON=/path/to/python3.12
PYTHON ?=

comma := ,
STAMP := .venv/.installed$(if $(EXTRAS),-with-$(subst $(comma),-,$(EXTRAS)))
SUITABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

# The stamp holds the folder it was made in. A checkout that was moved, or whose Python has gone,
# has an environment full of wrong paths: it is made again.
ENVIRONMENT := $(shell test -e "$(STAMP)" || { echo missing; exit; }; \
  test -x .venv/bin/python && test "$$(cat "$(STAMP)")" = "$$(pwd -P)" || echo moved)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test lint check bench clean .venv FORCE

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

run: $(STAMP) ## the service on http://127.0.0.1:8000; another port: make run PORT=9000
	@exec .venv/bin/rasika serve --host 127.0.0.1 --port "$(PORT)"

# A file's tests stay together, for they share what takes long to set up; each process has servers
# of its own.
test: $(STAMP) ## the test suite, on up to four cores
	.venv/bin/pytest --numprocesses=logical --maxprocesses=4 --dist=loadfile

lint: $(STAMP) ## format, style, types, direction of imports
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

check: lint test ## everything that has to pass before a commit

bench: $(STAMP) ## benchmarks, each beside its baseline
	.venv/bin/rasika bench index
	.venv/bin/rasika bench embed
	.venv/bin/rasika bench search
	.venv/bin/rasika bench feed
	.venv/bin/rasika bench http

clean: ## removes the environment and caches; keeps the data in .rasika
	rm -rf .venv *.egg-info build dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv: $(STAMP)

# `.installing` names the shell at work. Found without that shell, it tells of an installation
# that was cut short, which is not trusted. The stamp comes last, in one step. pip runs behind
# `wait`, for the shell to end it when make is ended; else it would go on writing.
$(STAMP): pyproject.toml constraints.txt setup.py building.py $(wildcard */*.[ch]) $(if $(filter moved,$(ENVIRONMENT)),FORCE)
	@set -eu; \
	if test -e .venv/.installing; then \
	  if kill -0 "$$(cat .venv/.installing)" 2>/dev/null; then \
	    echo "make: another make is at work in .venv; wait for it (is none? rm -r .venv)" >&2; \
	    exit 1; \
	  fi; \
	  rm -rf .venv; \
	fi; \
	if test "$(ENVIRONMENT)" = moved || ! .venv/bin/python -c '$(SUITABLE)' 2>/dev/null; then \
	  rm -rf .venv; \
	  for python in "$(PYTHON)" python3.13 python3.12 python3.11 python3 none; do \
	    if test "$$python" = none; then \
	      echo "make: Rasika needs Python 3.11 or later, with venv and pip. None was found as" >&2; \
	      echo "python3.13, python3.12, python3.11 or python3 on the PATH. Install one (on Debian" >&2; \
	      echo "and Ubuntu also python3-venv), or name yours: make run PYTHON=/path/to/python3" >&2; \
	      exit 1; \
	    fi; \
	    if test -n "$$python" && "$$python" -c '$(SUITABLE)' 2>/dev/null; then break; fi; \
	  done; \
	  echo "Making .venv with $$("$$python" --version) ..."; \
	  mkdir .venv; \
	  echo $$$$ > .venv/.installing; \
	  "$$python" -m venv .venv; \
	fi; \
	rm -f .venv/.installed*; \
	echo $$$$ > .venv/.installing; \
	echo "Installing Rasika and what it needs (once) ..."; \
	pip=; trap 'kill $$pip 2>/dev/null; exit 1' HUP INT TERM; \
	install() { \
	  .venv/bin/python -m pip install -qq --disable-pip-version-check "$$@" & \
	  pip=$$!; wait $$pip || { rm -f .venv/.installing; exit 1; }; \
	}; \
	install "pip>=25.1"; \
	install --constraint constraints.txt --group dev --editable ".$(if $(EXTRAS),[$(EXTRAS)])"; \
	pwd -P > .venv/.installing; \
	mv -f .venv/.installing "$(STAMP)"
