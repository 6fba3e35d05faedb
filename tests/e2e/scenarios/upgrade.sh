# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='the package is upgraded to another version and back, while traffic runs'
only_with=true
damages=0
events=2
setup() {
    upgrade_make && each upgrade_begin
}
event() { upgrade_to_other "$1" && await 5 upgrade_heard "$1" && upgrade_kept "$1"; }
also() { each upgrade_done; }
cleanup() { each upgrade_end; }

# The same program under a later version number: what dpkg and the unit do is what is tried.
upgrade_make() {
    local tree=$LAB_RUN/later
    rm -rf "$tree" && dpkg-deb -R "$LAB_PACKAGE" "$tree" &&
        sed -i 's/^Version: .*/&+later/' "$tree/DEBIAN/control" &&
        dpkg-deb --root-owner-group -Zgzip -b "$tree" "$LAB_RUN/later.deb" >/dev/null
}

upgrade_begin() {
    cp "$LAB_RUN/later.deb" "$(node_root "$1")/opt/lab/"
    on "$1" sh -c 'nft monitor rules >/opt/lab/changes 2>&1 & echo $! >/opt/lab/monitor'
    await 5 upgrade_heard "$1" # it hears when it has begun to
}

# upgrade_heard NODE: true if the monitor hears of a deletion, and so has heard of all before.
upgrade_heard() {
    local before
    before=$(upgrade_marks "$1")
    on "$1" nft 'add table ip heard; add chain ip heard c; add rule ip heard c accept; flush chain ip heard c' &&
        sleep 0.1 && [ "$(upgrade_marks "$1")" -gt "$before" ]
}

upgrade_marks() { grep -c 'delete rule ip heard' "$(node_root "$1")/opt/lab/changes"; }

# upgrade_kept NODE: no rule but the mark's was deleted.
upgrade_kept() { ! grep 'delete rule' "$(node_root "$1")/opt/lab/changes" | grep -v 'delete rule ip heard'; }

upgrade_version() { on "$1" dpkg-query -W -f '${Version}' fwd-guard; }

# upgrade_to_other NODE: to the later one, or back.
upgrade_to_other() {
    local package=later pid
    [[ $(upgrade_version "$1") != *+later ]] || package=fwd-guard
    pid=$(on "$1" systemctl show -P MainPID fwd-guard)
    on "$1" dpkg --force-downgrade -i "/opt/lab/$package.deb" >>"$LAB_RUN/upgrade$1.log" 2>&1 &&
        await 5 guard_active "$1" && [ "$(on "$1" systemctl show -P MainPID fwd-guard)" != "$pid" ]
}

upgrade_done() { [[ $(upgrade_version "$1") != *+later ]]; }

upgrade_end() { on "$1" sh -c 'kill $(cat /opt/lab/monitor); nft delete table ip heard'; }
