# Regulars: every target sets up what it needs first. `make demo` is the place to start.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
HOME_OF_DEMO := demo/home

.PHONY: demo test test-slow check ui wheel format clean help
help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /: /'

demo: $(READY)  ## run the whole pipeline once on the built-in sample company
	@DAGSTER_HOME=$(CURDIR)/$(HOME_OF_DEMO)/dagster $(BIN)/regulars demo --home $(HOME_OF_DEMO)

test: export REGULARS_EXAMPLES_FACTOR ?= 0.35
test: $(READY) tools  ## every test but the long trials; installs what the tests need
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

# Long trials, and the drawn examples in greater number; CONTRIBUTING.md names the variables that set their sizes.
# TRIALS names the files to run, MARKS which of their tests: `make test-slow TRIALS=tests/publish MARKS=slow` runs a part.
TRIALS ?= tests
MARKS ?= slow or hypothesis
test-slow: export REGULARS_EXAMPLES_FACTOR ?= 3
test-slow: $(READY) tools servers  ## the long trials: kills, soak, other tools, many drawn examples; half an hour
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "$(MARKS)" $(TRIALS)

check: lint  ## lint, types, contracts, docs, lock
	@$(BIN)/python -m pytest -q -m "not slow" tests/house/test_architecture.py tests/house/test_readme.py tests/house/test_docs.py tests/house/test_packaging.py

# What `make check` looks at beside tests; `make -j2 lint` looks at types beside all else.
.PHONY: lint style types definitions
lint: style types definitions

style: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy

definitions: $(READY)
	@$(BIN)/python -m regulars.pipelines.contracts.odcs.lint
	@DAGSTER_HOME= $(BIN)/dg check defs

ui: $(READY)  ## Dagster's page on http://127.0.0.1:3000, the schedule running
	@mkdir -p $(HOME_OF_DEMO)/dagster && cp dagster.yaml $(HOME_OF_DEMO)/dagster/
	@DAGSTER_HOME=$(CURDIR)/$(HOME_OF_DEMO)/dagster REGULARS_HOME=$(CURDIR)/$(HOME_OF_DEMO) \
	  REGULARS_SETTINGS=$(CURDIR)/demo/regulars.yaml PATH=$(CURDIR)/$(BIN):$$PATH \
	  $(BIN)/dg dev --host 127.0.0.1 --port 3000

# What an earlier build left in build/ would be packed again: files that are gone would come back.
wheel: $(READY)  ## the wheel to install elsewhere, in dist/
	@rm -rf build dist *.egg-info
	@$(BIN)/python -m pip wheel --disable-pip-version-check -q --no-deps --no-build-isolation -w dist .
	@rm -rf build *.egg-info
	@ls dist/*.whl

format: $(READY)  ## put the code into the project's format
	@$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format .

clean:  ## remove what was set up and the demo
	rm -rf .venv .servers demo build dist *.egg-info

# strace lets the crash tests kill a run at every system call; chromium shows the report as people see it; PostgreSQL is
# a target, and the tests start a server of their own.
.PHONY: tools
tools:
	@for tool in strace chromium postgresql; do \
	  command -v $$tool >/dev/null || ls /usr/lib/$$tool/*/bin/initdb >/dev/null 2>&1 || { echo "installing $$tool"; \
	  S=$$( [ "$$(id -u)" = 0 ] || echo sudo ); $$S apt-get update -qq && \
	  $$S apt-get install -y -qq --no-install-recommends $$tool fonts-liberation >/dev/null; } || \
	  echo "$$tool could not be installed: install it by hand, or the tests that need it are skipped"; done

# MariaDB is a source that only long trials read, Azurite (by npm) stands for Azure in them; SERVERS= leaves both out.
SERVERS ?= mariadb-server
AZURITE := .servers/node_modules/.bin/azurite-blob
.PHONY: servers
servers:
	@[ -z "$(SERVERS)" ] || PATH=$$PATH:/usr/sbin command -v mariadbd >/dev/null || { echo "installing $(SERVERS)"; \
	  S=$$( [ "$$(id -u)" = 0 ] || echo sudo ); $$S apt-get update -qq && \
	  $$S apt-get install -y -qq --no-install-recommends $(SERVERS) >/dev/null; } || \
	  echo "$(SERVERS) could not be installed: install it by hand, or the tests that need it are skipped"
	@[ -z "$(SERVERS)" ] || command -v azurite-blob >/dev/null || [ -x $(AZURITE) ] || { echo "installing azurite"; \
	  command -v npm >/dev/null || { S=$$( [ "$$(id -u)" = 0 ] || echo sudo ); $$S apt-get update -qq && \
	  $$S apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null; } && \
	  npm install --silent --no-audit --no-fund --ignore-scripts --prefix .servers azurite@3.35.0; } || \
	  echo "azurite could not be installed: install it by hand, or the tests that need it are skipped"

$(READY): requirements.lock pyproject.toml
	@echo "setting up .venv (a minute or two, once)"
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
	  { echo "Regulars needs Python 3.11, 3.12 or 3.13; this is $$($(PYTHON) --version). Say which: make PYTHON=python3.12 demo"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -q --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $(READY)
