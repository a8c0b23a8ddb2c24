# Tidemark. `make help` lists everything; `make up` and `make test` are all that
# most people need. Each target installs what it needs by itself.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Without cgo, everywhere as in the image: the binary then needs no compiler for
# C, and the engine is bound at run time. Only the race detector needs it.
export CGO_ENABLED := 0

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOFLAGS_BUILD := -trimpath -ldflags '-s -w -X main.version=$(VERSION)'
DATA_DIR ?= data
HTTP     ?= 127.0.0.1:8080
FUZZTIME ?= 30s
# Seconds of posts, 20,000 each, that the count is held to.
FIREHOSE ?= 300
TESTFLAGS ?=

NPM   := npm --no-audit --no-fund --no-update-notifier
LINT  := go tool -modfile=internal/tools/golangci-lint/go.mod golangci-lint
BUF   := go tool -modfile=$(CURDIR)/internal/tools/buf/go.mod buf
MISC  := go tool -modfile=internal/tools/misc/go.mod
COMPOSE := go tool -modfile=internal/tools/compose/go.mod github.com/docker/compose/v5/cmd
PROTO := internal/event/proto

ENGINE := deploy/engine/node_modules/.installed
NODE_CLIENT := internal/embedded/engine/testdata/node/node_modules/.installed
VIEWER_DEPS := dashboards/viewer/node_modules/.installed
VIEWER := dashboards/viewer/dist/index.html

##@ Run
.PHONY: up
up: build ## Run everything here: broker, engine, collectors, processors and the page, with the January 2025 case
	bin/tidemark up --data-dir $(DATA_DIR) --http $(HTTP)

.PHONY: build
build: engine viewer ## Build bin/tidemark with the page, and fetch the engine
	go build $(GOFLAGS_BUILD) -o bin/tidemark .

.PHONY: engine
engine: $(ENGINE) ## Fetch the embedded ClickHouse engine (libchdb; 160 MB once)

.PHONY: viewer
viewer: $(VIEWER) ## Build the page's bundle

$(ENGINE): deploy/engine/package.json deploy/engine/package-lock.json
	$(NPM) ci --prefix deploy/engine
	@touch $@

.PHONY: node-client
node-client: $(NODE_CLIENT)

$(NODE_CLIENT): internal/embedded/engine/testdata/node/package.json internal/embedded/engine/testdata/node/package-lock.json
	$(NPM) ci --prefix internal/embedded/engine/testdata/node
	@touch $@

$(VIEWER_DEPS): dashboards/viewer/package.json dashboards/viewer/package-lock.json
	$(NPM) ci --prefix dashboards/viewer
	@touch $@

