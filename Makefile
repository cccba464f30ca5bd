# kvs: a Redis-compatible key-value store for the programs of one machine.
# `make help` lists what can be made. Outputs go below BUILD, one folder for each kind of build.

PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
SOCKET ?= /tmp/kvs.sock
FUZZ_SECONDS ?= 60
BENCH_ARGS ?=
ATTACK_ARGS ?=
CC = gcc
CLANG ?= clang

VERSION := 0.1.0
WARNINGS := -Wall -Wextra -Wshadow -Werror
CFLAGS ?= -O2 -g
MODE_CFLAGS ?= $(LTO_CFLAGS) -fno-plt
# gcc only: clang would need a linker plugin that Debian does not install with it
LTO_CFLAGS = $(if $(findstring clang,$(notdir $(CC))),,-flto=auto)
ALL_CFLAGS = -std=gnu17 -D_GNU_SOURCE -DKVS_VERSION='"$(VERSION)"' $(WARNINGS) -fno-omit-frame-pointer -pthread \
             $(CFLAGS) $(MODE_CFLAGS)

# pkg-config is asked when a value is first used, and once: `make help` and set-up work before it is installed.
once = $(eval $(1) := $(2))$($(1))
HIREDIS_CFLAGS = $(call once,HIREDIS_CFLAGS,$(shell pkg-config --cflags hiredis))
HIREDIS_LIBS = $(call once,HIREDIS_LIBS,$(shell pkg-config --libs hiredis))
EDIT_CFLAGS = $(call once,EDIT_CFLAGS,$(shell pkg-config --cflags libedit))
EDIT_LIBS = $(call once,EDIT_LIBS,$(shell pkg-config --libs libedit))
CURSES_CFLAGS = $(call once,CURSES_CFLAGS,$(shell pkg-config --cflags ncursesw))
CURSES_LIBS = $(call once,CURSES_LIBS,$(shell pkg-config --libs ncursesw))
CHECK_CFLAGS = $(call once,CHECK_CFLAGS,$(shell pkg-config --cflags check))
CHECK_LIBS = $(call once,CHECK_LIBS,$(shell pkg-config --libs check))
# jemalloc is linked statically where that can be had: an idle server is a megabyte smaller
JEMALLOC_ARCHIVE = $(wildcard $(shell pkg-config --variable=libdir jemalloc)/libjemalloc.a)
JEMALLOC_LIBS = $(call once,JEMALLOC_LIBS,$(if \
    $(JEMALLOC_ARCHIVE),$(JEMALLOC_ARCHIVE) -static-libgcc,$(shell pkg-config --libs jemalloc)))
