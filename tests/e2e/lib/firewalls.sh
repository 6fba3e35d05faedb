# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Other owners of the ruleset, set up so that the flannel path passes them.

# save_ruleset NODE FILE: as saved at a time when nobody had added a rule for containers yet.
save_ruleset() { on "$1" sh -c "iptables-save | grep -v fwd-guard: >$2"; }

# ufw_up NODE. ufw and netfilter-persistent exclude each other as packages. With MANAGE_BUILTINS,
# as hardening guides have it, ufw takes FORWARD for its own.
ufw_up() {
    on "$1" sh -c 'dpkg -s ufw >/dev/null 2>&1 || {
        dpkg -r iptables-persistent netfilter-persistent && dpkg -i /opt/lab/ufw_*.deb
    } >/opt/lab/ufw.log 2>&1'
    on "$1" sed -i 's/^MANAGE_BUILTINS=.*/MANAGE_BUILTINS=yes/' /etc/default/ufw
    on "$1" sh -c 'ufw allow 8472/udp && ufw allow 8285/udp && ufw --force enable' >/dev/null
}

# firewalld_up NODE BACKEND. The administrator has put the flannel path and docker0 into the trusted
# zone: without that firewalld's own table rejects the traffic, whatever iptables says.
firewalld_up() {
    local n=$1 device
    on "$n" sed -i "s/^FirewallBackend=.*/FirewallBackend=$2/" /etc/firewalld/firewalld.conf
    for device in eth0 "$LAB_FLANNEL" docker0; do
        on "$n" firewall-offline-cmd -q --zone=trusted --add-interface="$device" 2>/dev/null
    done
    on "$n" systemctl start firewalld || return 1
    docker_restart "$n"
}
