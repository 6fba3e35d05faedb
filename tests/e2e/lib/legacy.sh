# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Docker on iptables-legacy, and fwd-guard outside of the machines, where the audit stream comes.

LAB_GUARDS=() # pids of those outside
LAB_AUDIT=''  # pid of who sets the kernel's audit back to what it was, also when the lab is killed

# legacy_use NODE VARIANT: which iptables the machine's commands, and Docker, are from now on.
legacy_use() {
    local tool
    for tool in iptables ip6tables; do
        on "$1" update-alternatives --quiet --set "$tool" "/usr/sbin/$tool-$2"
    done
}

# legacy_begin NODE: Docker installed anew, as it were, on a machine with nothing but legacy tables.
legacy_begin() {
    legacy_use "$1" legacy
    node_fresh "$1" && on "$1" iptables-legacy -w -S FORWARD | grep -qx -e '-P FORWARD DROP'
}

# legacy_end NODE: a table that was made cannot be unmade; an empty one stands in nobody's way.
legacy_end() {
    on "$1" sh -c '
        iptables-legacy -w -P FORWARD ACCEPT
        for table in filter nat mangle raw; do iptables-legacy -w -t $table -F; iptables-legacy -w -t $table -X; done'
    legacy_use "$1" nft
}

# guards_outside: instead of the machines' own; on the same buses, so that all else finds them there.
guards_outside() {
    local n inside
    mkdir -p "$LAB_RUN/outside/conf.d"
    "$LAB_TOOLS/audit" keep >"$LAB_RUN/audit" &
    LAB_AUDIT=$!
    until [ -s "$LAB_RUN/audit" ]; do
        kill -0 "$LAB_AUDIT" 2>/dev/null || return 1
        sleep 0.05
    done
    if $LAB_DIRECT_ACCESS; then guard_flow; else cat "$LAB_SOURCE/config/fwd-guard.json"; fi |
        sed '0,/^{/s//{ "legacy": { "watch": "audit", "enable_audit": true },/' >"$LAB_RUN/outside/fwd-guard.json"
    both systemctl stop fwd-guard
    for n in 1 2; do
        inside=/proc/${LAB_INIT[$n]}/root
        mkdir -p "$LAB_RUN/outside/$n"
        RUNTIME_DIRECTORY=$LAB_RUN/outside/$n STATE_DIRECTORY=$LAB_RUN/outside/$n \
            XTABLES_LOCKFILE=$inside/run/xtables.lock \
            DBUS_SYSTEM_BUS_ADDRESS=unix:path=$inside/run/dbus/system_bus_socket \
            setsid nice -n -20 "$LAB_DAEMON" --netns "/run/netns/$(netns_of "$n")" --config "$LAB_RUN/outside/fwd-guard.json" \
            </dev/null >"$LAB_RUN/outside/$n.log" 2>&1 &
        LAB_GUARDS+=($!)
        outside_as_unit $!
    done
}

# outside_as_unit PID: its session is a scheduling group, which has a nice level of its own. The unit's weight in
# the root slice comes to the same.
outside_as_unit() {
    local tries
    for tries in {1..50}; do # until it leads its session
        [ "$(ps -o sid= -p "$1" | tr -d ' ')" != "$1" ] || break
        sleep 0.02
    done
    [ ! -w "/proc/$1/autogroup" ] || echo -20 >"/proc/$1/autogroup"
}

guards_outside_end() {
    local pid
    for pid in "${LAB_GUARDS[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
    LAB_GUARDS=()
    [ -z "$LAB_AUDIT" ] || { kill "$LAB_AUDIT" 2>/dev/null && wait "$LAB_AUDIT"; }
    LAB_AUDIT=''
}