# so is libmd, of which two functions are used
LIBMD_ARCHIVE = $(wildcard $(shell pkg-config --variable=libdir libmd)/libmd.a)
LIBMD_LIBS = $(call once,LIBMD_LIBS,$(or $(LIBMD_ARCHIVE),$(shell pkg-config --libs libmd)))
LZF_ARCHIVE = $(wildcard $(shell pkg-config --variable=libdir liblzf)/liblzf.a)
LZF_LIBS = $(call once,LZF_LIBS,$(or $(LZF_ARCHIVE),$(shell pkg-config --libs liblzf)))
LZF_CFLAGS = $(call once,LZF_CFLAGS,$(shell pkg-config --cflags liblzf))
LIBMD_CFLAGS = $(call once,LIBMD_CFLAGS,$(shell pkg-config --cflags libmd))
# and libseccomp, of which a server uses a small part once
SECCOMP_ARCHIVE = $(wildcard $(shell pkg-config --variable=libdir libseccomp)/libseccomp.a)
SECCOMP_LIBS = $(call once,SECCOMP_LIBS,$(or $(SECCOMP_ARCHIVE),$(shell pkg-config --libs libseccomp)))
SECCOMP_CFLAGS = $(call once,SECCOMP_CFLAGS,$(shell pkg-config --cflags libseccomp))
# and libxxhash, of which one function is used
XXHASH_ARCHIVE = $(wildcard $(shell pkg-config --variable=libdir libxxhash)/libxxhash.a)
XXHASH_LIBS = $(call once,XXHASH_LIBS,$(or $(XXHASH_ARCHIVE),$(shell pkg-config --libs libxxhash)))
XXHASH_CFLAGS = $(call once,XXHASH_CFLAGS,$(shell pkg-config --cflags libxxhash))
# and Lua, which looks for no modules here and so needs nothing else
LUA_ARCHIVE = $(wildcard $(shell pkg-config --variable=libdir lua5.1)/liblua5.1.a)
LUA_LIBS = $(call once,LUA_LIBS,$(or $(LUA_ARCHIVE),$(shell pkg-config --libs lua5.1)))
LUA_CFLAGS = $(call once,LUA_CFLAGS,$(shell pkg-config --cflags lua5.1))
ALLOCATOR_CFLAGS ?=
ALLOCATOR_LIBS ?= $(JEMALLOC_LIBS)
SERVER_LIBS = $(ALLOCATOR_LIBS) $(LIBMD_LIBS) $(SECCOMP_LIBS) $(XXHASH_LIBS) $(LUA_LIBS) $(LZF_LIBS) -lm
CLIENT_LIBS = $(HIREDIS_LIBS) $(EDIT_LIBS) $(CURSES_LIBS) -lm

