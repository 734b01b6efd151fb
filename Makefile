# Everything here does its own set-up. Two commands are enough: `make run` and `make test`.

PORT = 8000
DATA = .demo
LAN =
ARGS =
# From which `make test-slow` draws its examples; give one to see the same ones again.
SEED = $(shell od -An -N4 -tu4 /dev/urandom)
# What `make bench-growth` grows.
OFFICES = 250
ANSWERS = 10000000
ROWS = 0
# The tests wait a third of their time, for browsers and databases: three for two processors.
WORKERS = $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n + (n + 1) / 2)))

.DEFAULT_GOAL = help
.PHONY: help run test test-slow mutants setup check bench bench-growth docs sbom lock

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Serve the demonstration on http://127.0.0.1:8000 (PORT=8000 DATA=.demo LAN=1)
	@scripts/setup server
	@exec .venv/bin/cx demo --port $(PORT) --data $(DATA) $(if $(filter 1,$(LAN)),--lan)

test: check ## Run everything: style, types, imports, tests with Chromium and PostgreSQL (ARGS="-k name")
	@scripts/test-programs
	@scripts/run-tests -n $(WORKERS) --maxprocesses 8 --dist worksteal $(ARGS)

test-slow: SEED := $(SEED)
test-slow: setup ## Break disks, databases and clocks, and write docs/operate/trust.md; property tests with other examples (ARGS="-k name" SEED=1)
	@scripts/test-programs
	@[ -n "$(ARGS)" ] || rm -f build/trust/*.json
	@CX_TEST_SEED=$(SEED) .venv/bin/python -m pytest -m slow -rP $(ARGS) || [ $$? = 5 ]
	@[ -n "$(ARGS)" ] || [ ! -d build/trust ] || .venv/bin/python scripts/trust
	@echo "Property tests: make test-slow SEED=$(strip $(SEED)) tries the same examples again."
	@.venv/bin/python -m pytest -m hypothesis --hypothesis-profile nightly --hypothesis-seed $(SEED) $(ARGS)

mutants: setup ## Put one small defect after another into a copy, and see whether its test notices (ARGS="results")
	@scripts/test-programs
	@.venv/bin/python scripts/mutants $(ARGS)

setup: ## Make .venv with all that development needs, and no more
	@scripts/setup dev

check: setup ## Look for faults without running the code: ruff, mypy, import-linter
	@.venv/bin/ruff check --quiet
	@.venv/bin/ruff format --check --quiet
	@.venv/bin/mypy --no-error-summary
	@told=$$(.venv/bin/lint-imports --no-logo) || { echo "$$told"; exit 1; }

bench: setup ## Run benchmarks/*.py, one after the other
	@for file in benchmarks/*.py; do echo "$$file"; .venv/bin/python "$$file" || exit 1; done

bench-growth: DATA = .growth
bench-growth: setup ## Grow ten million answers in DATA=.growth, or go on, and time the staff pages (OFFICES=250 ROWS=0)
	@.venv/bin/python benchmarks/staff.py --data $(DATA) --offices $(OFFICES) --answers $(ANSWERS) --rows $(ROWS) $(ARGS)

docs: setup ## Build the documents as a site in build/site, with every link checked
	@.venv/bin/python scripts/docs $(ARGS)

sbom: setup ## Write the bill of materials of the server to build/sbom.json (CycloneDX)
	@mkdir -p build
	@.venv/bin/cyclonedx-py requirements requirements/server.lock --pyproject pyproject.toml --output-file build/sbom.json 2>/dev/null
	@echo "Wrote build/sbom.json"

lock: setup ## Write requirements/*.lock anew from pyproject.toml (ARGS=--upgrade for the newest)
	@scripts/lock $(ARGS)
