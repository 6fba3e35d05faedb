# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The network of two nodes: a namespace each, a cable between them, and the flannel path over it.
# Nothing of it is ever in the namespace of the host.

LAB_CABLE=192.168.77 # node N is .N
LAB_TUNNELS=()       # processes that carry the tun variant's packets

netns_of() { echo "$LAB_NAME-node$1"; }
other_of() { echo $((3 - $1)); }

# network_up VARIANT (vxlan or tun)
network_up() {
    local n
    for n in 1 2; do namespace_up "$n"; done
    LAB_FLANNEL=$(flannel_device "$1")
    cable_up "$1"
}

# network_rejoin VARIANT: node 2 comes back from a power-off with nothing of its old network left.
network_rejoin() {
    tunnels_down
    ip netns del "$(netns_of 2)"
    # The cable's other end goes some time after its namespace, and flannel.1 with it.
    await 5 cable_is_gone
    [ "$1" != tun ] || ip -n "$(netns_of 1)" link del flannel0
    namespace_up 2
    cable_up "$1"
}

cable_is_gone() { ! ip -n "$(netns_of 1)" link show eth0 >/dev/null 2>&1; }

namespace_up() {
    ip netns add "$(netns_of "$1")"
    ip -n "$(netns_of "$1")" link set lo up
    # Docker sets FORWARD to DROP only where it is the one that switches forwarding on.
    ip netns exec "$(netns_of "$1")" sysctl -qw net.ipv4.ip_forward=0
}

cable_up() {
    local n
    ip -n "$(netns_of 1)" link add eth0 type veth peer name eth0 netns "$(netns_of 2)"
    for n in 1 2; do
        ip -n "$(netns_of "$n")" addr add "$LAB_CABLE.$n/24" dev eth0
        ip -n "$(netns_of "$n")" link set eth0 up
        "flannel_$1" "$n"
    done
}

tunnels_down() {
    local pid
    for pid in "${LAB_TUNNELS[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
    LAB_TUNNELS=()
}

network_down() {
    local n
    tunnels_down
    for n in 1 2; do ip netns del "$(netns_of "$n")" 2>/dev/null; done
    return 0
}

flannel_device() {
    case $1 in
    vxlan) echo flannel.1 ;;
    tun) echo flannel0 ;;
    *) die "no such variant: $1 (there are: vxlan tun)" ;;
    esac
}

# As flanneld's vxlan backend sets it up, with what it learns from etcd written down.
flannel_vxlan() {
    local n=$1 other node
    other=$(other_of "$n")
    node=$(netns_of "$n")
    ip -n "$node" link add flannel.1 address "02:f1:00:00:00:0$n" mtu 1450 \
        type vxlan id 1 dev eth0 local "$LAB_CABLE.$n" dstport 8472 nolearning
    ip -n "$node" addr add "10.244.$n.0/32" dev flannel.1
    ip -n "$node" link set flannel.1 up
    ip -n "$node" neigh add "10.244.$other.0" lladdr "02:f1:00:00:00:0$other" dev flannel.1
    bridge -n "$node" fdb add "02:f1:00:00:00:0$other" dev flannel.1 dst "$LAB_CABLE.$other"
    ip -n "$node" route add "10.244.$other.0/24" via "10.244.$other.0" dev flannel.1 onlink
}

# As flanneld's udp backend: a tun device, and a process that carries its packets.
flannel_tun() {
    local n=$1 other node
    other=$(other_of "$n")
    node=$(netns_of "$n")
    ip -n "$node" tuntap add flannel0 mode tun
    ip -n "$node" addr add "10.244.$n.0/16" dev flannel0
    ip -n "$node" link set flannel0 mtu 1450 up
    ip netns exec "$node" "$LAB_TOOLS/tunnel" flannel0 "$LAB_CABLE.$n" "$LAB_CABLE.$other" 8285 &
    LAB_TUNNELS+=($!)
}
