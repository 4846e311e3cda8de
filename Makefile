# What a developer of secondline types. `make` alone lists it.

FUZZTIME  ?= 10s
BENCHTIME ?= 1s
SCALE     ?= 100000
SEEDS     ?= 1000
SCALE_CASES ?= 100000

# The race detector needs a C compiler.
RACE := $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && command -v "$$(go env CC)" >/dev/null 2>&1 && echo -race)

.DEFAULT_GOAL := help
.PHONY: help demo test check deps fuzz bench bench-scale bench-parts scale faults

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## try the line in a browser telephone; needs nothing but Go
	go run ./cmd/secondline demo

# Where replicas and workers meet: the race detector looks at these in make test, and at
# everything in make check, which takes much longer.
RACED := casestore ivr sms internal/audit internal/event internal/recordings internal/twilio internal/twiliosim

# Both at once, and more tests beside one another than there are processors: many wait for
# a Redis that is killed, or for a browser.
test: deps ## install what the tests need, then vet and run every test
	go vet ./...
	@echo "go test: everything, with the race detector $(RACED)"; \
	go test $(RACE) $(RACED:%=./%) & raced=$$!; \
	go test -timeout 20m -parallel 4 $$(go list ./... | grep -vxF "$$(printf 'secondline/%s\n' $(RACED))"); rest=$$?; \
	wait $$raced && exit $$rest

check: ## format, vet, staticcheck, and every test again under the race detector
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "not formatted:"; echo "$$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go test -race -count=1 -timeout 30m ./...

fuzz: ## run every fuzz target for FUZZTIME (10s)
	@set -e; for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' "$$package" | grep '^Fuzz' || true); do \
			echo "fuzz $$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package"; \
		done; \
	done

bench: deps ## everything the line answers and does beside a floor; writes docs/performance.md
	SECONDLINE_PERFORMANCE=$(CURDIR)/docs go test -run '^$$' -bench '^BenchmarkLine$$' -benchtime 1x -timeout 60m ./cmd/secondline

# SCALE_CASES=1000000 takes a quarter of an hour, and 3 GB.
bench-scale: deps ## 1,000 and SCALE_CASES (100,000) cases in Redis: turns, ticks, memory, start; writes docs/performance.md
	SECONDLINE_PERFORMANCE=$(CURDIR)/docs SECONDLINE_CASES=$(SCALE_CASES) go test -run '^$$' -bench '^BenchmarkScale$$' -benchtime 1x -timeout 120m ./cmd/secondline

bench-parts: deps ## every other benchmark
	go test -run '^$$' -bench . -skip '^Benchmark(Line|VoiceTurn|Calm|Inside|Scale)$$' -benchmem -benchtime $(BENCHTIME) ./...

scale: deps ## ten replicas, killed at random, keep SCALE (100,000) promises, and call 2,000 patients
	SECONDLINE_SCALE=$(SCALE) go test -count=1 -v -timeout 60m -run '^TestTenReplicasKeepPromises$$' ./ivr
	SECONDLINE_CALLED=2000 go test -count=1 -v -timeout 60m -run '^TestTenReplicasCallPatients$$' ./cmd/secondline

faults: deps ## replicas, Redis, network, Twilio and clock fail in SEEDS (1,000) schedules; restarts and failovers under load
	SECONDLINE_RATE=200 go test -count=1 -v -timeout 10m -run '^(TestRollingRestart|TestFailoverUnderLoad)$$' ./cmd/secondline
	SECONDLINE_SEEDS=$(SEEDS) go test -count=1 -v -timeout 6h -parallel 8 -run '^TestFaults$$' ./cmd/secondline

# The tests talk to a real Redis, read TwiML with xmllint, and look at pages in
# a real browser. What is there already is left alone.
deps: ## install redis-server, chromium, xmllint and python3 where they are missing (Debian, Ubuntu)
	@set -e; missing=; \
	have() { for name; do command -v "$$name" >/dev/null 2>&1 && return 0; done; return 1; }; \
	have redis-server || missing="$$missing redis-server"; \
	have chromium chromium-browser google-chrome || missing="$$missing chromium"; \
	have xmllint || missing="$$missing libxml2-utils"; \
	have python3 || missing="$$missing python3"; \
	[ -n "$$missing" ] || exit 0; \
	have apt-get || { echo "The tests need:$$missing (Debian's names). Please install them."; exit 1; }; \
	sudo=; if [ "$$(id -u)" != 0 ]; then \
		have sudo || { echo "The tests need:$$missing. Please install them, or sudo."; exit 1; }; \
		sudo=sudo; \
	fi; \
	echo "installing:$$missing"; \
	$$sudo apt-get update -q; \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing
