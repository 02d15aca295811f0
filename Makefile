# One command per job; `make` alone lists them. CI runs these same targets.

VENV ?= .venv
PYTHON ?= python3

override VENV := $(patsubst %/,%,$(VENV))
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
UNFINISHED := $(VENV).unfinished
DEMO := demo
PEERS := .venv-peers
PEER_PACKAGES := scripts/benchmarks/peer_programs/requirements.txt
PRINT_PACKAGES := import sysconfig; print(sysconfig.get_path('purelib'))

# One more than cores: a quarter of the time tests wait for what they have started.
TEST_WORKERS = $$($(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test check format evaluate benchmark screenshots lock clean

help: ## list these commands
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1 ## \2/p' $(MAKEFILE_LIST) \
	  | awk -F ' ## ' '{ printf "%-18s %s\n", $$1, $$2 }'

setup: $(INSTALLED) ## create the environment in $(VENV), or bring it up to date

demo: $(INSTALLED) ## draw a catalogue and listings, scan them, open cases; demo/report.html
	$(BIN)/python -m scripts.draw_demo --out $(DEMO)
	$(BIN)/python -m scripts.run_demo $(DEMO)
	$(BIN)/python -m scripts.fill_demo $(DEMO)

serve: $(INSTALLED) ## open the demo's data in the console at 127.0.0.1:8000
	@[ -d $(DEMO)/data ] || $(MAKE) demo
	DETECTOR_DATA_DIR=$(DEMO)/data exec $(BIN)/detector serve --links $(if $(PORT),--port $(PORT))

test: $(INSTALLED) ## run every test
	$(BIN)/python -m pytest --numprocesses $(TEST_WORKERS) --dist loadfile

check: $(INSTALLED) ## lint, formatting and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(INSTALLED) ## rewrite the sources as `check` wants them
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

evaluate: $(INSTALLED) ## measure: make evaluate REFERENCES=dir QUERIES=dir TRUTH=csv
	@: $(if $(and $(REFERENCES),$(QUERIES),$(TRUTH)),,$(error \
	  Name all three: make evaluate REFERENCES=dir QUERIES=dir TRUTH=file.csv))
	$(BIN)/detector evaluate --references "$(REFERENCES)" --queries "$(QUERIES)" \
	  --truth "$(TRUTH)"

benchmark: $(INSTALLED) $(if $(QUICK),,$(PEERS)/.installed) ## speed and memory, beside other packages; QUICK=1 without; DOCS=1 into docs/
	$(BIN)/python -m scripts.benchmark $(if $(PARTS),--parts "$(PARTS)") \
	  $(if $(QUICK),--quick,--peers $(PEERS)/bin/python) \
	  $(if $(OUT),--out "$(OUT)") $(if $(DOCS),--docs .)

screenshots: $(INSTALLED) ## draw the console's pages with the demo's data, with Chromium
	@[ -d $(DEMO)/data ] || $(MAKE) demo
	$(BIN)/python -m scripts.draw_screenshots $(DEMO) docs/screenshots

lock: $(INSTALLED) ## pin what pyproject.toml asks for; UPGRADE=--upgrade for the newest
	$(BIN)/uv pip compile pyproject.toml --all-extras --group dev $(UPGRADE) \
	  --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	  --no-config --no-emit-index-url --no-emit-find-links --no-annotate \
	  --no-header --quiet --output-file requirements.lock

clean: ## remove the environment, the demo and every cache
	rm -rf "$(VENV)" "$(UNFINISHED)" $(PEERS) $(DEMO) build *.egg-info \
	  .mypy_cache .pytest_cache .ruff_cache .hypothesis

# The environment is whole once the stamp is there. $(UNFINISHED) holds the id of the
# process that is installing (`exec` keeps it): alive, it must not be disturbed; dead,
# what it left may be broken in ways pip does not see, and is thrown away.
$(INSTALLED): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || { \
	  echo "$(PYTHON) is missing or is not Python 3.11 to 3.14." \
	    "Name one that is: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot create environments." \
	    "On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@if [ -e "$(UNFINISHED)" ] && kill -0 "$$(cat "$(UNFINISHED)")" 2>/dev/null; then \
	  echo "Process $$(cat "$(UNFINISHED)") is setting up $(VENV)." \
	    "Wait for it, or end it and run make again." >&2; exit 1; fi
	@if [ -e "$(UNFINISHED)" ]; then \
	  echo "The last set-up of $(VENV) did not finish: starting afresh."; \
	  rm -rf "$(VENV)"; fi
	@mkdir -p "$(dir $(VENV))"
	@echo "Setting up $(VENV): some minutes and 6 GB the first time."
	@echo $$$$ >"$(UNFINISHED)"; exec $(PYTHON) -m venv "$(VENV)"
	@echo $$$$ >"$(UNFINISHED)"; exec $(BIN)/python -m pip install --only-binary :all: \
	  --require-hashes --requirement requirements.lock
	@echo $$$$ >"$(UNFINISHED)"; exec $(BIN)/python -m pip install --no-deps \
	  --no-build-isolation --editable .
	@touch $@ && rm -f "$(UNFINISHED)"

# What the benchmark compares with; all that they need besides is in $(VENV). A package
# that cannot be installed here is left out, and the report says so.
$(PEERS)/.installed: $(PEER_PACKAGES) $(INSTALLED)
	rm -rf $(PEERS)
	$(BIN)/python -m venv $(PEERS)
	$(BIN)/python -c "$(PRINT_PACKAGES)" \
	  >"$$($(PEERS)/bin/python -c "$(PRINT_PACKAGES)")/project.pth"
	-sed '/^#/d' $(PEER_PACKAGES) | xargs -n 1 $(PEERS)/bin/python -m pip install \
	  --no-deps --ignore-installed --disable-pip-version-check
	@touch $@
