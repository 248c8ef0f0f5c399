# The two commands of the README are `make demo` and `make test`; the rest is for those
# who go on. Everything happens in .venv, which the first target that needs it creates.

# A test run starts hundreds of processes, most of which import numba and pydicom: what is compiled
# is kept, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: environment kernels lab slider notebooks lesson-times notebooks-check instrument-pictures
.PHONY: help demo test lint mutants bench bench-volumes bench-vvc start tasks promises speed stripes profile samples wheel-test clean demo-picture startup startup-cold

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

# The demo's part of the pinned versions, a fifth of all that the lessons and tests need. Without
# --no-compile pip compiles every module of theirs, of which the demo imports a few. Who needs a
# kernel before it is compiled waits for the process that does it.
$(VENV)/.demo-ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
		{ echo "Python 3.11 to 3.14 is needed; try: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
		{ echo "Python's venv module is missing; on Debian: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@grep -v '^-e' requirements.txt > $(VENV)/versions.txt
	$(PIP) -c $(VENV)/versions.txt numpy numba
	@echo "version 2's kernels are compiled while pip installs the rest; $(VENV)/kernels.log follows it"
	@$(BIN)/python -m mmpc.explore.kernels > $(VENV)/kernels.log 2>&1 &
	$(PIP) -c $(VENV)/versions.txt -e '.[demo]'
	@touch $@

$(VENV)/.ready: $(VENV)/.demo-ready
	$(PIP) -r requirements.txt
	@touch $@

environment: $(VENV)/.ready  ## install all that lessons and tests need

kernels: $(VENV)/.demo-ready  ## compile version 2's kernels, once, so that nothing has to wait for them
	$(BIN)/python -m mmpc.explore.kernels

samples: $(VENV)/.demo-ready  ## copy the sample images out of the installed packages into data/
	$(BIN)/python -m mmpc.samples

demo: $(VENV)/.demo-ready samples  ## encode and decode a real CT slice, print the table, draw the pictures
	$(BIN)/python -m mmpc.demo

demo-picture: demo  ## draw the README's picture of the demo anew
	cp results/demo/head_ct.png results/demo_head_ct.png

# In the order of their names: by default xdist leaves files of few tests for the end, and these
# are the lessons and the browser, which take longest. nbval takes three seconds to load, in each
# process; lessons are compared by notebooks-check.
test: $(VENV)/.ready  ## run the whole test suite
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -p no:nbval

lint: $(VENV)/.ready  ## check style, format, and that imports run one way
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo --no-cache

MUTANTS ?= --sample 20

mutants: $(VENV)/.ready  ## which mistakes would no test see: MUTANTS="--modules mmpc/v1", "--since main"
	$(BIN)/python -m tests.mutants $(MUTANTS)

speed: $(VENV)/.ready  ## time version 1 beside OpenJPEG and print the ratios
	$(BIN)/python -m pytest benchmarks -q --benchmark-only -s

stripes: $(VENV)/.ready  ## how many times faster several cores code a large image, and what that costs
	$(BIN)/python -m benchmarks.stripes

profile: $(VENV)/.ready  ## print what each part of the coders costs, by the decision and the sample
	$(BIN)/python -m benchmarks.profile

startup: $(VENV)/.ready  ## time what a user waits for besides the codec's work
	$(BIN)/python -m benchmarks.startup

startup-cold: $(VENV)/.ready  ## time the compiling of version 2's kernels, in fresh caches
	$(BIN)/python -m benchmarks.startup --cold

# Development slices that are not part of the project join where they are; fewer is fine.
BENCH_SLICES := $(wildcard $(addprefix ../shared/data/, human_skull_2/I20.dcm \
	human_skull_2/I150.dcm human_skull_2/I199.dcm chest_1mm/008.dcm chest_1mm/024.dcm \
	chest_2mm/004.dcm chest_2mm/012.dcm head_7mm/008.dcm head_7mm/018.dcm))

# AV1's strongest encoder takes 2 to 22 s for each of its 65 points, half of all the time;
# WITHOUT="--without libaom" leaves it out.
WITHOUT ?=

bench: $(VENV)/.ready  ## measure both versions, ablations and the standards; rewrite the tables
	$(BIN)/python -m mmpc.evaluate --samples $(BENCH_SLICES) --peers $(WITHOUT) --target-table \
		--ablations --pictures 0 --fresh --out results
	$(BIN)/python -m mmpc.evaluation.readme README.md results

bench-vvc: $(VENV)/.ready  ## measure version 2, default and best, beside VVC's reference encoder
	$(BIN)/python -m mmpc.evaluate --samples $(BENCH_SLICES) --vvc --out results
	$(BIN)/python -m mmpc.evaluation.readme README.md results

BENCH_SERIES := $(wildcard $(addprefix ../shared/data/, chest_1mm chest_2mm head_7mm))

bench-volumes: $(VENV)/.ready  ## measure volumes beside slices one by one and video codecs
	$(BIN)/python -m mmpc.evaluation.volumes $(BENCH_SERIES) --jobs $(JOBS) --out results

# Slices that the benchmark leaves out; the packaged samples that are no CT join them.
TRAINING_SLICES := $(wildcard $(addprefix ../shared/data/, $(addsuffix .dcm, \
	$(addprefix human_skull_2/I, 0 1 60 80 104 260) $(addprefix chest_1mm/0, 00 16 31) \
	$(addprefix chest_2mm/0, 00 08 15) $(addprefix head_7mm/0, 01 05 12 15 22 25))))

start: $(VENV)/.ready  ## train version 2's learned start anew (FORMAT.md has its hash)
	$(BIN)/python -m mmpc.evaluation.start_training $(TRAINING_SLICES)

tasks: $(VENV)/.ready  ## measure what doctors do with images, before and after each codec
	$(BIN)/python -m mmpc.evaluate --tasks --out results
	$(BIN)/python -m mmpc.evaluation.readme README.md results

promises: $(VENV)/.ready  ## measure promised errors beside JPEG-LS and JPEG XL, and regions of interest
	$(BIN)/python -m mmpc.evaluate --samples $(BENCH_SLICES) --promises --pictures 0 --out results
	$(BIN)/python -m mmpc.evaluation.readme README.md results

wheel-test: $(VENV)/.ready  ## build the wheel and run the tools from a fresh environment
	PYTHON=$(BIN)/python tests/elsewhere/run_wheel.sh

# Where things are different; TESTS="tests/v1 -x" runs less.
TESTS ?= tests
FAST_TESTS := tests/v1 $(patsubst %,tests/images/test_%.py,dicom numpy_file raster reading writing) \
	$(patsubst %,tests/test_%.py,bad_files door files metadata package request streams vectors)
CONDITIONS := test-ascii test-no-home test-nobody test-umlauts test-sdist test-windows-like
.PHONY: $(CONDITIONS) test-newest colab-test binder-test platforms

test-ascii: ## run the suite where neither files nor terminal know UTF-8
test-no-home: ## run the suite without HOME
test-nobody: ## run the suite as a user without rights, home and name (as root)
test-umlauts: ## run the suite in a folder with spaces and umlauts
test-sdist: ## run the suite from the unpacked source archive, which must be complete
test-windows-like: ## run the suite without what Windows lacks
$(CONDITIONS): $(VENV)/.ready
	PYTHON=$(BIN)/python tests/elsewhere/run_suite.sh $(@:test-%=%) $(TESTS)

test-newest: $(VENV)/.ready  ## run the fast part of the suite on the newest Python that is here
	PYTHON=$(BIN)/python tests/elsewhere/run_newest.sh $(FAST_TESTS)

colab-test: $(VENV)/.ready  ## run the Colab cell and some lessons among Colab's own versions
	$(BIN)/python tests/elsewhere/run_colab.py

binder-test: $(VENV)/.ready  ## make Binder's environment here and run a lesson in it
	tests/elsewhere/run_binder.sh

platforms: $(VENV)/.ready  ## ask the package index which systems and Pythons have wheels for all pins
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python tests/elsewhere/platforms.py results/platforms.csv
	$(BIN)/python -m mmpc.evaluation.readme README.md results

lab: $(VENV)/.ready  ## open the lessons in JupyterLab
	$(BIN)/jupyter lab notebooks

# Rendered cell by cell: what is waited for is read at once.
slider: $(VENV)/.ready  ## open the slider and the other instruments as a web page
	$(BIN)/voila --progressive_rendering=True notebooks/pages/instruments.ipynb

notebooks: $(VENV)/.ready  ## make all notebooks again from their sources, with outputs
	$(BIN)/python notebooks/tools/regenerate.py

lesson-times: $(VENV)/.ready  ## run all lessons and write how long they compute into notebooks/README.md
	$(BIN)/python notebooks/tools/regenerate.py --times
	$(BIN)/python -m mmpc.evaluation.readme notebooks/README.md results

notebooks-check: $(VENV)/.ready  ## check the pairs, run all lessons and compare their outputs
	$(BIN)/python notebooks/tools/check.py
	$(BIN)/python -m pytest --nbval notebooks -n $(JOBS) --dist loadfile

instrument-pictures: $(VENV)/.ready  ## take the README's pictures of the instruments (needs Chromium)
	MMPC_PICTURES=results $(BIN)/python -m pytest tests/notebooks/test_instruments_in_browser.py

clean:  ## remove the environment and all that can be made again
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
