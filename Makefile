SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Where cargo builds. One build of the whole workspace gives the binary, the tests and
# `test-postgres`, so that no crate is compiled twice under another set of features.
BUILT := $(or $(CARGO_TARGET_DIR),target)/debug
# cargo-nextest when it is there: it runs the tests of all crates at once.
TESTS := $(shell cargo nextest --version >/dev/null 2>&1 \
	&& echo 'nextest run --workspace --locked' || echo 'test --workspace --locked --lib --bins --tests')

.PHONY: help
help: ## Say what there is.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 18

.PHONY: run
run: export USERSTORE__DATABASE__URL ?= sqlite://data/userstore.db
run: ## Serve, from ./data unless USERSTORE__DATABASE__URL names another database.
	cargo run --release --locked -p userstore -- serve

.PHONY: test
test: tools build ## Run every test, on SQLite and on a PostgreSQL of its own that is thrown away.
	$(BUILT)/test-postgres cargo $(TESTS)
	cargo test --workspace --locked --doc

.PHONY: build
build: ## Build the binary and all tests.
	cargo build --workspace --locked --all-targets

.PHONY: tools
tools: ## Find or install what the tests run beside Rust: PostgreSQL, OpenSSL, Python, mail, Node.js.
	@scripts/tools

.PHONY: check
check: ## Look at form, lints and documentation; changes nothing.
	cargo fmt --all --check
	cargo clippy --workspace --locked --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --locked --all-features --no-deps

.PHONY: audit
audit: ## Look at dependencies: licences, sources, bans, advisories where their database can be had.
	@scripts/audit

.PHONY: bench
bench: ## Measure the ratios of docs/benchmarks.md on this machine.
	cargo run --release --locked -p bench

.PHONY: openapi
openapi: ## Write docs/openapi.json anew from the code.
	UPDATE_OPENAPI=1 cargo test --locked -p api-actix --test api document

.PHONY: ci
ci: check test ## What continuous integration runs.
