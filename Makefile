# `make` alone lists the commands. Settings (LUODI_PORT, LUODI_DATA_DIR, …) pass through from the environment.
.DEFAULT_GOAL := help
.PHONY: help run test lint types format bench web picture lock setup
ARGS ?=

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Set up what is missing, start the database, load the sample city once, serve
	@sh setup.sh run
	@exec .venv/bin/luodi serve --sample

test: ## Set up what is missing and run the tests (ARGS="-k route")
	@sh setup.sh test
	@exec .venv/bin/python -m pytest $(ARGS)

lint: ## Style and faults that ruff sees
	@sh setup.sh test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: ## mypy --strict
	@sh setup.sh test
	.venv/bin/mypy

format: ## Rewrite the code in the house's style
	@sh setup.sh test
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: ## The same requests through us, the floor and the ordinary way, side by side (SCALE=10: a million projects)
	@sh setup.sh test
	@exec .venv/bin/python -m bench $(ARGS)

web: ## Build the GraphiQL page
	@sh setup.sh run
	@sh web/graphiql/build.sh

picture: ## Draw docs/flagship.svg from a running service (ARGS="--token … --day 2026-11-24")
	@sh setup.sh run
	@exec .venv/bin/python -m api.picture $(ARGS)

setup: ## Set up for development and stop there
	@sh setup.sh test

lock: ## Pin the newest versions the .in files allow, with hashes (needs uv)
	@for name in requirements requirements-build requirements-dev; do \
	  uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-emit-find-links --no-header --no-annotate --output-file $$name.txt $$name.in || exit 1; \
	done
