# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='`systemctl restart systemd-journald`, then `iptables -F FORWARD`'
event() {
    on "$1" systemctl restart systemd-journald && date +%s.%6N >"$LAB_RUN/journal-is-back$1" &&
        on "$1" iptables -w -F FORWARD
}
# What was said before journald's restart is in the journal, too.
also() { each journal_has_flush; }
journal_has_flush() {
    await 5 guard_journal "$1" "$(<"$LAB_RUN/journal-is-back$1")" 'deleted from ip filter FORWARD' >/dev/null
}
