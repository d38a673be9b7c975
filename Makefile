# mailmart: `make demo` and `make test` are all a newcomer needs; each does its own set-up.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SILENT:
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-bigquery check bench example-hillstrom clean

help: ## this list
	grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

setup: ## Node 24, packages, the Temporal server (first time 3 to 6 minutes, then 1 s)
	scripts/setup.sh demo

demo: ## the main job end to end on a made-up company (set-up, then about a minute)
	scripts/setup.sh demo
	. scripts/env.sh
	node bin/mailmart.js demo

test: ## set-up, all checks and all tests (20 to 35 minutes of two cores)
	scripts/setup.sh test npm run --silent check
	. scripts/env.sh
	npm run --silent test

test-bigquery: ## on your project, removed afterwards: PROJECT=my-project [LOCATION=EU] [BUCKET=my-bucket], or EMULATOR=1
	if [ -z "$(PROJECT)$(EMULATOR)" ]; then
		echo "Name a Google Cloud project: make test-bigquery PROJECT=my-project [LOCATION=EU] [BUCKET=my-bucket] (or EMULATOR=1)" >&2
		exit 2
	fi
	scripts/setup.sh test
	. scripts/env.sh
	PROJECT="$(PROJECT)" LOCATION="$(or $(LOCATION),EU)" BUCKET="$(BUCKET)" EMULATOR="$(EMULATOR)" \
		vitest run --config vitest.smoke.config.ts

check: ## types, lint, format, boundaries, dead code, SQL lint
	scripts/setup.sh test
	. scripts/env.sh
	npm run --silent check

bench: ## how fast it is on this machine, beside its limits (by hand, never timed in a test; ARGS="--only small")
	scripts/setup.sh demo
	. scripts/env.sh
	node bench/run.ts $(ARGS)

example-hillstrom: ## a real campaign of 64,000 customers through the file source
	scripts/setup.sh demo
	. scripts/env.sh
	node examples/hillstrom/run.ts

clean: ## what runs leave behind (not the caches of set-up)
	rm -rf dist coverage demo-project report
