# Kefu. `make serve` and `make test` need Python 3.11 and nothing else.
PYTHON ?= python3.11
EXTRA  ?= cpu
PROFILE ?= laptop
VENV   := .venv
BIN    := $(VENV)/bin
LOCK   := locks/$(EXTRA)-linux-$(shell uname -m).txt
STAMP  := $(VENV)/.installed-$(EXTRA)
TORCH  := 2.13.0
PYTEST := $(BIN)/python -m pytest
# A process a core, of one thread: each test has its own store and folder.
UNIT   := OMP_NUM_THREADS=1 $(PYTEST) -n auto tests/unit tests/contract
PEERS  := .kefu/peers

.DEFAULT_GOAL := help
.PHONY: help install serve doctor bench test test-unit test-integration test-all soak lint types imports format lock clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

install: $(STAMP)  ## Make the virtual environment and install the exact locked versions

$(STAMP): $(LOCK) pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or say where it is: make PYTHON=/path/to/python3.11"; exit 1; }
	@test -f $(LOCK) || { echo "there is no lock $(LOCK): Kefu runs on Linux, x86_64 and aarch64"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip==26.3' 'uv==0.13.9'
	@# The CPU build of torch: pip finds it where the machine offers it, uv knows where it is published elsewhere.
	@if [ "$(EXTRA)" = cpu ]; then \
	  if $(BIN)/pip download --quiet --no-deps --dest $(VENV)/torch 'torch==$(TORCH)+cpu' 2>/dev/null; \
	  then $(BIN)/pip install --quiet --no-deps $(VENV)/torch/torch-*.whl && rm -r $(VENV)/torch; \
	  else $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --torch-backend=cpu 'torch==$(TORCH)'; fi; \
	else $(BIN)/pip install --quiet --no-deps 'torch==$(TORCH)'; fi
	$(BIN)/pip install --quiet --no-deps -r $(LOCK)
	$(BIN)/pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

serve: install  ## Serve the demonstration shop on this machine (PROFILE=laptop); Ctrl-C stops it
	@$(BIN)/kefu up --profile $(PROFILE)

doctor: install  ## Check this machine
	@$(BIN)/kefu doctor --profile $(PROFILE)

test: install  ## Unit, contract, quality, real-cluster and browser tests; no packaged models, no root, minutes
	$(UNIT)
	$(PYTEST) tests/quality tests/integration tests/browser -m 'not real_models and not thorough'

test-unit: install  ## Unit and contract tests: seconds
	$(UNIT)

test-integration: install  ## Tests on a real local cluster with fake engines
	$(PYTEST) tests/integration tests/faults tests/browser -m 'not real_models'

test-all: test  ## make test, then faults, attacks and real models, and what needs a GPU where there is one
	$(PYTEST) tests/integration tests/faults -m 'thorough and not real_models'
	$(PYTEST) tests/integration tests/faults tests/dialogues -m real_models
	$(PYTEST) tests/gpu

bench: install  ## Serve the laptop profile, load it, write docs/results/load-laptop.{json,html}; minutes
	$(BIN)/python -m benchmarks.load.first_report --out docs/results

soak: install  ## The full-size measurements; writes docs/results/
	$(BIN)/python -m benchmarks.first_answer --out docs/results
	$(BIN)/python -m benchmarks.fan_out --out docs/results
	$(BIN)/python -m benchmarks.impossible_request --out docs/results
	for database in sqlite postgresql; do \
	  $(BIN)/python -m benchmarks.commerce_soak --database $$database --operations 1000000 --out docs/results || exit 1; done
	$(BIN)/python -m benchmarks.commerce_latency --out docs/results
	$(BIN)/python -m benchmarks.leak_scan --identities 1000 --out docs/results
	$(BIN)/python -m benchmarks.behaviour_models --data ../shared/data --out docs/results
	$(BIN)/python -m benchmarks.load.accuracy --out docs/results
	$(BIN)/python -m benchmarks.load.first_report --out docs/results
	$(BIN)/kefu models build
	$(BIN)/kefu evaluate understanding --out docs/results
	$(BIN)/kefu evaluate answers --out docs/results
	$(BIN)/kefu evaluate retrieval --out docs/results
	$(BIN)/python -m benchmarks.injections --out docs/results
	$(BIN)/python -m benchmarks.release --out docs/results
	$(BIN)/python -m benchmarks.generated --rung small --answers 500 --out docs/results
	$(BIN)/python -m benchmarks.dialogues.walk --turns 10000 --out docs/results
	$(BIN)/python -m benchmarks.understanding_runtime --models-dir .kefu/models --out docs/results
	$(MAKE) $(PEERS)/bin/bentoml
	$(BIN)/python -m benchmarks.understanding_peers --models-dir .kefu/models --peers-python $(PEERS)/bin/python --out docs/results
	for set in clinc150 banking77 curekart; do \
	  $(BIN)/python -m benchmarks.public_intents --set $$set --data ../shared/data --out docs/results || exit 1; done
	$(BIN)/python -m benchmarks.public_intents --set reviews --epochs 2 --data ../shared/data --out docs/results
	for family in held_out held_out_b; do \
	  $(BIN)/python -m benchmarks.grounding_pairs --family $$family --pairs 800 --out docs/results || exit 1; done

# The peers see the packages of $(VENV), so that both run the same torch; the lock knows nothing of them.
$(PEERS)/bin/bentoml: $(STAMP)
	$(PYTHON) -m venv $(PEERS)
	echo $(CURDIR)/$(VENV)/lib/python3.11/site-packages > $(PEERS)/lib/python3.11/site-packages/kefu.pth
	$(PEERS)/bin/pip install --quiet litserve==0.2.19 bentoml==1.4.40

lint: install  ## ruff: format and rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: install  ## mypy --strict
	$(BIN)/mypy

imports: install  ## import-linter: the one-way rule
	$(BIN)/lint-imports

format: install  ## Rewrite to the format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: install  ## Write locks/ from pyproject.toml
	for target in cpu:x86_64:2_28 cpu:aarch64:2_35 gpu:x86_64:2_28; do \
	  set -- $$(echo $$target | tr : ' '); extra=$$1; machine=$$2; glibc=$$3; \
	  $(BIN)/uv pip compile --quiet --upgrade pyproject.toml --extra $$extra --extra dev --python-version 3.11 \
	    --python-platform $$machine-manylinux_$$glibc --override locks/overrides.txt --no-header --no-annotate \
	    --output-file $(VENV)/lock.txt && \
	  if [ $$extra = cpu ]; \
	  then grep -vE '^(torch|openvino-telemetry|torchvision|torchaudio|torchcodec|triton|nvidia-[a-z0-9-]+|cuda-[a-z0-9-]+)==' $(VENV)/lock.txt; \
	  else grep -vE '^(torch|openvino-telemetry)==' $(VENV)/lock.txt; fi > locks/$$extra-linux-$$machine.txt || exit 1; \
	done

clean:  ## Remove the virtual environment and caches; models and data in .kefu stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
