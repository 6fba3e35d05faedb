# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Other owners of the ruleset, set up so that the flannel path passes them.

# save_ruleset NODE FILE: as saved at a time when nobody had added a rule for containers yet.
save_ruleset() { on "$1" sh -c "iptables-save | grep -v fwd-guard: >$2"; }

# ufw_up NODE. As packages ufw and netfilter-persistent exclude each other; the machines need both.
# With MANAGE_BUILTINS, as hardening guides have it, ufw takes FORWARD for its own.
ufw_up() {
    on "$1" sh -c 'command -v ufw >/dev/null || dpkg -i --force-breaks --force-conflicts /opt/lab/ufw_*.deb' \
        >>"$LAB_RUN/ufw.log" 2>&1
    on "$1" sed -i 's/^MANAGE_BUILTINS=.*/MANAGE_BUILTINS=yes/' /etc/default/ufw
    # Else ufw drops the flannel path itself while it reloads.
    on "$1" sh -c 'ufw default allow incoming && ufw --force enable' >/dev/null
}

# firewalld_up NODE BACKEND. The administrator has put the flannel path into the trusted zone: without
# that firewalld's own table rejects the traffic, whatever iptables says. docker0's zone is Docker's.
firewalld_up() {
    local n=$1 device
    on "$n" sed -i "s/^FirewallBackend=.*/FirewallBackend=$2/" /etc/firewalld/firewalld.conf
    for device in eth0 "$LAB_FLANNEL"; do
        on "$n" firewall-offline-cmd -q --zone=trusted --add-interface="$device" 2>/dev/null
    done
    on "$n" systemctl start firewalld || return 1
    # Docker asks for its zone when it starts; a firewalld that is not ready yet is none.
    await 30 firewalld_runs "$n" || return 1
    docker_restart "$n"
}

firewalld_runs() { on "$1" firewall-cmd -q --state >/dev/null 2>&1; }

# firewalld_reload NODE: until Docker has heard of it as well. firewalld forgets docker0's zone meanwhile, and its own
# table rejects the containers' packets until Docker has asked for the zone again, 200 ms after the reload's end.
firewalld_reload() {
    on "$1" firewall-cmd --reload >/dev/null || return 1
    await 20 firewalld_knows_docker0 "$1"
}

firewalld_knows_docker0() { [ "$(on "$1" firewall-cmd --get-zone-of-interface=docker0 2>/dev/null)" = docker ]; }
