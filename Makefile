# `make run` and `make test` are enough to start with; `make help` lists all targets.
# Linux and macOS, GNU make 3.81 or later, any Python from 3.11 on.

PORT ?= 8000
# Extras of pyproject.toml to install as well: make run EXTRAS=qdrant,bench
EXTRAS ?=
# Another Python: make run PYTHON=/path/to/python3.12
PYTHON ?=

comma := ,
STAMP := .venv/.installed$(if $(EXTRAS),-with-$(subst $(comma),-,$(EXTRAS)))
SUITABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

# The stamp contains the folder it was made in. If the checkout was moved, or its Python removed, the
# environment is full of wrong paths and is recreated.
ENVIRONMENT := $(shell test -e "$(STAMP)" || { echo missing; exit; }; \
  test -x .venv/bin/python && test "$$(cat "$(STAMP)")" = "$$(pwd -P)" || echo moved)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test lint check bench clean .venv FORCE

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

run: $(STAMP) ## start the service on http://127.0.0.1:8000; another port: make run PORT=9000
	@exec .venv/bin/rasika serve --host 127.0.0.1 --port "$(PORT)"

# A file's tests stay together, for they share what takes long to set up; each process has servers
# of its own.
test: $(STAMP) ## the test suite, on up to four cores
	.venv/bin/pytest --numprocesses=logical --maxprocesses=4 --dist=loadfile

lint: $(STAMP) ## check format, style, types and the direction of imports
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

check: lint test ## everything that has to pass before a commit

bench: $(STAMP) ## run the benchmarks, each beside a baseline
	.venv/bin/rasika bench index
	.venv/bin/rasika bench embed
	.venv/bin/rasika bench search
	.venv/bin/rasika bench feed
	.venv/bin/rasika bench http

clean: ## remove the environment and caches; keep the data in .rasika
	rm -rf .venv *.egg-info build dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv: $(STAMP)

# `.installing` contains the process id of the installing shell. If that shell is gone, the
# installation was interrupted and is started again. The stamp is written last, in one step. pip runs
# behind `wait`, so that the shell can stop it when make is stopped.
$(STAMP): pyproject.toml constraints.txt setup.py building.py $(wildcard */*.[ch]) $(if $(filter moved,$(ENVIRONMENT)),FORCE)
	@set -eu; \
	if test -e .venv/.installing; then \
	  if kill -0 "$$(cat .venv/.installing)" 2>/dev/null; then \
	    echo "make: another make is installing into .venv; wait for it (if there is none: rm -r .venv)" >&2; \
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
	      echo "and Ubuntu also python3-venv), or pass it: make run PYTHON=/path/to/python3" >&2; \
	      exit 1; \
	    fi; \
	    if test -n "$$python" && "$$python" -c '$(SUITABLE)' 2>/dev/null; then break; fi; \
	  done; \
	  echo "Creating .venv with $$("$$python" --version) ..."; \
	  mkdir .venv; \
	  echo $$$$ > .venv/.installing; \
	  "$$python" -m venv .venv; \
	fi; \
	rm -f .venv/.installed*; \
	echo $$$$ > .venv/.installing; \
	echo "Installing Rasika and its dependencies (once) ..."; \
	pip=; trap 'kill $$pip 2>/dev/null; exit 1' HUP INT TERM; \
	install() { \
	  .venv/bin/python -m pip install -qq --disable-pip-version-check "$$@" & \
	  pip=$$!; wait $$pip || { rm -f .venv/.installing; exit 1; }; \
	}; \
	install "pip>=25.1"; \
	install --constraint constraints.txt --group dev --editable ".$(if $(EXTRAS),[$(EXTRAS)])"; \
	pwd -P > .venv/.installing; \
	mv -f .venv/.installing "$(STAMP)"
