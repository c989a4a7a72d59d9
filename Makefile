# Every habit of this project is a target. `make` lists them.
#
#   PYTHON=python3.12 make run      with that Python
#   ARGS="-k matmul -x" make test   more words for the program a target starts
#   VENV=.venv313 EXTRAS=dev PYTHON=python3.13 make test      an environment beside the usual one, without torch

VENV ?= .venv
ARGS ?=
export VENV

# The Python given, else that of the environment, else the first one here that is new enough.
CANDIDATES := $(if $(PYTHON),$(PYTHON),$(VENV)/bin/python python3 python3.13 python3.12 python3.11)
FOUND := $(shell for p in $(CANDIDATES); do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$p" && break; done)
SET_UP = @test -n "$(FOUND)" || { echo "mlj needs Python 3.11 or newer (tried: $(CANDIDATES))." \
	"Install one, or name it: PYTHON=/path/to/python3 make $@" >&2; exit 1; }; "$(FOUND)" -m tools.set_up
IN = $(VENV)/bin
# A worker for each processor and one more, since the app's tests wait half of the time, up to four; a file's tests stay
# together. One process: ARGS="-n 0". Bytecode is written even where the environment forbids it: tests start hundreds of
# processes, and each would compile mlj for 0.3 s.
WORKERS = $(shell "$(FOUND)" -c 'import os; print(min(4, (os.cpu_count() or 1) + 1))')
PYTEST = PYTHONDONTWRITEBYTECODE= $(IN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help run test check quick browser kernels lint format types arch bench asan emulate clang neon size golden screenshots \
	film wheel gpu-kit clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

run: ## set up what is missing and open the app
	$(SET_UP) run
	@exec $(IN)/mlj-tui $(ARGS)

test: ## set up everything and run all tests
	$(SET_UP) dev
	@$(PYTEST) -m "not browser and not gpu_perf and not compile" $(ARGS)

check: lint types test ## the whole gate: lint, types, architecture, tests

quick: ## the tests that take seconds
	$(SET_UP) dev
	@$(PYTEST) -x -m "not slow and not terminal and not gpu and not gpu_perf and not compile and not dist and not browser" $(ARGS)

browser: ## the app in headless Chromium, where there is one
	$(SET_UP) dev
	@$(IN)/python -m pytest -rs -m browser tests/tui $(ARGS)

kernels: ## build the C kernels and show each one's error and speed
	$(SET_UP) dev
	@$(IN)/python -m mlcore.kernels $(ARGS)

lint: ## ruff and clang-format
	$(SET_UP) tools
	@$(IN)/ruff check .
	@$(IN)/ruff format --check .
	@find kernels tests -name '*.[ch]' | xargs $(IN)/clang-format --dry-run --Werror

format: ## lay out Python and C as lint wants it
	$(SET_UP) tools
	@$(IN)/ruff check --fix --quiet .; $(IN)/ruff format --quiet .
	@find kernels tests -name '*.[ch]' | xargs $(IN)/clang-format -i

types: ## mypy, strict, on the engine, the app and the tools
	$(SET_UP) tools
	@$(IN)/mypy

arch: ## who may import whom, and the rest of the architecture
	$(SET_UP) dev
	@$(IN)/python -m pytest tests/test_architecture.py $(ARGS)

bench: ## measure kernels and training beside their peers; write benchmarks/results and the README
	$(SET_UP) bench
	@$(IN)/python -m benchmarks $(ARGS)

asan: ## the kernels under the address and undefined-behaviour sanitizers
	$(SET_UP) tools
	@$(IN)/python kernels/sanitize.py $(ARGS)

emulate: ## the kernel tests on AVX-512's sixteen lanes, without AVX-512
	$(SET_UP) tools
	@$(IN)/python kernels/elsewhere.py emulate $(ARGS)

clang: ## the kernel tests on a build by clang
	$(SET_UP) tools
	@$(IN)/python kernels/elsewhere.py clang $(ARGS)

neon: ## the kernels on AArch64, under qemu
	$(SET_UP) dev
	@$(IN)/python -m pytest -rA tests/kernels/test_selftest.py -k neon $(ARGS)

size: ## the largest files and functions
	$(SET_UP) tools
	@$(IN)/python -m tools.size $(ARGS)

golden: ## record the loss curve of every recipe again (then read the diff)
	$(SET_UP) dev
	@$(IN)/python -m tests.golden.record $(ARGS)

screenshots: ## draw the pictures of docs/images
	$(SET_UP) dev
	@$(IN)/python -m tools.screenshots $(ARGS)

film: ## record the first minute of the app for the README
	$(SET_UP) dev
	@$(IN)/python -m tools.film $(ARGS)

wheel: ## build a wheel into dist/
	$(SET_UP) dev
	@MLJ_REQUIRE_NATIVE=1 $(IN)/python -m pip wheel -q --no-deps --no-build-isolation -w dist .
	@ls -1 dist/*.whl

gpu-kit: ## a folder in dist/ that tests and measures on a GPU machine with nothing but Python, PyTorch and pytest
	$(SET_UP) dev
	@$(IN)/python -m tools.gpu_kit $(ARGS)

clean: ## remove what was built here; the environment and your runs stay
	@rm -rf build dist *.egg-info mlcore/_native.c mlcore/_native*.so .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
