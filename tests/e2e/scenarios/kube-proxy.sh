# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
about='kube-proxy: `iptables-restore --noflush` of 5,000 KUBE-* rules, three times'
events=3
harmless=true
setup() {
    local n
    for n in 1 2; do kube_proxy_rules >"$(node_root "$n")/opt/lab/kube"; done
}

kube_proxy_rules() {
    awk 'BEGIN {
        print "*filter\n:KUBE-FORWARD - [0:0]\n:KUBE-SERVICES - [0:0]"
        print "-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP"
        print "-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT"
        print "-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
        print "COMMIT\n*nat\n:KUBE-SERVICES - [0:0]"
        for (i = 0; i < 2500; ++i) printf ":KUBE-SVC-%05d - [0:0]\n", i
        for (i = 0; i < 2500; ++i) {
            address = "10.96." int(i / 250) "." i % 250 + 1
            printf "-A KUBE-SERVICES -d %s/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-%05d\n", address, i
            printf "-A KUBE-SVC-%05d -p tcp -j DNAT --to-destination 10.244.9.%d:80\n", i, i % 250 + 1
        }
        print "COMMIT"
    }'
}

event() {
    on "$1" iptables-restore -w --noflush /opt/lab/kube
    on "$1" sh -c 'iptables -w -C FORWARD -j KUBE-FORWARD 2>/dev/null || iptables -w -I FORWARD -j KUBE-FORWARD'
}
