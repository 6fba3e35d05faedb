# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='`service iptables restart` as on CentOS: flush all, restore a file that ends with REJECT'
setup() {
    local n
    for n in 1 2; do centos_file >"$(node_root "$n")/opt/lab/sysconfig"; done
}

# The file that system-config-firewall writes, with the port of the flannel path opened.
centos_file() {
    cat <<'RULES'
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
-A INPUT -p icmp -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -p udp -m udp --dport 8285 -j ACCEPT
-A INPUT -p udp -m udp --dport 8472 -j ACCEPT
-A INPUT -m state --state NEW -m tcp -p tcp --dport 22 -j ACCEPT
-A INPUT -j REJECT --reject-with icmp-host-prohibited
-A FORWARD -j REJECT --reject-with icmp-host-prohibited
COMMIT
RULES
}

event() {
    on "$1" sh -c '
        for chain in INPUT FORWARD OUTPUT; do iptables -w -P $chain ACCEPT; done
        for table in filter nat raw mangle; do iptables -w -t $table -F; iptables -w -t $table -X 2>/dev/null; done
        iptables-restore /opt/lab/sysconfig'
}
