# Every target sets up what it needs by itself: Python 3.11+, make and git are enough.
# All that is made lies in this checkout: .venv, .cache and build.

PYTHON ?= python3
VENV ?= .venv
PYTEST_ARGS ?= -n 2 --dist loadfile
SOAK_SECONDS ?= 240
NOTEBOOK := notebooks/01-quickstart.ipynb
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
BIN := $(VENV)/bin
CACHE := $(CURDIR)/.cache

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_CACHE_DIR ?= $(CACHE)/pip

# Runs of ours neither read nor write the settings and caches of whoever starts them.
test soak demo notebooks bench docs pictures: export XDG_CACHE_HOME := $(CACHE)
test soak demo notebooks bench docs pictures: export IPYTHONDIR := $(CACHE)/ipython
test soak demo notebooks bench docs pictures: export JUPYTER_CONFIG_DIR := $(CACHE)/jupyter/config
test soak demo notebooks bench docs pictures: export JUPYTER_DATA_DIR := $(CACHE)/jupyter/data
test soak demo notebooks bench docs pictures: export JUPYTER_RUNTIME_DIR := $(CACHE)/jupyter/runtime
test soak demo notebooks bench docs pictures: export MPLCONFIGDIR := $(CACHE)/matplotlib

.PHONY: help demo lab test soak notebooks lint docs pictures bench clean

help:
	@echo "make demo    run $(NOTEBOOK) and print what came out"
	@echo "make lab     open it in JupyterLab"
	@echo "make test    lint, types, every test, the notebooks and the browser included"
	@echo "make soak    the tests with many more rounds, on every kernel: up to an hour"
	@echo "make lint    lint, format and types only"
	@echo "make notebooks  execute the notebooks anew and save them"
	@echo "make docs    build the site, notebooks executed, into build/docs"
	@echo "make pictures  take pictures of the panel in a browser, into .cache/pictures"
	@echo "make bench   measure against other libraries, into benchmarks/README.md"
	@echo "make clean   remove everything made here"

demo: $(VENV)/.ready-lab | $(CACHE)/ipython
	$(BIN)/python tools/demo.py $(NOTEBOOK) build

lab: $(VENV)/.ready-lab
	$(BIN)/jupyter lab $(NOTEBOOK)

test: lint | $(CACHE)/ipython
	$(BIN)/python -m pytest $(PYTEST_ARGS) \
		--nbval --nbval-current-env \
		--nbval-sanitize-with tests/nbval_sanitize.cfg tests $(NOTEBOOKS)

# `tests/support/soaking.py` says what SOAK makes of the tests.
soak: $(VENV)/.ready-dev | $(CACHE)/ipython
	$(BIN)/python -m tests.engine.soak $(SOAK_SECONDS)
	SOAK=1 $(BIN)/python -m pytest -q -n 2 -m soak --timeout 1800 tests
	SOAK=1 $(BIN)/python -m pytest -q $(PYTEST_ARGS) -m "kernel or browser" tests

notebooks: $(VENV)/.ready-lab | $(CACHE)/ipython
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace \
		--ExecutePreprocessor.record_timing=False $(NOTEBOOKS)

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

docs: $(VENV)/.ready-docs | $(CACHE)/ipython
	@rm -rf build/docs
	$(BIN)/python -m sphinx -T -W --keep-going -n -E -d $(CACHE)/docs docs build/docs
	@echo "The site: $(CURDIR)/build/docs/index.html"

# The site as it was built last; other parts are named in CONTRIBUTING.md.
pictures: $(if $(filter site,$(or $(PARTS),site)),build/docs/index.html)
pictures: $(VENV)/.ready-dev | $(CACHE)/ipython
	$(BIN)/python -m tests.browser.pictures $(PARTS)

build/docs/index.html:
	$(MAKE) docs

bench: $(VENV)/.ready-dev | $(CACHE)/ipython
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .cache build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f docs/tutorials/*.ipynb
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(CACHE)/ipython:
	@mkdir -p $@

# One stamp per dependency group of pyproject.toml: the second call does nothing.
$(VENV)/.ready-%: pyproject.toml | $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --editable . --group $*
	@touch $@

# Only pip 25.1 and later understand dependency groups.
$(VENV)/.ready:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "nbparallel needs Python 3.11 or later; '$(PYTHON)' is not it." >&2; \
		echo "Name another one: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
		echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@
