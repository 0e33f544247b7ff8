# vbolua (make help prints these lines)
#
#   make                  builds the interpreter, the Lua modules and the C library in build/
#   make demo             installs what is missing, builds, restores from a rehearsal server
#   make deps             names what this machine lacks
#   make install          installs into PREFIX=/usr/local; DESTDIR= is for packagers
#   make uninstall        removes what make install recorded
#   make dist             writes the release to dist/: archive, rockspec and source rock
#   make clean            removes what was built
#
#   make test             installs what is missing (INSTALL=0: nothing), builds, runs every test;
#                         FUZZ=1 fuzzes too
#   make run-tests        runs the tests, or the specs that SPEC= names; installs nothing
#   make tsan             runs the tests of what threads share under TSan
#   make fuzz             fuzzes the parsers for FUZZ_SECONDS=60
#   make crash            kills runs at every boundary of the journal, and CRASH=1000 times at random
#   make soak             serves CLIENTS=64 in a storm for SOAK=600 seconds
#   make soak-silence     waits for a server that is silent for ten minutes
#   make counts           compares instructions of hot paths with bench/counts.txt; UPDATE=1 writes it
#   make bench            measures what docs/performance.md shows
#
#   make lint             runs the linters; graph only holds the arrows to their order
#   make figures          counts files by folder
#   make graph            holds require and #include to the order of the layers
#   make words            looks for words that the project's prose avoids
#   make figures          counts the files of each folder
#   make format           lays out the C files; format-check only compares
#   make generated        writes the pages of docs/reference, and the core's table of reads
#   make harmless         writes that table alone
#   make catalogue        writes the facts of the API from FACTS=folder
#   make rock             builds for LuaRocks (luarocks make calls it)
#
# SANITIZE=1 builds with ASan and UBSan in build-san/, SANITIZE=thread with TSan in build-tsan/;
# CC=clang takes another compiler; WERROR=1 makes warnings errors; V=1 shows commands.

# The tools may be missing while this file is read: nothing here fails then.
PREFIX ?= /usr/local
DESTDIR ?=
LUA_VERSION := 5.4
VERSION := $(shell sed -n 's/^.define VBO_VERSION "\(.*\)"/\1/p' csrc/vbo.h)
SOVERSION := 0

BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
INST_LUADIR ?= $(PREFIX)/share/lua/$(LUA_VERSION)
INST_LIBDIR ?= $(PREFIX)/lib/lua/$(LUA_VERSION)

ifeq ($(SANITIZE),thread)
BUILD ?= build-tsan
OPTIMIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
LINK_OPTIMIZE := -fsanitize=thread
else ifneq ($(SANITIZE),)
BUILD ?= build-san
OPTIMIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined
LINK_OPTIMIZE := -fsanitize=address,undefined
else ifneq ($(FUZZING),)
BUILD ?= build-fuzz
OPTIMIZE := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
  -fno-sanitize-recover=undefined
LINK_OPTIMIZE := -fsanitize=address,undefined
else
BUILD ?= build
OPTIMIZE := -O2 -g
LINK_OPTIMIZE :=
endif

# ------------------------------------------------------------------ the system
PKG_CONFIG ?= pkg-config
# One short line for each step; V=1 shows the commands.
ifeq ($(V),)
Q := @
say = @echo '  $(1)  $@'
else
Q :=
say =
endif

pkg = $(shell $(PKG_CONFIG) $(1) 2>/dev/null)

SYSTEM := $(shell uname -s)
ifeq ($(SYSTEM),Darwin)
SHARED := -dynamiclib
MODULE := -bundle -undefined dynamic_lookup
SONAME := libvbolua.$(SOVERSION).dylib
SOLINK := libvbolua.dylib
SOFLAGS = -install_name $(LIBDIR)/$(SONAME)
HIDE_LIBS :=
EXPORT :=
SYSTEM_LIBS :=
else
SHARED := -shared
MODULE := -shared
SONAME := libvbolua.so.$(SOVERSION)
SOLINK := libvbolua.so
SOFLAGS = -Wl,-soname,$(SONAME)
# The modules carry the library inside; hidden, so that a program that also links libvbolua.so
# never mixes two versions.
HIDE_LIBS := -Wl,--exclude-libs,ALL -Wl,--as-needed
# A C module of a runbook with an SQLite of its own must not meet ours.
EXPORT := -Wl,--export-dynamic -Wl,--exclude-libs,libsqlite3.a -Wl,--as-needed
SYSTEM_LIBS := -ldl -lm -lpthread
endif

