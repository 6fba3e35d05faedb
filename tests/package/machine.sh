#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# machine.sh DEB_DIR: the package's life on a booted machine, with systemd as PID 1.
. "$(dirname "$0")/root.sh"
. "$(dirname "$0")/boot.sh"
in_own_mounts "$0" "$@"
make_root "${1:?usage: machine.sh DEB_DIR}"
end_with_machine

rules()
{
    inside iptables -S FORWARD | grep -c 'fwd-guard:' || true
}

two_rules()
{
    [ "$(rules)" -eq 2 ]
}

# heard: the monitor hears of a deletion, and so has heard of all before.
heard()
{
    local before
    before=$(marks)
    inside nft 'add table ip heard; add chain ip heard c; add rule ip heard c accept; flush chain ip heard c'
    sleep 0.1
    [ "$(marks)" -gt "$before" ]
}

marks() { grep -c 'delete rule ip heard' "$root/changes" || true; }

# dropped_a_rule: other than the mark.
dropped_a_rule()
{
    grep 'delete rule' "$root/changes" | grep -v 'delete rule ip heard'
}

# shellcheck disable=SC2119 # no options
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
expect "what is deleted from now on is heard" soon heard
pid=$(inside systemctl show -P MainPID fwd-guard.service)
expect "installs over itself" inside dpkg -i /fwd-guard.deb
expect "the service is another process" \
    test "$(inside systemctl show -P MainPID fwd-guard.service)" != "$pid"
expect "the service runs after the upgrade" inside systemctl is-active --quiet fwd-guard.service
expect "what was deleted has been heard" soon heard
expect_not "the upgrade dropped no rule" dropped_a_rule
inside nft delete table ip heard
expect "the rules stand after the upgrade" two_rules

for round in 1 2 3; do
    inside systemctl kill -s KILL fwd-guard.service
    expect "comes back from SIGKILL, $round" \
        soon inside systemctl is-active --quiet fwd-guard.service
done
expect "never two copies of a rule" two_rules

bring_installer
pid=$(inside systemctl show -P MainPID fwd-guard.service)
expect "install.sh installs the package and starts the service" inside /packaging/install.sh
expect_not "and not the one from before" \
    test "$(inside systemctl show -P MainPID fwd-guard.service)" = "$pid"
expect "the rules stand after install.sh" two_rules

expect "is removed" inside dpkg -r fwd-guard
expect_not "the service has stopped" inside systemctl is-active --quiet fwd-guard.service
expect "the rules stay" two_rules
expect "is purged" inside dpkg -P fwd-guard
expect "purge takes the tagged rules along" test "$(rules)" -eq 0
expect "the policy is not ours" inside sh -c 'iptables -S FORWARD | grep -q "P FORWARD DROP"'
expect_not "purge takes configuration and state along" \
    inside sh -c 'ls -d /etc/fwd-guard /var/lib/fwd-guard /run/fwd-guard 2>/dev/null'
