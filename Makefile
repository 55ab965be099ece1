# Paths are relative and programs are started with "python -m", so that the checkout may lie anywhere,
# also below a folder with a space in its name. Without make: see environment.yml for the same commands.

PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
DEMO := build/demo

# One thread for linear algebra: 4 to 30 times faster on matrices as small as ours.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
unexport MPLBACKEND

.DEFAULT_GOAL := help
.PHONY: help study test soak refresh lab lint clean small

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s  %s\n", $$1, $$2 }' Makefile
	@echo "The first of them sets up .venv (a minute or two); another Python: make PYTHON=python3.12 study"

study: .venv/ready  ## run all notebooks on the demonstration, into build/demo
	$(PY) -m coops run data/demo --out $(DEMO)

# Emptied first: an old file must not stand in for one that a notebook no longer writes.
# nbval runs the notebooks serially, in name order, each with its default parameters: its "Cell 3" is In [4].
test: .venv/ready  ## run the tests, run the notebooks again, compare with what is committed
	rm -rf $(DEMO)
	$(PY) -m pytest -q -n auto --dist loadfile --no-loadscope-reorder tests
	$(PY) -m pytest -q --nbval notebooks
	$(PY) -m coops compare

soak: .venv/ready  ## run the tests that need an hour
	$(PY) -m pytest -q -n auto --dist loadfile -m soak tests

refresh: .venv/ready  ## run the demonstration and move its outputs into the repository
	$(PY) -m coops refresh

lab: .venv/ready  ## open the notebooks in JupyterLab
	$(PY) -m jupyterlab notebooks

lint: .venv/ready  ## check style and format of src, tests and notebooks, and types
	$(PY) -m ruff check src tests notebooks
	$(PY) -m ruff format --check src tests notebooks
	$(PY) -m mypy

clean:  ## remove what runs and tools have made; .venv stays
	rm -rf build report data/clean .pytest_cache .ruff_cache .hypothesis
	find src tests data notebooks -name __pycache__ -prune -exec rm -rf {} +
	find notebooks -name .ipynb_checkpoints -prune -exec rm -rf {} +

small: .venv/ready  ## run the same notebooks on a real study, into build/small
	$(PY) data/small/prepare.py build/small/study
	$(PY) -m coops run build/small/study --out build/small

# setuptools first and by its hash: causaldata comes as source, and would else be built with one from anywhere.
.venv/ready: requirements.lock pyproject.toml
	@"$(PYTHON)" -c "import sys; v = sys.version_info; sys.exit(None if (3, 11) <= v < (3, 15) else 'Python 3.11 to 3.14 is needed and this is %d.%d; name another one, as in: make PYTHON=python3.12 study' % v[:2])"
	@"$(PYTHON)" -c "import ensurepip, venv" 2>/dev/null || { echo "This Python cannot make environments: install its venv module (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@echo "Setting up .venv ..."
	@"$(PYTHON)" -m venv .venv
	@sed -n '/^setuptools==/,/[^\\]$$/p' requirements.lock > .venv/setuptools.lock
	@$(PIP) install -q --require-hashes -r .venv/setuptools.lock
	@$(PIP) install -q --require-hashes --no-build-isolation -r requirements.lock
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@