# LuaRocks says where Lua's headers are; otherwise pkg-config knows, under the name that Debian
# (lua5.4), Arch (lua54), Homebrew (lua-5.4) or Fedora (lua) gives it.
LUA_PC := $(firstword $(foreach name,lua5.4 lua-5.4 lua54 lua,$(shell \
  $(PKG_CONFIG) --exists '$(name) >= 5.4 $(name) < 5.5' 2>/dev/null && echo $(name))))
LUA_CFLAGS := $(if $(LUA_INCDIR),-I$(LUA_INCDIR),$(if $(LUA_PC),$(call pkg,--cflags $(LUA_PC))))
# Lua itself is linked statically, so that the one binary is enough.
LUA_LIBPATH := $(or $(LUA_LIBDIR),$(if $(LUA_PC),$(call pkg,--variable=libdir $(LUA_PC))))
LUA_STATIC := $(wildcard $(LUA_LIBPATH)/liblua5.4.a $(LUA_LIBPATH)/liblua.a)
LUA_LIBS := $(if $(LUA_STATIC),$(firstword $(LUA_STATIC)),\
  $(or $(if $(LUA_PC),$(call pkg,--libs $(LUA_PC))),-llua5.4))
CJSON_STATIC := $(wildcard $(LUA_LIBPATH)/liblua5.4-cjson.a)

# Where LuaRocks found the libraries, for systems whose pkg-config does not know them.
ROCK_CFLAGS := $(patsubst %,-I%,$(filter-out /usr/include,$(ROCK_INCDIRS)))
ROCK_LDFLAGS := $(patsubst %,-L%,$(filter-out /usr/lib%,$(ROCK_LIBDIRS)))

CORE_CFLAGS := $(call pkg,--cflags libcurl openssl zlib libutf8proc sqlite3) $(ROCK_CFLAGS)
# Linked statically into the interpreter where the archive is; libraries take the shared one, as the
# archive need not be made for them.
UTF8PROC_LIBS := $(or $(call pkg,--libs libutf8proc),-lutf8proc)
UTF8PROC_STATIC := $(wildcard $(call pkg,--variable=libdir libutf8proc)/libutf8proc.a)
# The same: the shared one costs every start an eighth more, and most open no journal.
SQLITE_LIBS := $(or $(call pkg,--libs sqlite3),-lsqlite3)
SQLITE_STATIC := $(wildcard $(call pkg,--variable=libdir sqlite3)/libsqlite3.a)
CORE_LIBS := $(or $(call pkg,--libs libcurl openssl zlib),-lcurl -lssl -lcrypto -lz) $(UTF8PROC_LIBS) \
  $(SQLITE_LIBS)

# The rehearsal server is built where its libraries' headers are; they load when it is used.
SERVER_NEEDS := libmicrohttpd libarchive gmime-3.0
HAVE_SERVER := $(if $(filter 3,$(words $(foreach need,$(SERVER_NEEDS),$(call pkg,--modversion $(need))))),1)
# Their headers are not ours to warn about.
SERVER_CFLAGS := $(patsubst -I%,-isystem %,$(call pkg,--cflags $(SERVER_NEEDS)))

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
ifneq ($(WERROR),)
WARNINGS += -Werror
endif
ALL_CFLAGS = -std=c11 $(CFLAGS) $(OPTIMIZE) $(WARNINGS) -fPIC -fvisibility=hidden \
  -D_GNU_SOURCE -D_DARWIN_C_SOURCE $(CPPFLAGS) -Icsrc $(CORE_CFLAGS)
ALL_LDFLAGS = $(LDFLAGS) $(ROCK_LDFLAGS) $(LINK_OPTIMIZE)