SERVER_SOURCES := $(sort $(wildcard server/*.c server/*/*.c server/*/*/*.c))
CLIENT_SOURCES := $(sort $(wildcard client/*.c client/*/*.c))
UNIT_SOURCES := $(sort $(wildcard tests/unit/*.c)) tests/kit/suites.c tests/kit/scratch.c
INTEGRATION_SOURCES := $(sort $(wildcard tests/integration/*.c tests/kit/*.c))
CLIENT_UNIT_SOURCES := $(sort $(wildcard tests/client/unit/*.c)) tests/kit/suites.c tests/kit/scratch.c
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/*.c))
SOAK_SECONDS ?= 600
BENCH_SOURCES := $(sort $(wildcard tests/bench/*.c))

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
SERVER_OBJECTS := $(call objects,$(SERVER_SOURCES))
LIBRARY_OBJECTS := $(filter-out $(BUILD)/obj/server/main.o,$(SERVER_OBJECTS))
CLIENT_OBJECTS := $(call objects,$(CLIENT_SOURCES))
UNIT_OBJECTS := $(call objects,$(UNIT_SOURCES))
INTEGRATION_OBJECTS := $(call objects,$(INTEGRATION_SOURCES))
CLIENT_LIBRARY_OBJECTS := $(filter-out $(BUILD)/obj/client/main.o,$(CLIENT_OBJECTS))
CLIENT_UNIT_OBJECTS := $(call objects,$(CLIENT_UNIT_SOURCES))

PROGRAMS := $(BUILD)/kvs-server $(BUILD)/kvs-cli
FUZZ_PROGRAMS := $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/fuzz_%,$(filter tests/fuzz/fuzz_%.c,$(FUZZ_SOURCES)))
FUZZ_LIBRARY_OBJECTS := $(call objects,$(filter-out tests/fuzz/fuzz_%.c,$(FUZZ_SOURCES)))
BENCH_PROGRAMS := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(BENCH_SOURCES))

# `make V=1` shows the commands
say = $(if $(V),,@echo "  $(1)  $(@:$(BUILD)/%=%)" &&)
# What sets a machine up builds in a second make, so that pkg-config answers for the packages just installed. It uses
# all processors unless this make was told how many.
MAKE_ALL = +@$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

.PHONY: all help run debug test unit integration client differential soak attack asan tsan fuzz ecosystem bench lint format \
        docs picture install install-documents install-systemd uninstall clean FORCE
.DEFAULT_GOAL := all

# What the targets below build before they run it
.PHONY: unit-programs integration-programs client-programs test-programs fuzz-programs bench-programs
unit-programs: $(BUILD)/unit-tests
integration-programs: $(PROGRAMS) $(BUILD)/integration-tests
client-programs: $(PROGRAMS) $(BUILD)/client-unit-tests
test-programs: unit-programs integration-programs client-programs
fuzz-programs: $(FUZZ_PROGRAMS)
bench-programs: $(PROGRAMS) $(BENCH_PROGRAMS)

all: $(PROGRAMS) ## build the server and the command line (the default)

debug: ## build them and the tests with assertions (KVS_DEBUG) and for a debugger, into build/debug
	@tests/packages build test
	$(MAKE_ALL) BUILD=$(BUILD)/debug CFLAGS="-Og -g3" MODE_CFLAGS="-DKVS_DEBUG" all test-programs

help: ## list what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

# ---- the two commands of the README ----

run: ## set up, build, and serve on /tmp/kvs.sock (SOCKET=...) in the foreground
	@tests/packages build
	$(MAKE_ALL) all
	@echo "In another terminal: $(BUILD)/kvs-cli -s $(SOCKET)"
	@exec $(BUILD)/kvs-server -s $(SOCKET)

test: ## set up, build, and run all tests, in under 7 minutes
	@tests/packages build test
	$(MAKE_ALL) test-programs
	@BUILD=$(BUILD) tests/run unit integration client differential

# ---- tests ----

unit: ## the unit tests alone
	@tests/packages build test
	$(MAKE_ALL) unit-programs
	@BUILD=$(BUILD) tests/run unit

integration: ## the integration tests alone
	@tests/packages build test
	$(MAKE_ALL) integration-programs
	@BUILD=$(BUILD) tests/run integration

client: ## the tests of kvs-cli alone
	@tests/packages build test
	$(MAKE_ALL) client-programs
	@BUILD=$(BUILD) tests/run client

differential: ## the same commands to kvs and redis-server alone, replies compared byte for byte
	@tests/packages build test
	$(MAKE_ALL) all
	@BUILD=$(BUILD) tests/run differential

soak: ## the differential test with new seeds, for as long as is asked (SOAK_SECONDS=600)
	@tests/packages build test
	$(MAKE_ALL) $(PROGRAMS)
	@tests/differential/run --kvs $(BUILD)/kvs-server --seconds $(SOAK_SECONDS) --commands 200000

attack: ## programs that try to get past the limits: memory, time, descriptors, rights (ATTACK_ARGS=--strict)
	@tests/packages build attack
	$(MAKE_ALL) all
	@KVS_SERVER=$(BUILD)/kvs-server KVS_CLI=$(BUILD)/kvs-cli tests/attack/run $(ATTACK_ARGS)

# $(call instrumented,folder,sanitizers): variables of a make that builds with clang's sanitizers
instrumented = BUILD=$(BUILD)/$(1) CC=$(CLANG) CFLAGS="-O1 -g" \
               MODE_CFLAGS="-fsanitize=$(2) -fno-sanitize-recover=all -DKVS_DEBUG" \
               ALLOCATOR_CFLAGS=-DKVS_LIBC_MALLOC ALLOCATOR_LIBS=
comma := ,

asan: ## all tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@tests/packages build test sanitizers
	$(MAKE_ALL) $(call instrumented,asan,address$(comma)undefined) test-programs
	@BUILD=$(BUILD)/asan SANITIZER=address tests/run unit integration client differential

tsan: ## all tests under ThreadSanitizer
	@tests/packages build test sanitizers
	$(MAKE_ALL) $(call instrumented,tsan,thread) test-programs
	@BUILD=$(BUILD)/tsan SANITIZER=thread tests/run unit integration differential

fuzz: ## libFuzzer on the parser, on whole connections, scripts, values, files and logs, FUZZ_SECONDS=60 in all
	@tests/packages build fuzz
	$(MAKE_ALL) $(call instrumented,fuzz,fuzzer-no-link$(comma)address$(comma)undefined) fuzz-programs
	@BUILD=$(BUILD)/fuzz FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run

ecosystem: ## real clients and programs: redis-benchmark, redis-py, ioredis, phpredis, nc, socat, nginx, gunicorn, Django, Rails
	@tests/packages build ecosystem
	$(MAKE_ALL) all
	@KVS_SERVER=$(BUILD)/kvs-server KVS_CLI=$(BUILD)/kvs-cli tests/ecosystem/run

bench: ## figures against redis-server and a server that does nothing (BENCH_ARGS=--quick)
	@tests/packages build bench
	$(MAKE_ALL) bench-programs
	@KVS_SERVER=$(BUILD)/kvs-server KVS_CLI=$(BUILD)/kvs-cli tests/bench/run --tools $(BUILD)/bench $(BENCH_ARGS)

# ---- the tree ----

lint: ## clang-tidy, clang-format, cppcheck, includes, dialect, scripts, and whether docs/ is what the code says
	@tests/packages build test lint
	$(MAKE_ALL) all
	@BUILD=$(BUILD) tests/lint/run

picture: ## show which folder includes which, as text; docs/structure.svg is the same, drawn by `make docs`
	@tests/lint/picture --text

# The commands' specifications are tables, laid out by hand.
format: ## lay out the C sources by .clang-format
	@tests/packages lint
	@find server client tests -name '*.[ch]' -not -path '*/specs/*' -exec clang-format -i {} +

docs: $(PROGRAMS) ## draw what docs/ has from the code: configuration, commands, compatibility, structure, screens of cli.md
	@BUILD=$(BUILD) tests/lint/pages --draw
	@KVS_SERVER=$(BUILD)/kvs-server KVS_CLI=$(BUILD)/kvs-cli tests/client/screens.py docs/cli.md

# ---- installing ----

# Below /usr, /usr/local and /opt kvs is the machine's: its units are the system's. Anywhere else it is a person's: it
# has units for the service manager of a session, and a configuration for one account. SCOPE=system or SCOPE=user
# decides otherwise.
one_word = $(if $(word 2,$(1)),,$(1))
SCOPE ?= $(if $(filter /usr /usr/local /opt /opt/%,$(call one_word,$(PREFIX))),system,user)
is_user = $(filter user,$(SCOPE))
# All follows PREFIX, except that the machine's configuration is in /etc for /usr, as is the custom, and for /usr/local,
# where everybody looks for it and where it stays when a package of the distribution takes the place of `make install`.
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(call one_word,$(PREFIX))),/etc,$(PREFIX)/etc)

# A path as it was meant where the shell didn't expand ~, or one that begins at the folder that make runs in
whole = $(if $(filter /%,$(firstword $(1))),$(1),$(if $(filter ~/%,$(firstword $(1))),$(HOME)/$(1:~/%=%),$(CURDIR)/$(1)))
prefix = $(call whole,$(PREFIX))
sysconfdir = $(call whole,$(SYSCONFDIR))
# In recipes these stand between apostrophes, as a path may have spaces.
at = $(DESTDIR)$(prefix)
at_conf = $(DESTDIR)$(sysconfdir)/kvs

# systemd looks below /usr/local and /usr, for the latter it says itself where; for a person below ~/.local/share.
systemd_dir = $(or $(if $(filter /usr,$(call one_word,$(prefix))),$(shell pkg-config --variable=$(1) systemd 2>/dev/null)),$(2))
UNIT_DIR = $(DESTDIR)$(if $(is_user),$(prefix)/share/systemd/user,$(call systemd_dir,systemdsystemunitdir,$(prefix)/lib/systemd/system))
SYSUSERS_DIR = $(DESTDIR)$(call systemd_dir,sysusersdir,$(prefix)/lib/sysusers.d)
TMPFILES_DIR = $(DESTDIR)$(call systemd_dir,tmpfilesdir,$(prefix)/lib/tmpfiles.d)
UNITS = kvs.service kvs.socket $(if $(is_user),,kvs@.service kvs@.socket)
SYSTEMD_SOURCES = server/systemd$(if $(is_user),/user)
# Pages of the manual and completions of shells, below PREFIX/share, that the programs draw of themselves
DOCUMENTS := man/man1/kvs-cli.1 man/man1/kvs-server.1 man/man5/kvs.conf.5 bash-completion/completions/kvs-cli \
             zsh/site-functions/_kvs-cli fish/vendor_completions.d/kvs-cli.fish

# $(call filled,source,more): prints it with the paths of this installation; more is what sed does to these beforehand.
escaped = $$(printf '%s' '$(1)' | sed 's/[\\&|]/\\&/g; $(2)')
filled = sed -e '/^@service@$$/{r server/systemd/service.inc' -e 'd}' $(1) | \
         sed -e "s|@bindir@|$(call escaped,$(prefix),$(2))/bin|g" -e "s|@prefix@|$(call escaped,$(prefix),$(2))|g" \
             -e "s|@sysconfdir@|$(call escaped,$(sysconfdir),$(2))|g"

define put_programs
install -D -m 755 $(BUILD)/kvs-server '$(at)/bin/kvs-server'
install -D -m 755 $(BUILD)/kvs-cli '$(at)/bin/kvs-cli'
endef

define put_documents
@for document in $(DOCUMENTS); do \
    echo "install $$document in "'$(at)/share'; \
    install -d "$$(dirname '$(at)/share'/$$document)" && \
    sed "s|/etc/kvs/|$(call escaped,$(sysconfdir))/kvs/|g" $(BUILD)/share/$$document >'$(at)/share'/$$document && \
    chmod 644 '$(at)/share'/$$document || exit 1; \
done
endef

define put_units
install -d '$(UNIT_DIR)'
@for unit in $(UNITS); do \
    echo "install $$unit in "'$(UNIT_DIR)'; \
    $(call filled,$(SYSTEMD_SOURCES)/$$unit,s/%/%%/g) >'$(UNIT_DIR)'/$$unit && \
    chmod 644 '$(UNIT_DIR)'/$$unit || exit 1; \
done
$(if $(is_user),,install -D -m 644 server/systemd/sysusers.conf '$(SYSUSERS_DIR)/kvs.conf')
$(if $(is_user),,install -D -m 644 server/systemd/tmpfiles.conf '$(TMPFILES_DIR)/kvs.conf')
endef

# One that is there already is left alone.
define put_configuration
$(if $(is_user),install -d -m 700 '$(at)/var/kvs')
@test -e '$(at_conf)/kvs.conf' || { \
    echo "install kvs.conf in "'$(at_conf)' && install -d '$(at_conf)' && \
    $(call filled,$(SYSTEMD_SOURCES)/kvs.conf) >'$(at_conf)/kvs.conf' && chmod 644 '$(at_conf)/kvs.conf'; }
endef

# Programs first, since they are of use even where a later step fails.
install: $(PROGRAMS) $(addprefix $(BUILD)/share/,$(DOCUMENTS)) ## install programs, manual, completions, units and (once) a configuration to PREFIX=/usr/local, below DESTDIR
	$(put_programs)
	$(put_documents)
	$(put_units)
	$(put_configuration)

install-documents: $(addprefix $(BUILD)/share/,$(DOCUMENTS))
	$(put_documents)

install-systemd:
	$(put_units)
	$(put_configuration)

uninstall: ## remove what install put there, but the configuration
	rm -f '$(at)/bin/kvs-server' '$(at)/bin/kvs-cli'
	@for document in $(DOCUMENTS); do rm -f '$(at)/share'/$$document; done
	@for unit in $(UNITS); do rm -f '$(UNIT_DIR)'/$$unit; done
	$(if $(is_user),,rm -f '$(SYSUSERS_DIR)/kvs.conf' '$(TMPFILES_DIR)/kvs.conf')

clean: ## remove all that was built
	rm -rf $(BUILD)

# ---- programs ----

LINK = $(CC) $(ALL_CFLAGS) -o $@ $(filter %.o,$^) $(LDFLAGS)

$(BUILD)/kvs-server: $(SERVER_OBJECTS) $(BUILD)/link.stamp
	$(call say,LD) $(LINK) $(SERVER_LIBS)

$(BUILD)/kvs-cli: $(CLIENT_OBJECTS) $(BUILD)/link.stamp
	$(call say,LD) $(LINK) $(CLIENT_LIBS)

$(BUILD)/unit-tests: $(UNIT_OBJECTS) $(LIBRARY_OBJECTS) $(BUILD)/link.stamp
	$(call say,LD) $(LINK) $(CHECK_LIBS) $(SERVER_LIBS)

$(BUILD)/integration-tests: $(INTEGRATION_OBJECTS) $(BUILD)/link.stamp
	$(call say,LD) $(LINK) $(CHECK_LIBS) $(HIREDIS_LIBS) -lm

$(BUILD)/client-unit-tests: $(CLIENT_UNIT_OBJECTS) $(CLIENT_LIBRARY_OBJECTS) $(BUILD)/link.stamp
	$(call say,LD) $(LINK) $(CHECK_LIBS) $(CLIENT_LIBS)

$(FUZZ_PROGRAMS): $(BUILD)/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(FUZZ_LIBRARY_OBJECTS) $(LIBRARY_OBJECTS) $(BUILD)/link.stamp
	$(call say,LD) $(LINK) -fsanitize=fuzzer -Wl,--wrap=script_watch_goes_on,--wrap=rdb_file_begin $(SERVER_LIBS)

$(BENCH_PROGRAMS): $(BUILD)/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/link.stamp
	@mkdir -p $(@D)
	$(call say,LD) $(LINK)

# ---- documents that the programs draw ----

# $(call draw,program,option)
define draw
@mkdir -p $(@D)
$(call say,DRAW) $(BUILD)/$(1) $(2) > $@.new && mv $@.new $@
endef

$(BUILD)/share/man/man1/kvs-cli.1: $(BUILD)/kvs-cli
	$(call draw,kvs-cli,--man-page)

$(BUILD)/share/man/man1/kvs-server.1: $(BUILD)/kvs-server
	$(call draw,kvs-server,--man-page)

$(BUILD)/share/man/man5/kvs.conf.5: $(BUILD)/kvs-server
	$(call draw,kvs-server,--config-man-page)

$(BUILD)/share/bash-completion/completions/kvs-cli: $(BUILD)/kvs-cli
	$(call draw,kvs-cli,--completion-bash)

$(BUILD)/share/zsh/site-functions/_kvs-cli: $(BUILD)/kvs-cli
	$(call draw,kvs-cli,--completion-zsh)

$(BUILD)/share/fish/vendor_completions.d/kvs-cli.fish: $(BUILD)/kvs-cli
	$(call draw,kvs-cli,--completion-fish)

# ---- objects ----

# What each folder's sources are compiled with, beyond ALL_CFLAGS
SERVER_CFLAGS = $(ALLOCATOR_CFLAGS) $(LIBMD_CFLAGS) $(SECCOMP_CFLAGS) $(LUA_CFLAGS) $(LZF_CFLAGS) -Iserver
CLIENT_CFLAGS = $(HIREDIS_CFLAGS) $(EDIT_CFLAGS) $(CURSES_CFLAGS) -Iclient
UNIT_CFLAGS = $(ALLOCATOR_CFLAGS) $(CHECK_CFLAGS) $(LUA_CFLAGS) -Iserver -Itests -I$(BUILD)
INTEGRATION_CFLAGS = $(CHECK_CFLAGS) $(HIREDIS_CFLAGS) -Itests -I$(BUILD)
CLIENT_UNIT_CFLAGS = $(CHECK_CFLAGS) -Iclient -Itests -I$(BUILD)

COMPILE = $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/server/%.o: server/%.c $(BUILD)/compile.stamp
	@mkdir -p $(@D)
	$(call say,CC) $(COMPILE) $(SERVER_CFLAGS)

$(BUILD)/obj/client/%.o: client/%.c $(BUILD)/compile.stamp
	@mkdir -p $(@D)
	$(call say,CC) $(COMPILE) $(CLIENT_CFLAGS)

$(BUILD)/obj/tests/unit/%.o: tests/unit/%.c $(BUILD)/compile.stamp
	@mkdir -p $(@D)
	$(call say,CC) $(COMPILE) $(UNIT_CFLAGS)

$(BUILD)/obj/tests/integration/%.o: tests/integration/%.c $(BUILD)/compile.stamp
	@mkdir -p $(@D)
	$(call say,CC) $(COMPILE) $(INTEGRATION_CFLAGS)

$(BUILD)/obj/tests/client/unit/%.o: tests/client/unit/%.c $(BUILD)/compile.stamp
	@mkdir -p $(@D)
	$(call say,CC) $(COMPILE) $(CLIENT_UNIT_CFLAGS)

$(BUILD)/obj/tests/kit/%.o: tests/kit/%.c $(BUILD)/compile.stamp
	@mkdir -p $(@D)
	$(call say,CC) $(COMPILE) $(INTEGRATION_CFLAGS)

$(BUILD)/obj/tests/%.o: tests/%.c $(BUILD)/compile.stamp
	@mkdir -p $(@D)
	$(call say,CC) $(COMPILE) $(SERVER_CFLAGS) -Itests

# One line SUITE(name) for each test_name.c, for the main.c of the three test programs.
$(BUILD)/obj/tests/unit/main.o: $(BUILD)/unit_suites.h
$(BUILD)/obj/tests/integration/main.o: $(BUILD)/integration_suites.h
$(BUILD)/obj/tests/client/unit/main.o: $(BUILD)/client_unit_suites.h

# Files that are rewritten only when what they hold changes: what depends on them is made again then, and not else.
# write_if_changed is given a line's words.
write_if_changed = @mkdir -p $(@D) && printf '%s\n' $(1) | { cmp -s - $@ || printf '%s\n' $(1) > $@; }
quoted = '$(subst ','\'',$(1))'

$(BUILD)/unit_suites.h: FORCE
	$(call write_if_changed,$(patsubst tests/unit/test_%.c,'SUITE(%)',$(filter tests/unit/test_%,$(UNIT_SOURCES))))

$(BUILD)/integration_suites.h: FORCE
	$(call write_if_changed,$(patsubst \
	    tests/integration/test_%.c,'SUITE(%)',$(filter tests/integration/test_%,$(INTEGRATION_SOURCES))))

$(BUILD)/client_unit_suites.h: FORCE
	$(call write_if_changed,$(patsubst \
	    tests/client/unit/test_%.c,'SUITE(%)',$(filter tests/client/unit/test_%,$(CLIENT_UNIT_SOURCES))))

$(BUILD)/compile.stamp: FORCE
	$(call write_if_changed,$(call quoted,$(CC) $(ALL_CFLAGS) $(ALLOCATOR_CFLAGS)))

# The sources are named, so that a program is linked again when one is gone.
$(BUILD)/link.stamp: $(BUILD)/compile.stamp FORCE
	$(call write_if_changed,$(call quoted,$(LDFLAGS) $(SERVER_LIBS)) \
	    $(SERVER_SOURCES) $(CLIENT_SOURCES) $(UNIT_SOURCES) $(INTEGRATION_SOURCES) $(CLIENT_UNIT_SOURCES) \
	    $(FUZZ_SOURCES) $(BENCH_SOURCES))

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
