# A thin wrap; README.md has the same steps by hand for where make is missing.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup chromium lab doctor lint test test-all test-lowest test-python bench book lock course nbgrader

BIN := .venv/bin
# Words for JupyterLab, as in: make lab LAB_JUPYTER_ARGS="--no-browser --port 9000"
LAB_JUPYTER_ARGS ?=
ROOT_ARGS := $(if $(filter 0,$(shell id -u)),--allow-root)
# One pytest over unit tests, notebooks and browser, so that its last line is the whole outcome; in two processes, a
# file in one of them: a notebook's cells share a kernel, a module's browser tests share a JupyterLab.
PYTEST := $(BIN)/python -m pytest tests notebooks --ignore=tests/benchmarks --durations=10 --continue-on-collection-errors \
	--numprocesses=2 --dist=loadfile \
	--nbval-lax --nbval-current-env --nbval-cell-timeout=180 --nbval-sanitize-with=tests/nbval_sanitize.cfg

# Not $(MAKE) lint: under `make -n` a recipe that names MAKE is run, and with it the tests.
LINT := $(BIN)/ruff check lab tests && $(BIN)/ruff format --check lab tests && $(BIN)/mypy

help: ## say what there is
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/make \1\t\2/p' Makefile | expand -t 18

setup: ## make .venv with the locked requirements (every target below does it by itself)
	@.ci/setup

chromium: setup
	@.ci/chromium

lab: setup ## open the lab in JupyterLab
	.ci/home $(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb \
		$(ROOT_ARGS) $(LAB_JUPYTER_ARGS)

doctor: setup ## say what is here and what is missing
	@$(BIN)/python -m lab doctor

lint: setup ## style and types only
	@$(LINT)

test: chromium ## style, types, unit tests, notebooks, browser: at most 15 minutes on two cores
	@failed=0; { $(LINT); } || failed=1; $(PYTEST) -m "not slow" || failed=1; exit $$failed

test-all: chromium ## the same with the long tests
	@failed=0; { $(LINT); } || failed=1; $(PYTEST) || failed=1; exit $$failed

# Both take PYTHON=/path/to/python3; 3 GB to download the first time, 7 GB on disk.
test-lowest: setup ## the unit tests with the lowest versions that pyproject.toml allows, in .venv-lowest
	.ci/age lowest

test-python: setup ## the unit tests under another Python, in .venv-other: make test-python PYTHON=/path/to/python3.13
	.ci/age other

bench: setup ## the benchmarks, minutes; all sizes, kept in data/results: .venv/bin/python -m lab.speed.record
	$(BIN)/python -m pytest tests/benchmarks -o addopts= --benchmark-only --benchmark-columns=min,median,iqr,rounds --benchmark-sort=name

# Another place: make course COURSE=/where/it/goes
COURSE ?= build/course
export COURSE # read from there by the recipe, so that the shell does not read the name itself
course: setup ## write what a class is given: to practise, and for graded work without the answers
	$(BIN)/python -m lab.course "$$COURSE"

nbgrader: setup ## make .venv-nbgrader, to grade what `make course` wrote
	@.ci/nbgrader

book: setup ## the web book, offline: build/book/html
	@$(BIN)/python -m lab.book

lock: setup ## write requirements.lock and the locks in .ci anew from pyproject.toml
	UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile pyproject.toml --group test --group book --universal --python-version 3.11 \
		--generate-hashes --custom-compile-command "make lock" --quiet -o requirements.lock
	echo uv | UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile - --universal --python-version 3.11 \
		--generate-hashes --custom-compile-command "make lock" --quiet -o .ci/installer.lock
	echo nbgrader | UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile - --universal --python-version 3.11 --constraint requirements.lock \
		--generate-hashes --custom-compile-command "make lock" --quiet -o .ci/nbgrader.lock
