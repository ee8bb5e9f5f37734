# Two commands matter: `make run` and `make test`. Both set up what they need.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready
COMPILED := $(shell grep -rl --include='*.py' '^\# cython:' src)
ARGS   ?=

.PHONY: run test check format bench packages build vectors docs bpf vm clean help

help:
	@echo "make run      set up and start the screens in the terminal (root sees owners of every process)"
	@echo "make test     set up and run the tests"
	@echo "make check    format, lint, types, import contracts, house rules"
	@echo "make bench    speed and memory beside the peers (installs them)"
	@echo "make vectors  capture real programs anew into tests/vectors (root)"
	@echo "make vm       the kernel tests under other kernels, in virtual machines (root)"
	@echo "make bpf      compile the kernel programs anew (clang, llvm, libbpf-dev)"
	@echo "make docs     write docs/reference anew from the declarations"

$(STAMP): pyproject.toml setup.py $(COMPILED)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q -e '.[dev]'
	$(BIN)/python -m compileall -q src
	touch $@

build: $(STAMP)

run: $(STAMP)
	@if [ -t 0 ] && [ -t 1 ]; then $(BIN)/procwire top $(ARGS); else $(BIN)/procwire watch $(ARGS); fi

packages:
	@tools/packages.sh

test: $(STAMP) packages
	$(BIN)/python -m pytest $(ARGS)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/contracts/test_house_rules.py

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(STAMP)
	$(BIN)/python -m tools.reference
	$(BIN)/python -m tools.declarations

bpf: packages
	src/procwire/bpf/build.sh

vectors: $(STAMP)
	@tools/packages.sh vectors
	$(BIN)/python -m pip install -q -e '.[vectors]'
	$(BIN)/python -m tests.vectors.make

vm: $(STAMP)
	@tools/packages.sh vm
	$(BIN)/python -m tests.vm

bench: $(STAMP)
	$(BIN)/python -m bench.offline
	$(BIN)/python -m bench.live
	$(BIN)/python -m bench.hooks
	$(BIN)/python -m bench.processes
	$(BIN)/python -m bench.store
	$(BIN)/python -m bench.tui
	$(BIN)/python -m bench.shape

clean:
	rm -rf build dist $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src -name '*.so' -delete