$(VIEWER): $(VIEWER_DEPS) dashboards/viewer/build.mjs dashboards/viewer/tsconfig.json $(wildcard dashboards/*.json) $(shell find dashboards/viewer/src -type f)
	$(NPM) run build --silent --prefix dashboards/viewer
	@touch $@ # also where the content is as it was

##@ Test
.PHONY: test
test: engine viewer $(NODE_CLIENT) ## All tests that need no server, no browser and no recordings
	$(NPM) test --silent --prefix dashboards/viewer
	go test -timeout 25m $(TESTFLAGS) ./...

.PHONY: test-race
test-race: engine ## The packages with goroutines of their own, under the race detector
	CGO_ENABLED=1 go test -race -timeout 25m ./collectors/... ./processors/... ./internal/kafka/... ./internal/fetch/... ./internal/embedded/broker/... ./internal/obs/...

.PHONY: e2e
e2e: build ## The real binary as processes: up, kill -9 at any moment, the page in Chromium
	TIDEMARK_E2E=1 TIDEMARK_E2E_BINARY=$(CURDIR)/bin/tidemark go test -p 1 -count=1 -timeout 30m -v ./internal/repo/ ./internal/e2e/

.PHONY: slow
slow: build kafka-jars clickhouse18 prometheus ## What needs other people's servers: Apache Kafka, ClickHouse 18.16; and 6 million posts
	TIDEMARK_REAL_KAFKA=1 go test -count=1 -timeout 30m ./internal/kafka/
	TIDEMARK_CLICKHOUSE18=$(CURDIR)/bin/clickhouse18 go test -count=1 -timeout 10m -run TestNative ./internal/clickhouse/
	TIDEMARK_E2E=1 TIDEMARK_REAL_KAFKA=1 TIDEMARK_E2E_BINARY=$(CURDIR)/bin/tidemark \
		go test -count=1 -timeout 30m -run Servers ./internal/e2e/
	TIDEMARK_E2E=1 TIDEMARK_E2E_FIREHOSE=$(FIREHOSE) go test -count=1 -timeout 25m -v -run CountedExactly ./internal/e2e/

.PHONY: fuzz
fuzz: engine ## Each fuzz target for FUZZTIME (30s)
	internal/tools/fuzz.sh $(FUZZTIME)

.PHONY: bench
bench: engine ## Readings a second through Kafka, store and ClickHouse, beside the two limits; mentions a second through the count; judging and its delay; from a reading to who is told; what the views and the panels read
	go test -run '^$$' -bench . -benchtime 1x -timeout 60m ./processors/store/ ./processors/count/ ./processors/detect/ ./internal/clickhouse/ ./processors/notify/ ./dashboards/ ./internal/e2e/

.PHONY: golden
golden: ## Write the expected files of all tests anew; read the diff before you commit it
	TIDEMARK_GOLDEN=write go test ./collectors/... ./processors/... ./internal/...

##@ Look after the code
.PHONY: lint
lint: $(VIEWER_DEPS) ## Everything that can be said without running it
	$(LINT) config verify
	$(LINT) run ./...
	$(LINT) fmt --diff
	cd $(PROTO) && $(BUF) lint
	@before=$$(sha256sum < internal/event/event.pb.go); (cd $(PROTO) && $(BUF) generate); \
		[ "$$before" = "$$(sha256sum < internal/event/event.pb.go)" ] || { echo 'event.pb.go did not fit event.proto; it is written anew'; exit 1; }
	internal/tools/breaking.sh $(PROTO)
	@if command -v shellcheck >/dev/null; then set -x; shellcheck .ci/run $$(git ls-files '*.sh'); else echo 'shellcheck is not installed; skipped'; fi
	$(NPM) run check --silent --prefix dashboards/viewer

.PHONY: fmt
fmt: ## Format the Go code and repair what the linter can
	$(LINT) fmt
	$(LINT) run --fix ./... || true

.PHONY: generate
generate: ## Write generated files anew: messages, dashboards and reference pages
	cd $(PROTO) && $(BUF) generate
	go generate ./dashboards/...
	go run . docs cli >docs/cli.md
	go run . docs metrics >docs/metrics.md
	go run . docs sources >docs/sources.md
	TIDEMARK_GOLDEN=write go test -count=1 -run 'Schema|Dictionary' ./internal/repo

.PHONY: check-deploy
check-deploy: bin/prometheus/.installed ## The files of deploy/, by the tools of those who read them
	bin/prometheus/usr/bin/promtool check config deploy/prometheus/prometheus.yml
	bin/prometheus/usr/bin/promtool test rules deploy/prometheus/*.test.yml
	bin/prometheus/usr/bin/amtool check-config deploy/alertmanager/alertmanager.yml
	$(COMPOSE) config --quiet
	@if command -v systemd-analyze >/dev/null; then set -x; mkdir -p bin/systemd; sed 's|^ExecStart=/usr/bin/tidemark|ExecStart=/bin/true|' deploy/systemd/tidemark.service >bin/systemd/tidemark.service; systemd-analyze verify bin/systemd/tidemark.service; else echo 'systemd-analyze is not installed; skipped'; fi

.PHONY: vuln
vuln: ## Known vulnerabilities in what we call (asks a public database)
	$(MISC) govulncheck ./...

##@ Servers for the slow tests
.PHONY: kafka-jars
kafka-jars: ## Apache Kafka's jars, by Maven
	internal/testkit/jars.sh kafkajars

.PHONY: ways-in
ways-in: bin/python/.installed ## What the test of docs/ways-in needs: a Python with its clients, the JDBC driver
	internal/testkit/jars.sh jdbc

bin/python/.installed: internal/testkit/python/requirements.txt
	python3 -m venv bin/python
	bin/python/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.PHONY: clickhouse18
clickhouse18: bin/clickhouse18/.installed ## Debian's ClickHouse 18.16, unpacked, for the native protocol

bin/clickhouse18/.installed: internal/tools/clickhouse18.sh
	$< bin/clickhouse18
	@touch $@

.PHONY: prometheus
prometheus: bin/prometheus/.installed ## Debian's promtool, amtool and Alertmanager, unpacked, for check-deploy and tests

# Debian's Alertmanager reads its templates where an installed package has them.
# This one is unpacked, and reads them below the folder that it runs in: the path
# is as long as it was.
bin/prometheus/.installed:
	rm -rf bin/prometheus && mkdir -p bin/prometheus
	cd bin/prometheus && apt-get -o APT::Sandbox::User=root -qq download prometheus prometheus-alertmanager
	cd bin/prometheus && for package in *.deb; do dpkg -x $$package .; rm $$package; done
	cd bin/prometheus/usr && rm -r share/doc share/man share/bash-completion
	sed -i 's|/usr/share/prometheus/alertmanager|usr/share/prometheus//alertmanager|g' bin/prometheus/usr/bin/prometheus-alertmanager
	@touch $@

##@ Other
.PHONY: clean
clean: ## Remove what was built or fetched; the data stays
	rm -rf bin deploy/engine/node_modules dashboards/viewer/node_modules dashboards/viewer/build internal/embedded/engine/testdata/node/node_modules
	find dashboards/viewer/dist -mindepth 1 ! -name .gitkeep -delete

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
