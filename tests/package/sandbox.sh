#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# sandbox.sh DEB_DIR: the daemon under its unit as shipped, on a booted machine: what it must be able
# to do works, what it does not need is gone; and the same with the drop-in no-legacy.conf. The audit
# stream reaches no machine; tests/netns/legacy has that part.
. "$(dirname "$0")/root.sh"
. "$(dirname "$0")/boot.sh"
in_own_mounts "$0" "$@"
make_root "${1:?usage: sandbox.sh DEB_DIR}"
end_with_machine

main_pid() { inside systemctl show -P MainPID fwd-guard.service; }
journal_says() { inside journalctl -q -o cat -u fwd-guard.service | grep -qF -e "$1"; }
copies() { inside "$1" -S FORWARD | grep -c 'fwd-guard:' || true; }
stand() { [ "$(copies "$1")" -eq 2 ]; }
watch_says() { inside fwd-guardctl status --json | tr -d ' \n' | grep -qE "$1"; }
held() { { inside fwd-guardctl status || true; } | grep held >/dev/null; } # which is status 1

# process FIELD: of /proc/PID/status of the daemon.
process() { inside sed -n "s/^$1:[[:space:]]*//p" "/proc/$(main_pid)/status"; }

# as_daemon COMMAND...: with the daemon's eyes: its mounts, user and group.
as_daemon()
{
    inside nsenter -t "$(main_pid)" -m setpriv --reuid fwd-guard --regid "$group" --clear-groups -- "$@"
}

# in_service within|without COMMAND: a service, named so, which runs COMMAND, with the daemon's user, group and
# capabilities, and within everything else that the unit says, or without it.
in_service()
{
    local unit=$root/etc/systemd/system/$1.service filter
    case $1 in
        within) filter='/^ExecReload=/d; /^ExecStartPost=/d; /^Restart/d; /^WatchdogSec=/d; /^NotifyAccess=/d' ;;
        without) filter='/^\[Service\]$\|^\(Type\|User\|Group\|\(Ambient\|Capab\)[A-Za-z]*\|ExecStart\|StateDirectory\)=/!d' ;;
    esac
    inside sed -e "$filter" -e 's/^Type=.*/Type=oneshot/; s|^ExecStart=.*|ExecStart=/bin/sh /srv/act|' \
        -e 's/=fwd-guard$/=fwd-guard-probe/; s/^User=.*/User=fwd-guard/' \
        /lib/systemd/system/fwd-guard.service >"$unit"
    printf '%s\n' "$2" >"$root/srv/act"
    inside systemctl daemon-reload
    inside systemctl start "$1.service"
}

flushed_and_back()
{
    inside "$1" -F FORWARD
    soon stand "$1"
}

boot_machine --capability=CAP_AUDIT_READ
inside dpkg -i /fwd-guard.deb >"$scratch/upper/dpkg.log" 2>&1
inside iptables -P FORWARD DROP
group=root

echo "# what is dropped"
expect "it has three capabilities, none inherited by others" \
    test "$(process CapEff) $(process CapPrm) $(process CapBnd)" = \
    "0000002000003000 0000002000003000 0000002000003000"
expect "it can gain no privileges" test "$(process NoNewPrivs)" = 1
expect "its system calls are filtered" test "$(process Seccomp)" = 2
if dpkg --compare-versions "$(uname -r)" ge 6.12 && inside grep -q '^se\.slice' /proc/1/sched; then
    expect "its time slice is the shortest there is" \
        inside grep -qE '^se\.slice *: *100000$' "/proc/$(main_pid)/sched"
else
    echo "left out: this kernel has no time slices, or does not tell them"
fi
grep -E '^(Uid|Gid|Groups):' <(inside cat "/proc/$(main_pid)/status") | sed 's/^/    /'
expect "it is fwd-guard, in the group root" \
    test "$(inside ps -o user= -p "$(main_pid)" | xargs) $(process Gid | xargs)" = "fwd-guard 0 0 0 0"
inside sh -c 'mkdir -p /run/containerd && touch /run/containerd/containerd.sock'
# That it is permitted to open them, as a member of the group root, is why they are hidden.
expect "the group root has a service's socket" inside test -e /run/containerd/containerd.sock
expect_not "the daemon does not see it" as_daemon test -e /run/containerd
as_daemon find /run -mindepth 1 -maxdepth 2 | sed 's/^/    /'
expect "it sees processes of others, to name causes" \
    grep -qz systemd <(as_daemon cat /proc/1/cmdline)
# Each of these is possible to the same user, group and capabilities without the sandbox, so it is the sandbox
# that refuses it. IPAddressDeny= is not among them: in a machine like this one systemd may not have BPF for it.
inside install -d -m 1777 /srv/open
for place in /tmp /home /run /dev; do inside sh -c "echo there >$place/probe"; done
inside ipcmk -Q >/dev/null
while IFS='|' read -r what act; do
    expect "without its sandbox it can $what" in_service without "$act" </dev/null
    expect_not "its sandbox does not let it $what" in_service within "$act" </dev/null 2>/dev/null
