# Everything runs in .venv, which is made from requirements.lock; PYTHON chooses the Python it is made with.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.made-from-lock
DATA ?= ../shared/data
COMMIT = $(shell git rev-parse --short=12 HEAD)
UV_VERSION := $(shell sed -n 's/^uv==//p' requirements.txt)
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" requirements.txt
# Blocks of 1 MiB and more go back to the system when they are free (docs/decisions.md; the Dockerfile says the same).
export MALLOC_MMAP_THRESHOLD_ := 1048576

.PHONY: help setup run test test-fast check format lock bench train evaluate bundle demo

help:  ## what there is to make
	@sed -n 's/^\([a-z-]*\):.*##\(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

setup: $(READY)  ## the environment, from the hashed lock

$(READY): requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	touch $@

run: setup  ## start the app; its address and, the first time, the admin's password are printed
	$(BIN)/streamlit run streamlit_app.py

test: setup  ## all tests, those with a browser or containers by themselves; where there is none they say so
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --ignore tests/browser --ignore tests/deploy
	$(BIN)/python -m pytest tests/browser tests/deploy

test-fast: setup  ## in two minutes: core and docs, no page, browser, container, network or S3 (tests/conftest.py says what is slow)
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not slow"

check: setup  ## format, lint, types, import direction, Dutch, template, lock
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile
	$(BIN)/python -m pytest tests/test_imports.py tests/core/test_language.py
	$(BIN)/cfn-lint deploy/template.yaml deploy/ray/roles.yaml
	cp requirements.lock .venv/requirements.lock && $(COMPILE) --output-file .venv/requirements.lock
	cmp requirements.lock .venv/requirements.lock || { echo "requirements.lock is not made from requirements.txt: make lock"; exit 1; }

format: setup  ## put the code in form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup  ## requirements.lock from requirements.txt
	$(COMPILE) --output-file requirements.lock

demo: setup  ## the app with made-up photos and counts, in a store of its own (data-demo/)
	test -d data-demo/tables || BLOOM_STORE=data-demo/ $(BIN)/python -m core demo --photos 4000
	BLOOM_STORE=data-demo/ $(BIN)/streamlit run streamlit_app.py

bench: setup  ## speed and memory as ratios against bare networks, in one run
	$(BIN)/python -m bench

train: setup  ## models/bloom from the photos in DATA, on from its networks; goes on where it stopped
	$(BIN)/python -m training train --data $(DATA) --start models/bloom

evaluate: setup  ## the recogniser's figures on the photos in DATA that it did not learn from, as Markdown and JSON
	$(BIN)/python -m training evaluate --data $(DATA) --pictures work/confusions

# A tree of the last commit less what .ebignore names; nothing that is only in this folder gets in.
bundle:  ## the zip that Elastic Beanstalk takes, from the last commit and .ebignore; its name is printed
	@mkdir -p work
	@export GIT_INDEX_FILE=$$(mktemp -u) && git read-tree HEAD \
		&& git ls-files -z --cached --ignored --exclude-from=.ebignore | git update-index -z --force-remove --stdin \
		&& git archive --format=zip --output work/bloomcount-$(COMMIT).zip $$(git write-tree) && rm $$GIT_INDEX_FILE
	@echo work/bloomcount-$(COMMIT).zip
