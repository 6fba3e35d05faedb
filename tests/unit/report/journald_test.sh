#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A real journald, in a mount namespace of its own, takes what the journal sink sends, and journalctl
# finds it by field and explains it from the catalog; also why the daemon has refused to start.
# Usage: journald_test.sh PROBE CATALOG DAEMON
set -eu
skip() { echo "SKIPPED: $1"; exit 77; }

if [ "${FWDGUARD_INSIDE:-}" != 1 ]; then
    [ "$(id -u)" = 0 ] || skip "needs root"
    [ -x /lib/systemd/systemd-journald ] || skip "no systemd-journald"
    unshare -m true 2>/dev/null || skip "no mount namespace of our own"
    FWDGUARD_INSIDE=1 exec unshare -m --propagation private "$0" "$@"
fi

probe=$1 catalog=$2 daemon=$3
[ -s /etc/machine-id ] || skip "no /etc/machine-id"
mount -t tmpfs none /run
scratch=/run/scratch
mkdir -p $scratch /run/systemd/journal /run/systemd/journal.probe /run/log/journal
# A journald of a namespace leaves the kernel's log and audit alone; here its socket gets the usual
# name. Nothing is stored outside this /run.
mount --bind /run/systemd/journal.probe /run/systemd/journal
mkdir -p /run/systemd/journald@probe.conf.d
printf '[Journal]\nStorage=volatile\nAudit=no\nForwardToSyslog=no\n' >/run/systemd/journald@probe.conf.d/x.conf
/lib/systemd/systemd-journald probe 2>$scratch/journald.log &
journald=$!
trap 'kill $journald 2>/dev/null; wait $journald 2>/dev/null || true' EXIT
for _ in $(seq 100); do
    [ -S /run/systemd/journal/socket ] && break
    sleep 0.05
done
[ -S /run/systemd/journal/socket ] || { cat $scratch/journald.log; skip "journald does not start here"; }

: >$scratch/stderr
stream=$(stat -c %d:%i $scratch/stderr)
JOURNAL_STREAM=$stream "$probe" 2>>$scratch/stderr
echo '{"rules":7}' >$scratch/bad.json
status=0
JOURNAL_STREAM=$stream "$daemon" --config $scratch/bad.json 2>>$scratch/stderr || status=$?
[ $status = 78 ] || { echo "refused with status $status, wanted 78"; exit 1; }
[ ! -s $scratch/stderr ] || { echo "wrote to stderr:"; cat $scratch/stderr; exit 1; }

mkdir -p $scratch/lib
journals=$(find /run/log/journal -mindepth 1 -maxdepth 1 -type d)
read_journal() { journalctl --quiet --directory="$journals" "$@"; }
for _ in $(seq 100); do
    [ -n "$(read_journal FWDGUARD_RULE=to-docker0 -o cat 2>/dev/null)" ] && break
    sleep 0.05
    journals=$(find /run/log/journal -mindepth 1 -maxdepth 1 -type d)
done

failed=0
expect() { # NAME VALUE
    local found
    found=$(read_journal FWDGUARD_RULE=to-docker0 -o json | python3 -c '
import json, sys
value = json.load(sys.stdin).get(sys.argv[1])
sys.stdout.write(bytes(value).decode("latin-1") if isinstance(value, list) else str(value))' "$1")
    [ "$found" = "$2" ] || { echo "$1: found '$found', wanted '$2'"; failed=1; }
}
expect MESSAGE "to-docker0: deleted from ip filter FORWARD by iptables (pid 4242, child of dockerd, docker.service); back at head after 41 us"
expect PRIORITY 5
expect SYSLOG_IDENTIFIER fwd-guard
expect FWDGUARD_EXPOSURE_USEC 41
expect FWDGUARD_CAUSE_UNIT docker.service
expect FWDGUARD_CAUSE_CMDLINE $'iptables -F\nFORWARD \xc3\xbf'
expect CODE_FILE None

# journalctl reads the compiled catalog from one place only.
mkdir -p $scratch/root/usr/lib/systemd/catalog $scratch/root/var/lib/systemd/catalog
cp "$catalog" $scratch/root/usr/lib/systemd/catalog/
journalctl --root=$scratch/root --update-catalog
mkdir -p /var/lib/systemd/catalog
mount --bind $scratch/root/var/lib/systemd/catalog /var/lib/systemd/catalog
read_journal -x FWDGUARD_RULE=to-docker0 >$scratch/explained
grep -q "Subject: Rule to-docker0 was damaged and has been repaired" $scratch/explained ||
    { echo "journalctl -x does not explain it:"; cat $scratch/explained; failed=1; }
read_journal -x MESSAGE_ID=ab29d093c054438b839196043eff0d6d >$scratch/refused
for text in "Subject: fwd-guard guards nothing" "$scratch/bad.json: /rules: found the number 7"; do
    grep -q "$text" $scratch/refused ||
        { echo "journalctl -x does not say '$text':"; cat $scratch/refused; failed=1; }
done
exit $failed
