# make app      start the app, after installing what it needs into .venv
# make test     run all tests             make lint    check style and layout
# make types    check types               make clean   remove .venv and caches
#
# Options: JOBS=4 (test processes), PYTEST="-k words" (more arguments for pytest).

SHELL := /bin/sh
BIN := .venv/bin
JOBS ?= 2
PYTEST ?=

# Stamps say which extras are installed, and hold the folder they were installed for. An
# environment does not survive a move, nor the loss of its Python: then it is made again.
APP := .venv/.installed-app
DEV := .venv/.installed-dev
WANTS := pyproject.toml constraints.txt
$(shell here="$$(pwd -P)"; for stamp in $(APP) $(DEV); do \
	if [ -f $$stamp ] && ! { [ "$$(cat $$stamp)" = "$$here" ] && [ -x $(BIN)/python ]; }; then \
		rm -rf .venv; fi; done)

PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
NO_INSTALL := { echo "Could not install. The lines above say why; often it is the network." >&2; exit 1; }

.PHONY: app test lint types clean constraints help
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile

app: $(APP)
	@$(BIN)/housing-map app

test: $(DEV)
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(PYTEST)

lint: $(DEV)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(DEV)
	@$(BIN)/mypy --strict housing_map app.py

clean:
	@rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Write down the exact versions that .venv holds now.
constraints: $(DEV)
	@{ sed '/^[^#]/,$$d' constraints.txt; \
	   $(BIN)/python -m pip freeze --exclude-editable --exclude pip --exclude setuptools \
	   | grep -E '^[A-Za-z0-9._-]+==[^ ]+$$'; } > .venv/constraints.txt
	@mv .venv/constraints.txt constraints.txt

# Python 3.11 by preference, else any newer one.
$(BIN)/python:
	@for python in python3.11 python3; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making .venv with $$("$$python" --version)."; \
			"$$python" -m venv --clear .venv && exit 0; \
			echo "$$python cannot make environments: on Debian, install python3-venv." >&2; \
			rm -rf .venv; exit 1; \
		fi; \
	done; \
	echo "Python 3.11 or newer is needed; neither python3.11 nor python3 is one." >&2; exit 1

$(APP): $(WANTS) | $(BIN)/python
	@echo "Installing the app into .venv (a minute or two the first time)."
	@$(PIP) install -c constraints.txt -e . || $(NO_INSTALL)
	@pwd -P > $@

$(DEV): $(WANTS) | $(BIN)/python
	@echo "Installing the app and its tools into .venv (a minute or two the first time)."
	@$(PIP) install -c constraints.txt -e '.[dev]' || $(NO_INSTALL)
	@pwd -P > $@ && cp $@ $(APP)
