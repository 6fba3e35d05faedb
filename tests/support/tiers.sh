# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For sourcing by tests/run.sh: how one tier runs and what it counts.

# `results`, a folder for logs and reports, is the caller's.
passed=0
failed=0
skipped=0

step()
{
    printf '==> %s\n' "$*"
}

pass_one()
{
    step "passed: $*"
    passed=$((passed + 1))
}

fail_one()
{
    step "FAILED: $*"
    failed=$((failed + 1))
}

# skip_many COUNT WHY: what cannot run is skipped, never passed.
skip_many()
{
    step "skipped: $2"
    skipped=$((skipped + $1))
}

totals()
{
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
}

# What the tests must leave alone: the ruleset and the legacy tables of the namespace we are in, without
# counters, and the kernel's audit. Nothing without nft or root.
host_firewall()
{
    local names tool table
    if [ "$(id -u)" -ne 0 ] || ! command -v nft >/dev/null; then
        return 0
    fi
    printf 'ruleset\n'
    nft -s list ruleset 2>/dev/null || true
    # Asking for a legacy table that is not there would create it.
    for names in /proc/net/ip_tables_names /proc/net/ip6_tables_names; do
        tool=iptables-legacy-save
        [ "$names" = /proc/net/ip_tables_names ] || tool=ip6tables-legacy-save
        command -v "$tool" >/dev/null || continue
        while read -r table; do
            printf 'legacy table %s\n' "$names $table"
            "$tool" -t "$table" | sed -e '/^#/d' -e 's/ \[[0-9:]*\]$//'
        done < <(sort "$names" 2>/dev/null)
    done
    printf 'audit %s\n' "$(build/release/tests/e2e/tools/audit get 2>/dev/null)"
}

# build_preset PRESET [OPTION...]: configures and builds build/PRESET.
build_preset()
{
    local preset=$1 results=${results:?}
    shift
    step "building $preset"
    cmake --preset "$preset" "$@" >"$results/configure.log" 2>&1 || {
        cat "$results/configure.log"
        return 1
    }
    cmake --build --preset "$preset" >"$results/build.log" 2>&1 || {
        grep -v '^\[[0-9]*/[0-9]*\] [BL][a-z]*ing ' "$results/build.log" | tail -n 100
        return 1
    }
}

# How many tests of a tier a build folder has.
count_of()
{
    ctest --test-dir "$1" -N -L "^$2\$" | sed -n 's/^Total Tests: \([0-9]*\)$/\1/p'
}

needs_root()
{
    case $1 in
        netns | package | e2e) return 0 ;;
        *) return 1 ;;
    esac
}

# run_tier BUILD_DIR TIER [PREFIX]: runs the tests with that label.
run_tier()
{
    local build=$1 tier=$2 prefix=${3:-} count report
    count=$(count_of "$build" "$tier")
    if [ "${count:-0}" -eq 0 ]; then
        skip_many 1 "$prefix$tier: $build has no such tests"
        return 0
    fi
    if needs_root "$tier" && [ "$(id -u)" -ne 0 ]; then
        skip_many "$count" "$prefix$tier needs root"
        return 0
    fi
    step "$prefix$tier ($count tests)"
    report=${results:?}/report.xml
    rm -f "$report"
    # What failed is shown whole; the figures come from the report. Tests of these tiers share
    # nothing but the CPUs, and what of netns cannot bear company says so (RUN_SERIAL); the others
    # start whole builds and machines.
    local jobs=1
    case $tier in
        unit | model | netns | bus) jobs=$(nproc) ;;
        fuzz) jobs=$(($(nproc) + 1)) ;; # one of them waits for the kernel
    esac
    ctest --test-dir "$build" -L "^$tier\$" -j "$jobs" --output-on-failure \
        --output-junit "$report" --no-tests=error </dev/null >"$results/tier.log" 2>&1 || true
    show_tier "$results/tier.log"
    if [ ! -s "$report" ]; then
        cat "$results/tier.log"
        fail_one "$prefix$tier left no report"
        return 0
    fi
    add_report "$report"
}

# The lines of a tier's log that say more than "passed": failures whole, skipped tests by name.
show_tier()
{
    awk '/^ *[0-9]+\/[0-9]+ Test .*Passed/ { next }
         /^ *Start +[0-9]+:/ { next }
         /^(Internal ctest|Test project)/ { next }
         /^[[:space:]]*$/ { next }
         /^(Label Time|Total Test time)/ { next }
         { print "    " $0 }' "$1"
}

# add_report FILE: adds a JUnit report's figures; CTest counts a skipped test as skipped only.
add_report()
{
    local tests failures skips
    tests=$(attribute tests "$1")
    failures=$(attribute failures "$1")
    skips=$(($(attribute skipped "$1") + $(attribute disabled "$1")))
    failed=$((failed + failures))
    skipped=$((skipped + skips))
    passed=$((passed + tests - failures - skips))
}

# attribute NAME FILE: of the testsuite element, which spreads over lines.
attribute()
{
    tr '\n\t' '  ' <"$2" | sed -n "s/.*<testsuite [^>]*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" | head -n 1
}

# run_fuzz: builds the fuzzing targets, nothing else, and runs each as long as FWDGUARD_FUZZ_SECONDS says.
run_fuzz()
{
    if ! command -v clang++ >/dev/null; then
        skip_many 1 "fuzz needs clang"
    elif build_preset fuzz -DFWDGUARD_WERROR=ON; then
        run_tier build/fuzz fuzz
    else
        fail_one "the fuzzing build"
    fi
}

# run_debian13: builds the package in a Debian 13 root, and unit and model with it, and runs them there. The
# lab takes the same package.
run_debian13()
{
    local count report=${results:?}/debian13
    count=$(($(count_of build/release unit) + $(count_of build/release model)))
    step "debian13 (unit and model tests in a Debian 13 root)"
    mkdir -p "$report"
    local status=0
    tests/e2e/run.sh --test-package "$report" </dev/null || status=$?
    case $status in
        0) ;;
        77) skip_many "$count" "debian13"; return 0 ;;
        *) fail_one "debian13: the build in the Debian 13 root"; return 0 ;;
    esac
    pass_one "debian13: the package builds without a warning"
    local tier
    for tier in unit model; do
        show_tier "$report/$tier.log"
        add_report "$report/$tier.xml"
    done
}
