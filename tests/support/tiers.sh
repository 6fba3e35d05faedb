# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For sourcing by tests/run.sh: how one tier runs and what it counts.

# `results`, a folder for logs and reports, is the caller's.
passed=0
failed=0
skipped=0

# With the minutes since the start: where a long run's time goes.
step()
{
    printf '==> %2d min: %s\n' $((SECONDS / 60)) "$*"
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

# build_quietly PRESET: configures and builds build/PRESET; leaves PRESET.log.
build_quietly()
{
    {
        cmake --preset "$1" -DFWDGUARD_WERROR=ON && cmake --build --preset "$1"
    } >"${results:?}/$1.log" 2>&1
}

# build_preset PRESET: the same, told; shows what went wrong.
build_preset()
{
    step "building $1"
    build_quietly "$1" || failed_build "$1"
}

failed_build()
{
    grep -v '^\[[0-9]*/[0-9]*\] [BL][a-z]*ing ' "${results:?}/$1.log" | tail -n 100
    return 1
}

builder=''

# begin_builds PRESET...: one after the other, behind whatever else is done: tests wait half of their time.
begin_builds()
{
    set -m # a process group of its own, for abandon_builds()
    build_in_turn "$@" </dev/null &
    set +m
    builder=$!
    renice -n 19 -p "$builder" >/dev/null
}

build_in_turn()
{
    local preset status
    for preset; do
        status=0
        build_quietly "$preset" || status=$?
        echo "$status" >"${results:?}/$preset.status"
    done
}

# await_build PRESET: one of those; shows what went wrong.
await_build()
{
    local status=${results:?}/$1.status
    step "waiting for the build of $1"
    while [ ! -s "$status" ] && kill -0 "$builder" 2>/dev/null; do sleep 1; done
    [ "$(cat "$status" 2>/dev/null)" = 0 ] || failed_build "$1"
}

# abandon_builds: Ctrl-C does not reach what is no job of the terminal.
abandon_builds()
{
    [ -z "$builder" ] || kill -- "-$builder" 2>/dev/null || true
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

# run_sanitized: the tests of the build that begin_builds() was asked for.
run_sanitized()
{
    local tier
    if await_build debug; then
        for tier in unit model netns bus; do run_tier build/debug "$tier" "sanitize: "; done
    else
        fail_one "the debug build"
    fi
}

# run_fuzz: the same; each target as long as FWDGUARD_FUZZ_SECONDS says.
run_fuzz()
{
    if ! command -v clang++ >/dev/null; then
        skip_many 1 "fuzz needs clang"
    elif await_build fuzz; then
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
