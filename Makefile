# kvs: a Redis-compatible key-value store for the programs of one machine.
# `make help` lists what can be made. Outputs go to BUILD, one folder for each kind of build.

PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
CC = gcc
SOCKET ?= /tmp/kvs.sock

VERSION := 0.1.0
WARNINGS := -Wall -Wextra -Wshadow -Werror
CFLAGS ?= -O2 -g
MODE_CFLAGS ?= -flto=auto -fno-plt
ALL_CFLAGS = -std=gnu17 -D_GNU_SOURCE -DKVS_VERSION='"$(VERSION)"' $(WARNINGS) -fno-omit-frame-pointer -pthread \
             $(CFLAGS) $(MODE_CFLAGS) -MMD -MP

HIREDIS_CFLAGS = $(shell pkg-config --cflags hiredis)
HIREDIS_LIBS = $(shell pkg-config --libs hiredis)
CHECK_CFLAGS = $(shell pkg-config --cflags check)
CHECK_LIBS = $(shell pkg-config --libs check)
CLIENT_CFLAGS = $(HIREDIS_CFLAGS) $(shell pkg-config --cflags libedit)
CLIENT_LIBS = $(HIREDIS_LIBS) $(shell pkg-config --libs libedit)
# jemalloc is linked statically where that can be had: an idle server is a megabyte smaller
JEMALLOC_ARCHIVE = $(wildcard $(shell pkg-config --variable=libdir jemalloc)/libjemalloc.a)
JEMALLOC_LIBS = $(if $(JEMALLOC_ARCHIVE),$(JEMALLOC_ARCHIVE) -lm -ldl,$(shell pkg-config --libs jemalloc))
ALLOCATOR_CFLAGS ?=
ALLOCATOR_LIBS ?= $(JEMALLOC_LIBS)

SERVER_SOURCES := $(sort $(wildcard server/*.c server/*/*.c server/*/*/*.c))
CLIENT_SOURCES := $(sort $(wildcard client/*.c))
UNIT_SOURCES := $(sort $(wildcard tests/unit/*.c))
INTEGRATION_SOURCES := $(sort $(wildcard tests/integration/*.c tests/kit/*.c))
BENCH_PROGRAMS := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
SERVER_OBJECTS := $(call objects,$(SERVER_SOURCES))
LIBRARY_OBJECTS := $(filter-out $(BUILD)/obj/server/main.o,$(SERVER_OBJECTS))

# `make V=1` shows the commands
say = $(if $(V),,@echo "  $(1)  $@" &&)

.PHONY: all run test unit integration differential client-tests asan tsan fuzz bench clients lint format install \
        uninstall docs clean help packages
.DEFAULT_GOAL := all

all: $(BUILD)/kvs-server $(BUILD)/kvs-cli ## build the server and the command line

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

# ---- set-up ----

packages: ## install what building and testing need, where it is missing (Debian)
	@tests/packages

# Recursive, so that pkg-config is asked only after the packages are there.
run: packages ## build, then serve on /tmp/kvs.sock in the foreground
	@$(MAKE) --no-print-directory all
	@echo "In another terminal: $(BUILD)/kvs-cli -s $(SOCKET)"
	@exec $(BUILD)/kvs-server -s $(SOCKET)

test: packages ## unit, integration and differential tests, in under 5 minutes
	@$(MAKE) --no-print-directory all $(BUILD)/unit-tests $(BUILD)/integration-tests
	@BUILD=$(BUILD) tests/run unit integration client differential

# ---- programs ----

$(BUILD)/kvs-server: $(SERVER_OBJECTS)
	$(call say,LD) $(CC) $(ALL_CFLAGS) -o $@ $^ $(LDFLAGS) $(ALLOCATOR_LIBS)

$(BUILD)/kvs-cli: $(call objects,$(CLIENT_SOURCES))
	$(call say,LD) $(CC) $(ALL_CFLAGS) -o $@ $^ $(LDFLAGS) $(CLIENT_LIBS)

$(BUILD)/unit-tests: $(call objects,$(UNIT_SOURCES)) $(LIBRARY_OBJECTS)
	$(call say,LD) $(CC) $(ALL_CFLAGS) -o $@ $^ $(LDFLAGS) $(CHECK_LIBS) $(ALLOCATOR_LIBS)

$(BUILD)/integration-tests: $(call objects,$(INTEGRATION_SOURCES))
	$(call say,LD) $(CC) $(ALL_CFLAGS) -o $@ $^ $(LDFLAGS) $(CHECK_LIBS) $(HIREDIS_LIBS)

$(BUILD)/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(ALL_CFLAGS) -o $@ $< $(LDFLAGS)

$(BUILD)/obj/server/%.o: server/%.c
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(ALL_CFLAGS) $(ALLOCATOR_CFLAGS) -Iserver -c -o $@ $<

$(BUILD)/obj/client/%.o: client/%.c
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(ALL_CFLAGS) $(CLIENT_CFLAGS) -c -o $@ $<

$(BUILD)/obj/tests/unit/%.o: tests/unit/%.c $(BUILD)/unit_suites.h
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(ALL_CFLAGS) $(ALLOCATOR_CFLAGS) $(CHECK_CFLAGS) -Iserver -I$(BUILD) -c -o $@ $<

$(BUILD)/obj/tests/integration/%.o: tests/integration/%.c $(BUILD)/integration_suites.h
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(ALL_CFLAGS) $(CHECK_CFLAGS) $(HIREDIS_CFLAGS) -Itests -I$(BUILD) -c -o $@ $<

$(BUILD)/obj/tests/kit/%.o: tests/kit/%.c
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(ALL_CFLAGS) $(CHECK_CFLAGS) $(HIREDIS_CFLAGS) -Itests -c -o $@ $<

# One line SUITE(name) for each test_name.c; rewritten only when the list changes.
$(BUILD)/%_suites.h: FORCE
	@mkdir -p $(@D)
	@ls tests/$*/test_*.c | sed 's|.*/test_\(.*\)\.c|SUITE(\1)|' | cmp -s - $@ || \
	    ls tests/$*/test_*.c | sed 's|.*/test_\(.*\)\.c|SUITE(\1)|' > $@
.PHONY: FORCE

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)

# ---- tests ----

unit: packages ## unit tests alone
	@$(MAKE) --no-print-directory $(BUILD)/unit-tests
	@BUILD=$(BUILD) tests/run unit

integration: packages ## integration tests alone
	@$(MAKE) --no-print-directory all $(BUILD)/integration-tests
	@BUILD=$(BUILD) tests/run integration

differential: packages ## the same commands to kvs and redis-server, replies compared byte for byte
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) tests/run differential

