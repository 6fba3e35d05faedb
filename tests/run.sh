#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every test of fwd-guard, from a machine with nothing but a shell to one line of figures.
set -euo pipefail

usage()
{
    cat <<'END'
Usage: sudo tests/run.sh [OPTION]...

On Debian 12 or later: installs what the tests need, builds, runs every tier, and ends with the line
"N passed, N failed, N skipped". The host's own ruleset, legacy tables and
audit setting are left as they are.

  --tier NAME   run only this tier; may be repeated. Tiers, in their order:
                check unit model netns bus   of the release build
                sanitize                     unit, model, netns and bus with ASan and UBSan
                fuzz                         libFuzzer, 60 s for every source of bytes (needs clang)
                debian13                     the package built in a Debian 13 root: unit, model, lintian
                package                      the Debian package: build, lintian, install to purge
                e2e                          whole machines with Docker (E2E=all: every version)
  --no-install  take the machine as it is
  --help        this text

Without root, tiers that need it count as skipped.
Exit status: 0 nothing failed and something passed, 1 otherwise, 64 usage.
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# shellcheck source=packaging/dependencies.sh
. packaging/dependencies.sh
# shellcheck source=tests/support/tiers.sh
. tests/support/tiers.sh

all_tiers="check unit model netns bus sanitize fuzz debian13 package e2e"
chosen=""
install=yes
while [ $# -gt 0 ]; do
    case $1 in
        --tier)
            case " $all_tiers " in
                *" ${2:-} "*) chosen="$chosen $2" ;;
                *) echo "run.sh: --tier wants one of: $all_tiers" >&2; exit 64 ;;
            esac
            shift 2 ;;
        --no-install) install=no; shift ;;
        --help) usage; exit 0 ;;
        *) echo "run.sh: unknown option $1" >&2; usage >&2; exit 64 ;;
    esac
done
chosen=${chosen:-$all_tiers}

wanted()
{
    [[ " $chosen " == *" $1 "* ]]
}

# Ctrl-C reaches the other children from the terminal; what they mounted ends with them.
results=$(mktemp -d "${TMPDIR:-/tmp}/fwd-guard-run.XXXXXX")
trap 'abandon_builds; rm -rf "$results"' EXIT
trap 'echo "==> interrupted"; exit 130' INT TERM

if [ "$install" = yes ]; then
    if [ "$(id -u)" -eq 0 ]; then
        step "installing what the tests need"
        install_dependencies packaging/build-dependencies.list packaging/test-dependencies.list
    else
        step "not root: taking the machine as it is"
    fi
fi

if ! build_preset release; then
    fail_one "the release build"
    totals
    exit 1
fi
before=$(host_firewall)
later=()
if wanted sanitize; then later+=(debug); fi
if wanted fuzz && command -v clang++ >/dev/null; then later+=(fuzz); fi
if [ "${#later[@]}" -gt 0 ]; then begin_builds "${later[@]}"; fi
for tier in check unit model netns bus; do
    if wanted "$tier"; then run_tier build/release "$tier"; fi
done
if wanted sanitize; then run_sanitized; fi
if wanted fuzz; then run_fuzz; fi
if wanted debian13; then run_debian13; fi
for tier in package e2e; do
    if wanted "$tier"; then run_tier build/release "$tier"; fi
done

if [ -n "$before" ]; then
    after=$(host_firewall)
    if [ "$after" = "$before" ]; then
        pass_one "the host's ruleset, legacy tables and audit are as they were"
    else
        diff <(echo "$before") <(echo "$after") || true
        fail_one "the tests changed the host's ruleset, legacy tables or audit"
    fi
fi

totals
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
