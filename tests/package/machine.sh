#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# machine.sh DEB_DIR: the package's life on a booted machine, with systemd as PID 1.
. "$(dirname "$0")/root.sh"
in_own_mounts "$0" "$@"
make_root "${1:?usage: machine.sh DEB_DIR}"
nspawn=""
trap 'stop_machine; remove_root' EXIT
trap 'exit 130' INT TERM

boot_machine()
{
    # A host that systemd does not run on has no place for the machine to be registered.
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn -D "$root" --boot --register=no --keep-unit \
        --private-network --console=pipe </dev/null >"$scratch/upper/console" 2>&1 &
    nspawn=$!
    local tries
    for tries in $(seq 200); do
        if ! kill -0 $nspawn 2>/dev/null; then
            cat "$scratch/upper/console"
            skip "systemd-nspawn cannot boot a machine here"
        fi
        init=$(pgrep -P $nspawn | head -n 1) || true
        # Degraded will do: what a container lacks is not ours.
        case $([ -z "$init" ] || inside systemctl is-system-running --wait 2>/dev/null) in
            running | degraded) return 0 ;;
        esac
        sleep 0.3
    done
    cat "$scratch/upper/console"
    skip "the machine did not come up after $tries looks"
}

# What the machine has to say when an expectation is not met.
on_failure()
{
    inside journalctl --no-pager -b -o short-precise -u fwd-guard.service -u dbus.service | tail -n 60
    inside systemctl --no-pager --failed
}

stop_machine()
{
    if [ -n "$nspawn" ] && kill -0 "$nspawn" 2>/dev/null; then
        kill "$nspawn"
        wait "$nspawn" || true
    fi
}

inside()
{
    nsenter -t "$init" -a -- /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        DEBIAN_FRONTEND=noninteractive "$@"
}

rules()
{
    inside iptables -S FORWARD | grep -c 'fwd-guard:' || true
}

# soon COMMAND...: true as soon as the command is, within five seconds.
soon()
{
    local tries
    for tries in $(seq 50); do
        if "$@"; then return 0; fi
        sleep 0.1
    done
    echo "still not after $tries looks: $*"
    return 1
}

two_rules()
{
    [ "$(rules)" -eq 2 ]
}

boot_machine
inside iptables -P FORWARD DROP
inside iptables -A FORWARD -i foreign0 -j ACCEPT

expect "installs" inside dpkg -i /fwd-guard.deb
expect "the service runs" inside systemctl is-active --quiet fwd-guard.service
expect "the service is enabled" inside systemctl is-enabled --quiet fwd-guard.service
expect "it runs as its user" \
    test "$(inside ps -o user= -C fwd-guard | tr -d ' ')" = fwd-guard
expect "the rules stand once READY" two_rules
expect "fwd-guardctl says so" soon inside fwd-guardctl check
expect "it started without a complaint" \
    test -z "$(inside journalctl -q -p warning -u fwd-guard.service)"
inside iptables -F FORWARD
expect "they are put back after a flush" soon two_rules
expect "systemctl reload works" inside systemctl reload fwd-guard.service

inside sh -c 'nft monitor rules >/changes 2>&1 &'
pid=$(inside systemctl show -P MainPID fwd-guard.service)
expect "installs over itself" inside dpkg -i /fwd-guard.deb
expect "the service is another process" \
    test "$(inside systemctl show -P MainPID fwd-guard.service)" != "$pid"
expect "the service runs after the upgrade" inside systemctl is-active --quiet fwd-guard.service
expect_not "the upgrade dropped no rule" grep -q 'delete rule' "$root/changes"
expect "the rules stand after the upgrade" two_rules

for round in 1 2 3; do
    inside systemctl kill -s KILL fwd-guard.service
    expect "comes back from SIGKILL, $round" \
        soon inside systemctl is-active --quiet fwd-guard.service
done
expect "never two copies of a rule" two_rules

expect "is removed" inside dpkg -r fwd-guard
expect_not "the service has stopped" inside systemctl is-active --quiet fwd-guard.service
expect "the rules stay" two_rules
expect "is purged" inside dpkg -P fwd-guard
expect "purge takes the tagged rules along" test "$(rules)" -eq 0
expect "the policy is not ours" inside sh -c 'iptables -S FORWARD | grep -q "P FORWARD DROP"'
expect_not "purge takes configuration and state along" \
    inside sh -c 'ls -d /etc/fwd-guard /var/lib/fwd-guard /run/fwd-guard 2>/dev/null'