done <<'END'
write where everybody may|touch /srv/open/new
read others' temporary files|cat /tmp/probe
read what is at home|cat /home/probe
read what is in /run|cat /run/probe
read what is in /dev|cat /dev/probe
see others' message queues|ipcs -q | grep 0x
make a user namespace|unshare -U true
open a packet socket|perl -MSocket -e 'socket(my $s, 17, SOCK_RAW, 0) or die'
have memory to write and execute|perl -e '$mmap = `uname -m` =~ /x86_64/ ? 9 : 222; syscall($mmap, 0, 4096, 7, 0x22, -1, 0) != -1 or die'
change its personality|setarch -R true
change its priority|renice -n 19 $$
change an owner|touch "$STATE_DIRECTORY/own" && chown "$(id -u)" "$STATE_DIRECTORY/own"
make a program that runs as its owner|touch "$STATE_DIRECTORY/own" && chmod u+s "$STATE_DIRECTORY/own"
END
expect "its sandbox permits a harmless command" in_service within "touch /var/lib/fwd-guard-probe/new"

echo "# what works"
soon stand iptables
expect "nf_tables: flushed and back" flushed_and_back iptables
expect "no legacy table has come into being by looking" test -z "$(inside cat /proc/net/ip_tables_names)"
inside iptables-legacy -P FORWARD DROP
inside iptables-legacy -A FORWARD -i foreign0 -j ACCEPT
expect "legacy: a table that appears is guarded" soon stand iptables-legacy
expect "legacy: flushed and back" flushed_and_back iptables-legacy
inside iptables-legacy -A FORWARD -i foreign0 -j ACCEPT
inside iptables-legacy -D FORWARD 1
expect "legacy: deleted and back" soon stand iptables-legacy
expect "legacy: the foreign rule is left alone" inside iptables-legacy -C FORWARD -i foreign0 -j ACCEPT
inside flock /run/xtables.lock sh -c 'XTABLES_LOCKFILE=/other iptables-legacy -F FORWARD; sleep 4' &
expect "legacy: who holds the lock is named" soon journal_says "the xtables lock is held by pid "
wait $!
expect "legacy: back when the lock is free" soon stand iptables-legacy
expect "the status has both backends" watch_says '"backends":\["nf_tables","legacy"'
inside fwd-guardctl status | sed 's/^/    /'
# A service, since what is left running in here from outside keeps the machine from going down.
inside systemd-run -q --unit=watching -p StandardOutput=file:/watched fwd-guardctl watch
watched() { inside grep -qF -e "$1" /watched; }
listens() { inside fwd-guardctl hold all && inside fwd-guardctl release all && watched "to-docker0: held"; }
soon listens
inside nft delete table ip filter
expect "who watches is told that the chain is gone" soon watched "to-docker0: waiting, table ip filter deleted by nft"
inside iptables -P FORWARD DROP
expect "and that the rule is back" soon watched "to-docker0: table ip filter deleted by nft"
soon stand iptables
inside fwd-guardctl hold to-docker0
inside iptables -F FORWARD
expect "and of damage while it is held" soon watched "to-docker0: held, deleted from ip filter FORWARD by iptables"
inside fwd-guardctl release to-docker0
soon stand iptables
inside systemctl stop watching.service
expect "reload works" inside systemctl reload fwd-guard.service
expect "hold is kept in its state directory" inside fwd-guardctl hold all --for 10m
inside systemctl restart fwd-guard.service
expect "and survives a restart" soon held
inside fwd-guardctl release all
inside systemctl restart dbus.service
expect "D-Bus is back after its restart" soon inside fwd-guardctl check

echo "# with no-legacy.conf"
inside install -D -m 644 -t /etc/systemd/system/fwd-guard.service.d /usr/share/doc/fwd-guard/no-legacy.conf
inside systemctl daemon-reload
inside systemctl restart fwd-guard.service
group=fwd-guard
expect "it has one capability" test "$(process CapEff) $(process CapBnd)" = "0000000000001000 0000000000001000"
expect "it is in its own group" test "$(inside ps -o group= -p "$(main_pid)")" = fwd-guard
expect "the status says that legacy tables are unavailable" soon watch_says '"mode":"unavailable"'
expect "the journal says what would help" journal_says "no-legacy.conf"
expect "nf_tables: flushed and back" flushed_and_back iptables
inside iptables-legacy -F FORWARD
sleep 2
expect "legacy tables are left alone" test "$(copies iptables-legacy)" -eq 0
expect "it sees processes of others, to name causes" grep -qz systemd <(as_daemon cat /proc/1/cmdline)
