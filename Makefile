# Every command that a person needs. The work is in scripts/; this file says what depends on what.

PROFILE ?= release
ARGS ?=

export PROFILE ARGS
# Everything is built inside the checkout, wherever else cargo may be told to build.
export CARGO_TARGET_DIR := $(CURDIR)/target
# `cargo install` puts cargo-pgrx here, which is not on everybody's PATH.
export PATH := $(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin

binary := target/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))/steward
# Expanded in a recipe, so after setup has installed a server. (The shell's `export x=$(false)`
# would go on; an assignment does not.)
with_server = PG_CONFIG="$$(scripts/pg-config)" && export PG_CONFIG &&

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup build install demo test bench lint package clean

help: ## Show this list
	@echo 'make TARGET [PG_CONFIG=/path/to/pg_config] [PROFILE=release|dev] [ARGS=...]'
	@echo
	@sed -nE 's/^([a-z]+):.*## (.*)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12

setup: ## Install what is missing: PostgreSQL and its headers, libclang, a C compiler, cargo-pgrx
	@scripts/setup

build: setup ## Build the command `steward` and the extension for the server of PG_CONFIG
	@scripts/build

install: build ## Copy the extension's files into that server's folders (with sudo where needed)
	@scripts/install

demo: install ## Show the product at work on a throwaway server (ARGS="--keep" leaves it running)
	@$(with_server) $(binary) demo $(ARGS)

test: install ## Run every test, on a throwaway server of their own
	@$(with_server) cargo test && cargo test -p steward-tests

# Whatever the profile: a debugging build of the extension costs several times as much.
bench: ## Measure side by side with the alternatives, and print the ratios (ARGS=...)
	@$(MAKE) --no-print-directory install PROFILE=release
	@$(with_server) cargo run --release -p steward-tests --bin bench -- $(ARGS)

lint: install ## Check format, clippy, licences and the project's own rules
	@scripts/setup-lint
	@scripts/lint

package: build ## Make a tarball of the built extension and the command, in target/package
	@scripts/package

clean: ## Remove everything that was built here (the server keeps what was installed)
	@cargo clean
