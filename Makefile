# The registry's commands; they need Python 3.11 or newer, git and make. `make` alone lists them.

PYTHON ?= python3
# An empty variable counts as not set.
HOST := $(or $(HOST),127.0.0.1)
PORT := $(or $(PORT),8000)

MAKEFLAGS += --no-print-directory
# Nothing here may run twice at once in one folder.
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help run test check verify messages pictures lock clean python

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.* ## /\1	/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "make %-8s %s\n", $$1, $$2 }'

run: export ALLOWED_HOSTS := $(or $(ALLOWED_HOSTS),localhost 127.0.0.1 [::1] $(HOST))
run: export SITE_URL := $(or $(SITE_URL),http://$(HOST):$(PORT))
run: python ## set everything up, load the register and serve it (HOST, PORT, DATABASE_URL)
	@$(PYTHON) .ci/prepare.py requirements.lock --serve '$(HOST)' '$(PORT)'
	@.venv/bin/python manage.py set_up --address 'http://$(HOST):$(PORT)/'
	@exec .venv/bin/python -m gunicorn --no-control-socket --workers 2 --threads 4 \
		--log-level warning --bind '$(HOST):$(PORT)' mine_site.wsgi

test: python ## set everything up and run the tests (ARGS="-k word" for some of them)
	@$(PYTHON) .ci/prepare.py requirements-dev.lock
	@.ci/test $(ARGS)

check: python ## quick look before a commit: format, lint, templates, migrations, deployment
	@$(PYTHON) .ci/prepare.py requirements-dev.lock
	@.ci/check

verify: python ## what takes long: set up from nothing, kills, big imports, registers of every size
	@$(PYTHON) .ci/verify.py
	@$(PYTHON) .ci/prepare.py requirements-dev.lock
	@SCALE=1 .ci/test -m long
	@SCALE=1 .ci/test -n 0 tests/scale

messages: python ## bring the catalogues of all languages up to date (needs GNU gettext)
	@$(PYTHON) .ci/prepare.py requirements-dev.lock
	@SECRET_KEY=none .venv/bin/python manage.py makemessages
	@SECRET_KEY=none .venv/bin/python manage.py compilemessages --ignore .venv

pictures: python ## make the pictures of docs/handbook.md anew, from the running desk
	@$(PYTHON) .ci/prepare.py requirements-dev.lock
	@.venv/bin/python -m pytest -q tests/browser/make_pictures.py

lock: python ## renew requirements.lock and requirements-dev.lock from pyproject.toml
	@.ci/lock '$(PYTHON)'

clean: ## remove what the commands made, except var/ with the register and its files
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@command -v '$(PYTHON)' >/dev/null || { echo "There is no program '$(PYTHON)' here." \
		"The registry needs Python 3.11 or newer; another name is given as PYTHON=…" >&2; exit 1; }
