#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# offline.sh DEB_DIR: in a container without systemd the package configures itself without failing,
# starts nothing, and takes only its own rules along when it is purged.
. "$(dirname "$0")/root.sh"
in_own_mounts "$0" "$@"
make_root "${1:?usage: offline.sh DEB_DIR}"
trap remove_root EXIT

# A network and processes of its own; PID 1 has the same root, so this does not look like a chroot.
inside()
{
    unshare --net --pid --fork --mount-proc=/proc --root="$root" \
        /bin/sh -euc "export PATH=/usr/sbin:/usr/bin:/sbin:/bin; $1"
}

expect "installs" inside 'dpkg -i /fwd-guard.deb'
expect "the user exists" inside 'getent passwd fwd-guard >/dev/null'
expect "the service is enabled for the next boot" \
    test -L "$root/etc/systemd/system/multi-user.target.wants/fwd-guard.service"
expect "the shipped configuration is accepted" inside '/usr/sbin/fwd-guard --check-config'
expect "installs over itself" inside 'dpkg -i /fwd-guard.deb'
bring_installer
# shellcheck disable=SC2016 # for the shell inside
expect "install.sh ends with the daemon in the foreground, and with its status" inside '
    /packaging/install.sh >/install.log 2>&1 &
    for _ in $(seq 300); do
        grep -q "guards 2 rules" /install.log && break
        kill -0 $! 2>/dev/null || break
        sleep 0.1
    done
    kill $!; wait $!'
expect "install.sh says what it does" grep -q 'systemd does not run here: starting fwd-guard' "$root/install.log"
expect_not "install.sh refuses what it does not know" inside '/packaging/install.sh --bogus'
expect "is removed" inside 'dpkg -r fwd-guard'
expect "the configuration stays" test -f "$root/etc/fwd-guard/fwd-guard.json"

# Both encodings of the tag, an iptables table, and one that iptables cannot read; foreign rules
# beside them, one of which mentions the tag in the middle of its comment.
rules='
    iptables -A FORWARD -i a0 -m comment --comment fwd-guard:compat -j ACCEPT
    iptables -A FORWARD -i a1 -m comment --comment "not fwd-guard:compat" -j ACCEPT
    ip6tables -t raw -A PREROUTING -i a2 -m comment --comment fwd-guard:six -j ACCEPT
    nft add rule ip filter FORWARD iifname a3 counter accept comment \"fwd-guard:native\"
    nft add table inet other
    nft add chain inet other forward
    nft add rule inet other forward ct state new accept comment \"fwd-guard:inet\"
    nft add rule inet other forward iifname a4 accept comment \"foreign\"'
# The same in legacy tables, where the kernel has them. Another program holds their lock while purge begins.
legacy=''
if inside 'iptables-legacy -S && ip6tables-legacy -t raw -S' >/dev/null 2>&1; then
    legacy='
    iptables-legacy -A FORWARD -i b0 -m comment --comment fwd-guard:legacy -j ACCEPT
    iptables-legacy -A FORWARD -i b1 -m comment --comment "not fwd-guard:legacy" -j ACCEPT
    iptables-legacy -t mangle -A POSTROUTING -o b2 -m comment --comment fwd-guard:mangle -j ACCEPT
    ip6tables-legacy -t raw -A PREROUTING -i b3 -m comment --comment fwd-guard:legacy6 -j ACCEPT
    ip6tables-legacy -t raw -A PREROUTING -i b4 -j ACCEPT
    flock /run/xtables.lock sleep 2 &'
else
    echo "left out: this kernel has no legacy tables"
fi
# Also takes the package's purge: all in one network namespace.
inside "dpkg -i /fwd-guard.deb >/dev/null; $rules $legacy
    dpkg -P fwd-guard
    { iptables-save; ip6tables-save; nft list ruleset; iptables-legacy-save; ip6tables-legacy-save; } >/after"
cat "$root/after"
expect_not "purge leaves no tagged rule" grep -q -e '"fwd-guard:' -e 'comment fwd-guard:' "$root/after"
for interface in a0 a2 a3 ${legacy:+b0 b2 b3}; do
    expect_not "the rule on $interface is gone" grep -q "$interface" "$root/after"
done
for interface in a1 a4 ${legacy:+b1 b4}; do
    expect "the foreign rule on $interface is there" grep -q "$interface" "$root/after"
done
expect_not "purge takes the configuration along" test -e "$root/etc/fwd-guard"
