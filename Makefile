# What people type. The build itself is Meson's; see meson.build.

.PHONY: all demo test check-fast asan fuzz bench format install clean deps deps-test

all: build/build.ninja
	@ninja -C build

build/build.ninja:
	@meson setup build

deps:
	@scripts/install-deps build

deps-test:
	@scripts/install-deps test

# Installs what is missing, builds, and proves the example migrations on a SQLite of its own.
demo: deps
	@$(MAKE) --no-print-directory all
	build/src/cli/pawl verify --engine sqlite --dir examples/migrations

# Installs what is missing, and runs everything. The last line is `N passed, N failed`.
test: deps-test
	@scripts/run-tests

# The part of the tests that takes seconds.
check-fast:
	@scripts/run-tests fast

asan:
	@scripts/run-tests asan

# make fuzz [SECONDS=60]
fuzz:
	@scripts/fuzz $(or $(SECONDS),60)

# Ratios to bare programs that do the same work; see bench/run --help.
bench:
	@bench/run

# Lay the sources out as .clang-format says.
format:
	@clang-format -i src/*/*.[ch] include/*.h tests/*/*.[ch] tests/unit/*/*.[ch] fuzz/*.[ch] bench/*.[ch]

install: all
	@meson install -C build

clean:
	rm -rf build build-*
