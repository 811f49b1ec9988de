# All happens in this directory's .venv/; `make` alone lists the targets.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# Processes that share the tests, each with a lab of its own.
JOBS ?= 2
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help setup engine lab cours test test-full-kernel lint format lock clean

help: ## cette liste
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 26

setup: $(READY) ## l'environnement Python, d'après requirements.lock

$(READY): requirements.lock pyproject.toml scripts/setup.sh
	@scripts/setup.sh
	@touch $@

# Without root the packages cannot be installed: the lab is then a simulated one, which `swarmlab up` says.
engine: $(READY)
	@$(BIN)/swarmlab packages --optional

lab: engine ## démarre le labo et ouvre JupyterLab sur le cours
	@$(BIN)/swarmlab up
	@echo "JupyterLab s'ouvre ; Ctrl-C l'arrête. Le labo, lui, reste démarré jusqu'à : $(BIN)/swarmlab down"
	@$(BIN)/jupyter lab --config=jupyter/jupyter_lab_config.py

cours: engine ## exécute tout le cours sans navigateur, et écrit build/cours/
	@$(BIN)/swarmlab run

test: $(READY) ## tous les contrôles et tous les tests
	@$(BIN)/swarmlab packages --tests --optional
	@$(MAKE) --no-print-directory lint
	@$(BIN)/pytest --numprocesses=$(JOBS) --dist=loadfile --no-loadscope-reorder

test-full-kernel: $(READY) ## tout le cours sous un noyau complet, dans un invité émulé : une demi-heure à deux heures
	@$(BIN)/python -m guest

lint: $(READY) ## style et types, comme l'intégration continue et pre-commit
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "à mettre en forme : make format"; $(BIN)/ruff format --check . | head -n 20; exit 1; }
	@$(BIN)/mypy

format: $(READY) ## met le code en forme
	@$(BIN)/ruff check --quiet --fix . || true
	@$(BIN)/ruff format .

lock: $(READY) ## refait requirements.lock d'après pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes --no-annotate \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" pyproject.toml -o requirements.lock

clean: ## retire .venv, build/ et les caches (arrêtez d'abord le labo : swarmlab down)
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
