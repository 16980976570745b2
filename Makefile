# The commands of a day; each says what it does in one line a step. What they call is in tools/.
#
#   make up ARGS="--listen 0.0.0.0:6443"    flags for `signet up`
#   make test TESTS=Jws                     only tests whose name has this in it
#   make fuzz SECONDS_EACH=300 TARGETS=jws  how long, and which fuzz targets
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: up build test check bench lint format fuzz clean help

ARGS ?=
TESTS ?=
TARGETS ?=
SECONDS_EACH ?= 30

up: build ## install what is missing, build, run `signet up`
	@exec build/release/bin/signet up $(ARGS)

build: ## leave build/release/bin/signet
	@tools/setup build
	@tools/build release signet

test: ## build everything and run all tests but the large ones of `make check`
	@tools/setup build test
	@tools/build release
	@tools/run_tests release $(if $(TESTS),-R '$(TESTS)',-LE matrix)

check: ## lint, large clients, then all tests under address, undefined-behaviour and thread sanitizers
	@tools/setup build test check
	@tools/build release
	@tools/lint
	@tools/run_tests release -L matrix
	@tools/build asan
	@tools/run_tests asan -LE matrix
	@tools/build tsan
	@tools/run_tests tsan -LE matrix

bench: ## measure, beside the goals (ARGS="--runs 5"); writes build/bench.json
	@tools/setup build bench
	@tools/build release signet benchmarks
	@tools/bench $(ARGS)

lint: ## layers, format, clang-tidy
	@tools/setup build check
	@tools/build release
	@tools/lint

format: ## format every source in place
	@tools/setup check
	@tools/format

fuzz: ## run every fuzz target for a while
	@tools/setup build check
	@tools/fuzz $(SECONDS_EACH) $(TARGETS)

clean: ## remove build/
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16
