# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Two ways to keep containers reachable: what people do today, and fwd-guard.

LAB_TO=(! -i docker0 -o docker0 -j ACCEPT)
LAB_FROM=(-i docker0 ! -o docker0 -j ACCEPT)

# boot_script_run NODE: what boot scripts insert, once.
boot_script_run() {
    on "$1" iptables -w -I FORWARD "${LAB_FROM[@]}"
    on "$1" iptables -w -I FORWARD "${LAB_TO[@]}"
    # The kindest case: a script that knows of Docker 28's rules.
    ! $LAB_DIRECT_ACCESS || on "$1" iptables -w -t raw -I PREROUTING -i "$LAB_FLANNEL" -j ACCEPT
}

# guard_install NODE: from the package, as an administrator does.
guard_install() {
    local n=$1 root
    root=$(node_root "$n")
    cp "$LAB_PACKAGE" "$root/opt/lab/fwd-guard.deb"
    on "$n" env DEBIAN_FRONTEND=noninteractive dpkg -i /opt/lab/fwd-guard.deb >"$LAB_RUN/install$n.log" 2>&1 ||
        die "the package does not install on node $n: $(tail -n 5 "$LAB_RUN/install$n.log")"
    await 5 guard_active "$n" || die "fwd-guard does not run on node $n: $(on "$n" systemctl status -l --no-pager fwd-guard)"
    $LAB_DIRECT_ACCESS || return 0
    guard_flow >"$root/etc/fwd-guard/fwd-guard.json"
    await 5 on "$n" fwd-guardctl reload >/dev/null || die "fwd-guard does not take the flow on node $n"
}

# From Docker 28.2 on the rules of the shipped configuration are not enough: Docker drops what comes
# for a container from anywhere but its bridge in raw PREROUTING already. One flow takes their place.
guard_flow() {
    cat <<JSON
{ "flows": [{ "id": "pods", "from": "$LAB_FLANNEL", "to": "docker0", "destination": "10.244.0.0/16",
    "direct_access": true }] }
JSON
}

guard_active() { on "$1" systemctl -q is-active fwd-guard; }
guard_in_place() { on "$1" fwd-guardctl check >/dev/null 2>&1; }
guard_on_bus() { on "$1" busctl --system --quiet status org.fwdguard1 >/dev/null 2>&1; }

# guard_says NODE PATTERN: its status as JSON, which grep is not to leave half read.
guard_says() {
    local status
    status=$(on "$1" fwd-guardctl status --json) && grep -q -e "$2" <<<"$status"
}

# guard_copies NODE: how often each tag is in the ruleset, by another program's eyes: "COUNT TAG". None at
# all is an answer as well.
guard_copies() {
    on "$1" iptables-save 2>/dev/null | { grep -o 'fwd-guard:[^" ]*' || true; } | sort | uniq -c
}

# guard_once NODE: everything declared stands, each rule once.
guard_once() {
    guard_in_place "$1" && guard_copies "$1" | awk '$1 != 1 { exit 1 } END { exit NR == 0 }'
}

# guard_journal NODE SINCE [PATTERN]: incidents since an @epoch.
guard_journal() { on "$1" journalctl -q --no-pager -o cat -u fwd-guard --since "@$2" | grep -e "${3:-}"; }