client-tests: packages ## kvs-cli against redis-cli and a scripted server
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) tests/run client

SANITIZED = BUILD=build/$(1) CC=clang CFLAGS="-O1 -g" MODE_CFLAGS="-fsanitize=$(2) -fno-sanitize-recover=all -DKVS_DEBUG" \
            ALLOCATOR_CFLAGS=-DKVS_LIBC_MALLOC ALLOCATOR_LIBS=

asan: packages ## unit, integration and client tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) --no-print-directory $(call SANITIZED,asan,address$(comma)undefined) all build/asan/unit-tests build/asan/integration-tests
	@BUILD=build/asan tests/run unit integration client

tsan: packages ## unit and integration tests under ThreadSanitizer
	@$(MAKE) --no-print-directory $(call SANITIZED,tsan,thread) all build/tsan/unit-tests build/tsan/integration-tests
	@BUILD=build/tsan tests/run unit integration

comma := ,
FUZZ_SECONDS ?= 60
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

fuzz: packages ## libFuzzer on the parser and on a whole connection, FUZZ_SECONDS each
	@$(MAKE) --no-print-directory BUILD=build/fuzz CC=clang CFLAGS="-O1 -g" \
	    MODE_CFLAGS="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -DKVS_DEBUG" \
	    ALLOCATOR_CFLAGS=-DKVS_LIBC_MALLOC ALLOCATOR_LIBS= $(FUZZERS:%=build/fuzz/%)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) BUILD=build/fuzz tests/fuzz/run

$(BUILD)/fuzz_%: tests/fuzz/fuzz_%.c $(LIBRARY_OBJECTS)
	$(call say,LD) $(CC) $(ALL_CFLAGS) $(ALLOCATOR_CFLAGS) -Iserver -fsanitize=fuzzer -o $@ $^ $(LDFLAGS)

clients: packages ## real clients and programs: redis-benchmark, redis-py, ioredis, nc, socat ...
	@$(MAKE) --no-print-directory all
	@KVS_SERVER=$(BUILD)/kvs-server KVS_CLI=$(BUILD)/kvs-cli tests/clients/run

bench: packages ## figures against redis-server and a server that does nothing
	@$(MAKE) --no-print-directory all $(BENCH_PROGRAMS)
	@KVS_SERVER=$(BUILD)/kvs-server tests/bench/run $(BENCH_ARGS)

# ---- the tree ----

lint: packages ## clang-tidy, cppcheck, include directions, scripts
	@tests/lint/run

format: ## lay out the C sources by .clang-format
	@clang-format -i $(shell git ls-files '*.c' '*.h')

docs: all ## draw docs/configuration.md, docs/commands.md and docs/compatibility.md from the tables
	@$(BUILD)/kvs-server --config-markdown > docs/configuration.md
	@$(BUILD)/kvs-server --commands-markdown > docs/commands.md
	@tests/differential/run --meant-as-markdown > docs/compatibility.md

install: all ## install to PREFIX (default /usr/local), below DESTDIR
	install -D -m 755 $(BUILD)/kvs-server $(DESTDIR)$(PREFIX)/bin/kvs-server
	install -D -m 755 $(BUILD)/kvs-cli $(DESTDIR)$(PREFIX)/bin/kvs-cli

uninstall: ## remove what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/kvs-server $(DESTDIR)$(PREFIX)/bin/kvs-cli

clean: ## remove all that was built
	rm -rf build