# ----------------------------------------------------------------- the sources
# A folder of csrc/ is a room; a new file in one is found by itself.
objects = $(patsubst csrc/%.c,$(BUILD)/obj/%.o,$(wildcard $(1:%=csrc/%/*.c)))
CORE_OBJECTS := $(call objects,base json http save store client)
BINDING_OBJECTS := $(call objects,lua)
SERVER_OBJECTS := $(if $(HAVE_SERVER),$(call objects,server))
INTERPRETER_OBJECTS := $(call objects,program)

LUA_FILES := $(shell find lua -name '*.lua' 2>/dev/null | LC_ALL=C sort)
# The interpreter has the C modules in it.
EMBEDDED_FILES = $(filter-out lua/vbo/core.lua lua/vbo/server.lua lua/vbo/base/native.lua,$(LUA_FILES))
LUA ?= lua5.4
# Generators run in stock Lua where it is installed, else in the build's own.
HAVE_LUA := $(shell command -v '$(LUA)' 2>/dev/null)
GENERATE := $(or $(HAVE_LUA),$(BUILD)/embed --run)
GENERATE_NEEDS := $(if $(HAVE_LUA),,$(BUILD)/embed)
TOOL_FILES := $(shell find tools -name '*.lua' 2>/dev/null | LC_ALL=C sort)
TYPES := $(BUILD)/types/vbo/types
MODULES := $(BUILD)/vbo/core.so $(if $(SERVER_OBJECTS),$(BUILD)/vbo/server.so)
LIBRARIES := $(BUILD)/libvbolua.a $(BUILD)/$(SONAME) $(BUILD)/$(SOLINK)

.PHONY: all modules lib demo test run-tests crash tsan fuzz fuzz-programs counts bench soak soak-silence \
  lint graph words figures format-check format install uninstall install-modules clean deps catalogue \
  needed dist rock install-rock help \
  generated types moved reference harmless FORCE
.DEFAULT_GOAL := all

help:
	@sed -n -e '/^$$/q' -e 's/^# \{0,1\}//p' Makefile

all: $(BUILD)/vbolua $(MODULES) $(LIBRARIES) types moved
modules: $(MODULES)
lib: $(LIBRARIES)

# Everything is built again when the compiler or its flags change.  Then, and before the first
# step, a program with every header that is needed tells whether they are there.
HEADERS := stdio.h curl/curl.h openssl/ssl.h sqlite3.h utf8proc.h zlib.h
LUA_HEADERS := lua.h lauxlib.h
$(BUILD)/flags: FORCE
	@mkdir -p $(BUILD)/obj $(BUILD)/vbo $(BUILD)/test
	@test -e $@ || $(MAKE) --no-print-directory -s needed
	@echo '$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) $(SERVER_CFLAGS) $(ALL_LDFLAGS) $(CJSON_STATIC) $(UTF8PROC_STATIC)' '$(SQLITE_STATIC)' \
	  '$(HAVE_SERVER)' >$@.$$$$ && \
	  if cmp -s $@.$$$$ $@; then rm -f $@.$$$$; else mv -f $@.$$$$ $@; fi

# What is missing is named, with its package, instead of what the compiler makes of its absence.
needed:
	@for header in $(HEADERS) $(LUA_HEADERS); do \
	  echo "#include <$$header>" | $(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) -E - >/dev/null 2>&1 || \
	  { if test -e .ci/deps.sh; then CC='$(CC)' .ci/deps.sh check build; fi; \
	    command -v '$(firstword $(CC))' >/dev/null 2>&1 || \
	      { echo "make: there is no C compiler '$(CC)': install one, or name it with CC="; exit 1; }; \
	    echo "make: cannot build without the header <$$header>;" \
	      "docs/installing.md says which packages bring what is needed"; exit 1; } >&2; \
	done

$(BUILD)/obj/%.o: csrc/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC  )
	$(Q)$(CC) $(ALL_CFLAGS) $(EXTRA_CFLAGS) -MMD -MP -c $< -o $@

$(BINDING_OBJECTS): EXTRA_CFLAGS = $(LUA_CFLAGS) -I$(BUILD)
$(INTERPRETER_OBJECTS): EXTRA_CFLAGS = $(LUA_CFLAGS) $(INTERPRETER_DEFINES) -I$(BUILD)
$(SERVER_OBJECTS): EXTRA_CFLAGS = $(LUA_CFLAGS) $(SERVER_CFLAGS)
INTERPRETER_DEFINES := $(if $(CJSON_STATIC),-DVBO_HAVE_CJSON) $(if $(SERVER_OBJECTS),-DVBO_HAVE_SERVER)

-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/test/*.d)

# ------------------------------------------------------------- what is linked
$(BUILD)/libvbolua.a: $(CORE_OBJECTS)
	@rm -f $@
	$(call say,AR  )
	$(Q)$(AR) rcs $@ $^

$(BUILD)/$(SONAME): $(CORE_OBJECTS)
	$(call say,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) $(SHARED) $(SOFLAGS) -o $@ $^ $(CORE_LIBS) $(SYSTEM_LIBS)

$(BUILD)/$(SOLINK): $(BUILD)/$(SONAME)
	ln -sf $(SONAME) $@

$(BUILD)/vbo/core.so: $(BINDING_OBJECTS) $(BUILD)/libvbolua.a
	$(call say,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) $(LIBFLAG) $(MODULE) $(HIDE_LIBS) -o $@ $^ $(CORE_LIBS) $(SYSTEM_LIBS)

$(BUILD)/vbo/server.so: $(SERVER_OBJECTS) $(BUILD)/obj/lua/lutil.o $(BUILD)/obj/lua/lbuild.o $(BUILD)/libvbolua.a
	$(call say,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) $(LIBFLAG) $(MODULE) $(HIDE_LIBS) -o $@ $^ $(CORE_LIBS) $(SYSTEM_LIBS)

# Every Lua file, compiled, as one C file.
$(BUILD)/embed: tools/embed.c $(BUILD)/flags
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CFLAGS) $(LUA_CFLAGS) $(ALL_LDFLAGS) -o $@ tools/embed.c $(LUA_LIBS) $(SYSTEM_LIBS)

$(BUILD)/lua-files: FORCE
	@mkdir -p $(BUILD)
	@echo '$(LUA_FILES)' | cmp -s - $@ || echo '$(LUA_FILES)' >$@

# The names of the Lua modules and of their rooms, for C: one that moved away fails the build.
$(BUILD)/modules.h: $(BUILD)/lua-files tools/modules.sh
	$(call say,MAKE)
	$(Q)sh tools/modules.sh $(LUA_FILES) >$@.new && mv -f $@.new $@

$(INTERPRETER_OBJECTS): $(BUILD)/modules.h

# The build: the version and a checksum of the sources, in the core and in a Lua file beside
# native.lua, which compares them: files of two installations do not mix.
NATIVE := $(filter %/native.lua,$(LUA_FILES))
STAMPED := $(wildcard csrc/vbo.h csrc/*/*.[ch]) $(LUA_FILES)
$(BUILD)/build.h: $(STAMPED) $(BUILD)/lua-files
	$(call say,MAKE)
	$(Q)build=$(VERSION)-$$(cat $(STAMPED) | cksum | cut -d ' ' -f 1) && \
	  mkdir -p $(BUILD)/$(dir $(NATIVE)) && \
	  echo "return \"$$build\"" >$(BUILD)/$(dir $(NATIVE))build.lua && \
	  echo "#define VBO_BUILD \"$$build\"" >$@

$(BUILD)/obj/lua/lbuild.o: $(BUILD)/build.h

# The pages of the reference, packed for `vbolua help`.
HELP_PAGES := $(BUILD)/lua/vbo/cli/help/pages.lua
$(HELP_PAGES): tools/help.lua $(wildcard docs/reference/*.md docs/reference/objects/*.md) \
  $(GENERATE_NEEDS)
	@mkdir -p $(dir $@)
	$(call say,LUA )
	$(Q)$(GENERATE) tools/help.lua docs/reference $@

$(BUILD)/embedded.c: $(BUILD)/embed $(BUILD)/lua-files $(EMBEDDED_FILES) $(HELP_PAGES)
	$(call say,LUA )
	$(Q)$(BUILD)/embed $@ lua $(EMBEDDED_FILES) -- $(BUILD)/lua $(HELP_PAGES)

$(BUILD)/obj/embedded.o: $(BUILD)/embedded.c csrc/program/preload.h
	$(call say,CC  )
	$(Q)$(CC) -std=c11 -O0 -w -fPIC -Icsrc $(LUA_CFLAGS) -c $< -o $@

$(BUILD)/vbolua: $(INTERPRETER_OBJECTS) $(BINDING_OBJECTS) $(SERVER_OBJECTS) \
  $(BUILD)/obj/embedded.o $(BUILD)/libvbolua.a
	$(call say,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) $(EXPORT) -o $@ $^ $(LUA_LIBS) $(CJSON_STATIC) $(UTF8PROC_STATIC) \
	  $(SQLITE_STATIC) $(CORE_LIBS) $(SYSTEM_LIBS)

# ------------------------------------------------------------- demo and tests
deps:
	@.ci/deps.sh check test lint && echo "nothing is missing"

# The tools may have come only now: a fresh make looks for them again.
demo:
	@.ci/deps.sh install demo
	@$(MAKE) --no-print-directory all
	@VBOLUA='$(abspath $(BUILD)/vbolua)' sh examples/demo.sh

test:
	@.ci/deps.sh install test
	@$(MAKE) --no-print-directory run-tests
	$(if $(FUZZ),@$(MAKE) --no-print-directory fuzz)

TEST_SOURCES := $(wildcard spec/core/test_*.c)
TEST_PROGRAMS := $(patsubst spec/core/%.c,$(BUILD)/test/%,$(TEST_SOURCES))
TEST_TOOLS := $(patsubst spec/support/%.c,$(BUILD)/%,$(wildcard spec/support/*.c))
CMOCKA_LIBS := $(or $(call pkg,--libs cmocka),-lcmocka)

$(BUILD)/test/%: spec/core/%.c $(BUILD)/libvbolua.a $(BUILD)/flags
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CFLAGS) -Ispec/support -MMD -MP -MF $@.d $(ALL_LDFLAGS) -o $@ $< \
	  $(BUILD)/libvbolua.a $(CORE_LIBS) $(CMOCKA_LIBS) $(SYSTEM_LIBS)

$(BUILD)/%: spec/support/%.c $(BUILD)/flags
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -MF $(BUILD)/test/$(notdir $@).d $(ALL_LDFLAGS) -o $@ $< \
	  $(CORE_LIBS) $(SYSTEM_LIBS)

# Kills a program at one moment: in front of libc with LD_PRELOAD, which Linux has.
KILL_SHIM := $(if $(filter Linux,$(SYSTEM)),$(BUILD)/kill.so)
$(BUILD)/kill.so: spec/support/crash/kill.c $(BUILD)/flags
	$(call say,LINK)
	$(Q)$(CC) -std=c11 -O1 -g $(WARNINGS) -fPIC -shared -o $@ $< -ldl -lpthread

# What fuzzers once found stays right: their corpora, through an ordinary program.  The target
# that needs Lua is made where Lua and cjson can be linked in.
FUZZ_LUA := $(and $(CJSON_STATIC),$(LUA_STATIC),decode)
FUZZ_TARGETS := json heads texts grants checks errors $(FUZZ_LUA)
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)

$(BUILD)/fuzz/%: spec/fuzz/%.c spec/fuzz/fuzz.h spec/fuzz/replay.c $(BINDING_OBJECTS) \
  $(BUILD)/libvbolua.a $(BUILD)/flags
	@mkdir -p $(BUILD)/fuzz
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CFLAGS) $(if $(filter $(FUZZ_LUA),$*),$(LUA_CFLAGS)) $(ALL_LDFLAGS) \
	  $(if $(FUZZING),-fsanitize=fuzzer) -o $@ $< $(if $(FUZZING),,spec/fuzz/replay.c) \
	  $(if $(filter $(FUZZ_LUA),$*),$(BINDING_OBJECTS)) $(BUILD)/libvbolua.a \
	  $(if $(filter $(FUZZ_LUA),$*),$(LUA_LIBS) $(CJSON_STATIC)) $(CORE_LIBS) $(SYSTEM_LIBS)

# FUZZ_SECONDS for all of them together.
FUZZ_SECONDS ?= 60
fuzz:
	@command -v clang >/dev/null 2>&1 || \
	  { echo "fuzz: skipped, for clang is missing (Debian package: clang)"; exit 0; }; \
	$(MAKE) --no-print-directory CC=clang FUZZING=1 fuzz-programs && \
	FUZZ_SECONDS='$(FUZZ_SECONDS)' .ci/fuzz.sh build-fuzz $(FUZZ_TARGETS)

fuzz-programs: $(FUZZ_PROGRAMS)

run-tests: all $(TEST_TOOLS) $(KILL_SHIM) $(TEST_PROGRAMS) $(FUZZ_PROGRAMS)
	@BUILD='$(BUILD)' SANITIZE='$(SANITIZE)' SPEC='$(SPEC)' FUZZ_TARGETS='$(FUZZ_TARGETS)' \
	  .ci/test.sh $(TEST_PROGRAMS)

# Runs that are killed and resumed; see spec/support/crash/all.lua.
crash: all $(KILL_SHIM)
	@$(if $(KILL_SHIM),VBO_KILL_SHIM='$(abspath $(KILL_SHIM))') VBOLUA='$(abspath $(BUILD)/vbolua)' CRASH='$(or $(CRASH),1000)' LUA_PATH='lua/?.lua;lua/?/init.lua;./?.lua;;' \
	  $(BUILD)/vbolua --no-journal spec/support/crash/all.lua

# Ten real minutes in which a server says nothing.
soak-silence:
	@.ci/deps.sh install test
	@$(MAKE) --no-print-directory all $(TEST_TOOLS)
	@VBO_LONG=1 BUILD='$(BUILD)' SPEC=spec/contract/faults_spec.lua .ci/test.sh

# What threads share, watched by TSan: the C tests, and the core as Lua sees it.
tsan:
	@$(MAKE) --no-print-directory SANITIZE=thread SPEC='$(or $(SPEC),spec/core/core_spec.lua)' run-tests

bench:
	@.ci/deps.sh install bench
	@$(MAKE) --no-print-directory all
	@$(BUILD)/vbolua bench/catalogue.lua
	@$(BUILD)/vbolua bench/journal.lua
	@$(MAKE) --no-print-directory $(BUILD)/pages
	@VBOLUA='$(abspath $(BUILD)/vbolua)' VBO_PAGES='$(abspath $(BUILD)/pages)' \
	  $(BUILD)/vbolua bench/list.lua
	@VBOLUA='$(abspath $(BUILD)/vbolua)' VBO_PAGES='$(abspath $(BUILD)/pages)' \
	  $(BUILD)/vbolua bench/start.lua
	@VBOLUA='$(abspath $(BUILD)/vbolua)' $(BUILD)/vbolua bench/save.lua
	@VBOLUA='$(abspath $(BUILD)/vbolua)' VBO_PAGES='$(abspath $(BUILD)/pages)' \
	  $(BUILD)/vbolua bench/many.lua
	@VBOLUA='$(abspath $(BUILD)/vbolua)' $(BUILD)/vbolua bench/whole.lua
	@VBOLUA='$(abspath $(BUILD)/vbolua)' $(BUILD)/vbolua bench/serve.lua
	@VBOLUA='$(abspath $(BUILD)/vbolua)' $(BUILD)/vbolua bench/big.lua 200000

# SOAK= seconds (600), CLIENTS= at once (64), TOGETHER= in one process (8); with SANITIZE=1 under ASan and UBSan.
soak:
	@.ci/deps.sh install server
	@$(MAKE) --no-print-directory all
	@SOAK='$(SOAK)' CLIENTS='$(CLIENTS)' TOGETHER='$(TOGETHER)' SANITIZE='$(SANITIZE)' \
	  VBOLUA='$(abspath $(BUILD)/vbolua)' $(BUILD)/vbolua bench/soak.lua

# Instructions of the hot paths beside those in bench/counts.txt; UPDATE=1 writes that file.
counts: all $(BUILD)/pages
	@VBOLUA='$(abspath $(BUILD)/vbolua)' VBO_PAGES='$(abspath $(BUILD)/pages)' CC='$(CC)' \
	  $(BUILD)/vbolua bench/counts.lua $(if $(UPDATE),--update)

# ------------------------------------------------------------------- the looks
C_FILES := $(shell find csrc spec tools examples -name '*.[ch]' 2>/dev/null | LC_ALL=C sort)
LINT_CFLAGS = -std=c11 -D_GNU_SOURCE -Icsrc -I$(BUILD) -Ispec/support $(LUA_CFLAGS) $(CORE_CFLAGS) $(SERVER_CFLAGS)

lint: $(BUILD)/modules.h $(BUILD)/build.h graph words
	luacheck -q lua spec $(wildcard examples bench tools)
	clang-tidy --quiet $(filter csrc/%.c examples/%.c,$(C_FILES)) -- $(LINT_CFLAGS) \
	  $(INTERPRETER_DEFINES) -DVBO_LUADIR='""' -DVBO_CMODDIR='""'

# The order of the layers, the words of the prose, and the files of each folder.
graph words figures: $(if $(HAVE_LUA),,$(BUILD)/vbolua)
	$(GENERATE) tools/lint.lua $@

format-check:
	clang-format --style=file --dry-run --Werror $(C_FILES)

format:
	clang-format --style=file -i $(C_FILES)

# ------------------------------------------------------------ generated things
# The facts of v1 … v8 as Lua modules, from the folder that FACTS names.
catalogue: $(BUILD)/vbolua
	@test -n "$(FACTS)" || { echo "usage: make catalogue FACTS=folder with v1.json … v8.json"; exit 2; }
	$(BUILD)/vbolua tools/facts.lua "$(FACTS)" lua/vbo/catalogue/facts
	@$(MAKE) --no-print-directory $(BUILD)/vbolua
	VBO_FACTS="$(FACTS)" $(BUILD)/vbolua spec/support/facts.lua >spec/fixtures/operations.txt.new
	@mv spec/fixtures/operations.txt.new spec/fixtures/operations.txt

# The pages of the reference, kept in git, from the catalogue and the sources.
generated: reference harmless

reference:
	$(LUA) tools/reference.lua lua docs/reference

# The core's table of reads among the POSTs, from the same.
harmless:
	$(LUA) tools/harmless.lua csrc/client/harmless.h

# The types of the editor, from the same; installed beside the modules, not compiled into the
# interpreter.
types: $(BUILD)/types.made

$(BUILD)/types.made: $(TOOL_FILES) $(LUA_FILES) $(BUILD)/lua-files \
  $(GENERATE_NEEDS)
	$(call say,LUA )
	$(Q)$(GENERATE) tools/types.lua lua $(TYPES)
	@touch $@

# A file for each module's old name, for stock Lua.
moved: $(BUILD)/moved.made

$(BUILD)/moved.made: tools/moved.lua lua/vbo/base/moved.lua $(BUILD)/lua-files $(if $(HAVE_LUA),,$(BUILD)/vbolua)
	$(call say,LUA )
	$(Q)rm -rf $(BUILD)/moved
	$(Q)$(GENERATE) tools/moved.lua lua $(BUILD)/moved
	@touch $@

# --------------------------------------------------------------------- install
# INSTALL=0 is for `make test` and `make demo`: they install no packages then.
INSTALL ?= install
INSTALL_FILES = $(if $(filter 0,$(INSTALL)),install,$(INSTALL))

# A folder of this make's own: two that install at the same time have two prefixes.
INSTALL_WORK := $(BUILD)/install-$(shell echo $$PPID)

# How PREFIX appears in vbolua.pc: moved trees stay right as long as they move together.
pc_path = $(patsubst $(PREFIX)/%,$${prefix}/%,$(1))

$(INSTALL_WORK)/vbolua.pc: docs/vbolua.pc.in $(BUILD)/flags FORCE
	@mkdir -p $(@D)
	@sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(call pc_path,$(LIBDIR))|' \
	  -e 's|@INCLUDEDIR@|$(call pc_path,$(INCLUDEDIR))|' -e 's|@VERSION@|$(VERSION)|' \
	  -e 's|@LUADIR@|$(call pc_path,$(INST_LUADIR))|' \
	  -e 's|@CMODDIR@|$(call pc_path,$(INST_LIBDIR))|' $< >$@

# What goes where: mode, source, destination (tools/install.sh).  A folder of Lua files is a tree.
LUA_TREES = lua $(BUILD)/lua $(BUILD)/types $(BUILD)/moved
building = $(if $(filter uninstall,$(MAKECMDGOALS)),,$(1))
$(INSTALL_WORK)/install-modules.list: $(call building,types moved $(MODULES)) FORCE
	@mkdir -p $(@D)
	@{ for tree in $(LUA_TREES); do \
	    find "$$tree" -name '*.lua' 2>/dev/null | LC_ALL=C sort | while read -r file; do \
	      printf '644\t%s\t%s\n' "$$file" '$(INST_LUADIR)/'"$${file#$$tree/}"; done; done; \
	  for file in $(MODULES); do \
	    printf '755\t%s\t%s\n' "$$file" '$(INST_LIBDIR)/vbo/'"$${file##*/}"; done; } >$@

$(INSTALL_WORK)/install.list: $(call building,all $(INSTALL_WORK)/vbolua.pc) FORCE
	@mkdir -p $(@D)
	@{ row() { printf '%s\t%s\t%s\n' "$$@"; }; \
	  row 755 $(BUILD)/vbolua '$(BINDIR)/vbolua'; \
	  row 644 $(BUILD)/libvbolua.a '$(LIBDIR)/libvbolua.a'; \
	  row 755 $(BUILD)/$(SONAME) '$(LIBDIR)/$(SONAME)'; \
	  row link $(SONAME) '$(LIBDIR)/$(SOLINK)'; \
	  row 644 csrc/vbo.h '$(INCLUDEDIR)/vbo.h'; \
	  row 644 $(INSTALL_WORK)/vbolua.pc '$(LIBDIR)/pkgconfig/vbolua.pc'; \
	  row 644 docs/vbolua.1 '$(MANDIR)/man1/vbolua.1'; \
	  row 644 completions/bash/vbolua '$(PREFIX)/share/bash-completion/completions/vbolua'; \
	  row 644 completions/zsh/_vbolua '$(PREFIX)/share/zsh/site-functions/_vbolua'; \
	  row 644 completions/fish/vbolua.fish '$(PREFIX)/share/fish/vendor_completions.d/vbolua.fish'; \
	  } >$@

INSTALL_LISTS = $(INSTALL_WORK)/install.list $(INSTALL_WORK)/install-modules.list
MANIFEST = $(LIBDIR)/vbolua/installed
run-install = DESTDIR='$(DESTDIR)' MODULES='$(INST_LUADIR)' INSTALL='$(INSTALL_FILES)' \
  tools/install.sh

# Removes what the version before installed and this one does not.
install: $(INSTALL_LISTS)
	@$(run-install) tree '$(MANIFEST)' $(INSTALL_LISTS)
	@rm -rf $(INSTALL_WORK)
	@echo "installed below $(DESTDIR)$(PREFIX); recorded in $(DESTDIR)$(MANIFEST)"

uninstall: $(INSTALL_LISTS)
	@$(run-install) remove '$(MANIFEST)' $(INSTALL_LISTS)
	@rm -rf $(INSTALL_WORK)

# Without a manifest: LuaRocks keeps its own.
install-modules: $(INSTALL_WORK)/install-modules.list
	@$(run-install) files $<
	@rm -rf $(INSTALL_WORK)

# What `luarocks make` and `luarocks install` build and install: the modules, and the interpreter
# where Lua comes as a library.
HAVE_LUA_LIBRARY := $(if $(or $(LUA_STATIC),$(LUA_PC)),1)
rock: modules types $(if $(HAVE_LUA_LIBRARY),$(BUILD)/vbolua)
install-rock: install-modules
ifneq ($(HAVE_LUA_LIBRARY),)
	@mkdir -p '$(BINDIR)'
	$(INSTALL_FILES) -m 755 $(BUILD)/vbolua '$(BINDIR)/vbolua'
else
	@echo "without the interpreter vbolua: Lua comes without its library here (Debian:" \
	  "liblua5.4-dev)" >&2
endif
	@tree=$$(cd '$(PREFIX)/../../../../..' 2>/dev/null && pwd); '$(LUA)' -e \
	  "package.cpath = package.cpath .. ';$$tree/lib/lua/$(LUA_VERSION)/?.so' require 'cjson'" \
	  >/dev/null 2>&1 || \
	  echo "the module vbo needs lua-cjson, which is missing: apt-get install lua-cjson, or" \
	    "luarocks install lua-cjson" >&2

# The archive holds what git knows, as of HEAD, with the same bytes for the same commit.  A source
# rock is the archive beside the rockspec that names it, so that it installs offline.
DIST := vbolua-$(VERSION)
DIST_FOLDER := dist
DIST_URL := https://github.com/vbolua/vbolua/releases/download/v$(VERSION)
dist:
	@mkdir -p '$(DIST_FOLDER)' && rm -f '$(DIST_FOLDER)/$(DIST)'*
	@git archive --format=tar --prefix=$(DIST)/ HEAD | \
	  gzip -n9 >'$(DIST_FOLDER)/$(DIST).tar.gz'
	@sed -e 's/^version = .*/version = "$(VERSION)-1"/' \
	  -e '/^-- `luarocks make`/,/^-- writes/d' -e 's|^  url = .*|  url = "$(DIST_URL)/$(DIST).tar.gz",|' \
	  vbolua-scm-1.rockspec >'$(DIST_FOLDER)/$(DIST)-1.rockspec'
	@if command -v zip >/dev/null 2>&1; then \
	  cd '$(DIST_FOLDER)' && zip -q $(DIST)-1.src.rock $(DIST).tar.gz $(DIST)-1.rockspec; \
	else echo "no source rock: zip is missing (Debian package: zip)" >&2; fi
	@ls -l '$(DIST_FOLDER)'

clean:
	rm -rf build build-san build-tsan build-fuzz build-gcc build-clang build-rock dist
