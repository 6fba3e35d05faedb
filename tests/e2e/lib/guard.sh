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
    if $LAB_DIRECT_ACCESS; then
        mkdir -p "$root/etc/fwd-guard/conf.d"
        guard_direct_access >"$root/etc/fwd-guard/conf.d/lab.json"
    fi
    on "$n" env DEBIAN_FRONTEND=noninteractive dpkg -i /opt/lab/fwd-guard.deb >"$LAB_RUN/install$n.log" 2>&1 ||
        die "the package does not install on node $n: $(tail -n 5 "$LAB_RUN/install$n.log")"
    await 5 guard_active "$n" || die "fwd-guard does not run on node $n: $(on "$n" systemctl status -l --no-pager fwd-guard)"
}

# From Docker 28.2 on the rules of the shipped configuration are not enough: Docker drops what comes
# for a container from anywhere but its bridge in raw PREROUTING already.
guard_direct_access() {
    cat <<JSON
{ "rules": [{ "id": "direct-access", "family": "ip", "table": "raw", "chain": "PREROUTING", "position": "head",
    "match": { "in_interface": "$LAB_FLANNEL", "destination": "10.244.0.0/16" }, "verdict": "accept" }] }
JSON
}

guard_active() { on "$1" systemctl -q is-active fwd-guard; }
guard_in_place() { on "$1" fwd-guardctl check >/dev/null 2>&1; }
guard_on_bus() { on "$1" busctl --system --quiet status org.fwdguard1 >/dev/null 2>&1; }

# guard_copies NODE: how often each tag is in the ruleset, by another program's eyes: "COUNT TAG".
guard_copies() {
    on "$1" iptables-save 2>/dev/null | grep -o 'fwd-guard:[^" ]*' | sort | uniq -c
}

# guard_once NODE: everything declared stands, each rule once.
guard_once() {
    guard_in_place "$1" && guard_copies "$1" | awk '$1 != 1 { exit 1 } END { exit NR == 0 }'
}

# guard_journal NODE SINCE [PATTERN]: incidents since an @epoch.
guard_journal() { on "$1" journalctl -q --no-pager -o cat -u fwd-guard --since "@$2" | grep -e "${3:-}"; }
