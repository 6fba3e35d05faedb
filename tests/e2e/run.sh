#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab: two booted machines with systemd, Docker and containers, joined by a flannel path; each
# scenario with what people do today and with fwd-guard, installed from its package. Exit status: 0
# all as it should be, 1 not, 77 it cannot be tried here.
set -uo pipefail

# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/load.sh"

# In the order in which they run; ufw takes netfilter-persistent's place, so it comes after.
LAB_SCENARIOS=(
    docker-restart docker-network docker-run reboot flush restore flush-ruleset centos netfilter-persistent
    ufw firewalld-nftables firewalld-iptables kube-proxy dbus-restart journald-restart kill upgrade legacy legacy-audit
)

usage() {
    cat <<TEXT
usage: sudo tests/e2e/run.sh [OPTION...] [SCENARIO...]
  --root ROOT        ${LAB_ROOTS[*]} (default debian13)
  --variant VARIANT  vxlan or tun: the kind of flannel path (default vxlan)
  --without          only what happens without fwd-guard; needs no package
  --results DIR      where tables and journals go (default build/e2e)
  --build-root       only build and cache the root
  --test-package DIR only build the package, with its unit and model tests, whose reports go to DIR
  --table            only print the table of the results so far
  --help
Scenarios: seed (always runs) ${LAB_SCENARIOS[*]}
Environment: FWDGUARD_DEB        the package to install (default: one built for the root)
             FWDGUARD_LAB_CACHE  where roots and packages are kept (default /var/cache/fwd-guard-lab)
             FWDGUARD_LAB_TOOLS  where probe, tunnel and audit are (default build/release/tests/e2e/tools)
             FWDGUARD_LAB_DAEMON the daemon that runs outside of the machines (default build/release/daemon/fwd-guard)
             FWDGUARD_LAB_MIRROR the Debian mirror
TEXT
}

LAB_ROOT=debian13 LAB_VARIANT=vxlan LAB_RESULTS=$LAB_SOURCE/build/e2e LAB_FAILED=0
LAB_TOOLS=${FWDGUARD_LAB_TOOLS:-$LAB_SOURCE/build/release/tests/e2e/tools}
LAB_DAEMON=${FWDGUARD_LAB_DAEMON:-$LAB_SOURCE/build/release/daemon/fwd-guard}
only_without=false only_root=false only_table=false reports="" scenarios=()
while [ $# -gt 0 ]; do
    case $1 in
    --root | --variant | --results | --test-package) [ $# -ge 2 ] || usage_error "$1 wants a value" ;;&
    --root) LAB_ROOT=$2 && shift ;;
    --variant) LAB_VARIANT=$2 && shift ;;
    --results) LAB_RESULTS=$2 && shift ;;
    --test-package) reports=$2 && shift ;;
    --without) only_without=true ;;
    --build-root) only_root=true ;;
    --table) only_table=true ;;
    --help | -h) usage && exit 0 ;;
    -*) usage_error "unknown option $1" ;;
    *) scenarios+=("$1") ;;
    esac
    shift
done
[[ " ${LAB_ROOTS[*]} " == *" $LAB_ROOT "* ]] || usage_error "no such root: $LAB_ROOT"
[[ " vxlan tun " == *" $LAB_VARIANT "* ]] || usage_error "no such variant: $LAB_VARIANT"
for scenario in "${scenarios[@]}"; do
    [ -f "$LAB_DIR/scenarios/$scenario.sh" ] || usage_error "no such scenario: $scenario"
done
[ "${#scenarios[@]}" -gt 0 ] || scenarios=("${LAB_SCENARIOS[@]}")
if $only_table; then results_table && exit; fi

lab_need_means
root_need "$LAB_ROOT"
if $only_root; then exit 0; fi
lab_begin
if [ -n "$reports" ]; then package_test "$LAB_ROOT" "$(realpath "$reports")" && exit; fi
$only_without || package_need "$LAB_ROOT"

lab_boot
seed_without
for scenario in "${scenarios[@]}"; do scenario_run without "$scenario"; done
if ! $only_without; then
    seed_with
    for scenario in "${scenarios[@]}"; do scenario_run with "$scenario"; done
    on 2 journalctl -q --no-pager -o short-precise -u fwd-guard >"$LAB_RESULTS/$LAB_ROOT-$LAB_VARIANT-fwd-guard.log"
fi
results_table >"$LAB_RESULTS/table.md"
[ "$LAB_FAILED" = 0 ] || die "$LAB_FAILED failed; journals are in $LAB_RESULTS"
say "all as it should be; the table is $LAB_RESULTS/table.md"
