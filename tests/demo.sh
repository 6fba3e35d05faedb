#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The story that fwd-guard was written for, in throw-away network namespaces: two nodes, a docker0
# bridge with a container on each, flannel.1 between them, Docker's FORWARD rules. No Docker needed,
# nothing of the host's own network is touched. Exit status: 0 as told, 1 not, 77 not possible here.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: sudo tests/demo.sh [--without] [--help]
  --without   stop after the part without fwd-guard
Environment: FWDGUARD_DAEMON  the daemon to show (default: build/release/daemon/fwd-guard,
                              an installed one, or a fresh build)
TEXT
}

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
prefix=fwdguard-demo-$$
scratch=
daemons=()
traffic_pid=

if [ -t 1 ]; then
    bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' cyan=$'\e[36m' plain=$'\e[0m'
else
    bold='' dim='' red='' green='' cyan='' plain=''
fi

# --- telling -----------------------------------------------------------------------------------

chapter() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
tell() { printf '  %s\n' "$*"; }
good() { printf '  %s✓%s %s\n' "$green" "$plain" "$*"; }

fail() {
    printf '\n%sdemo: %s%s\n' "$red" "$*" "$plain" >&2
    show_state >&2
    exit 1
}

cannot() {
    echo "demo: cannot run here: $*" >&2
    exit 77
}

show_state() {
    local node
    [ -n "$scratch" ] || return 0
    for node in node1 node2; do
        echo "--- $node: FORWARD"
        on "$node" iptables-nft -w -S FORWARD 2>&1 || true
        [ ! -s "$scratch/$node.log" ] || { echo "--- $node: fwd-guard" && cat "$scratch/$node.log"; }
    done
}

# --- the nodes ---------------------------------------------------------------------------------

on() { # on NAME COMMAND...
    local name=$1
    shift
    ip netns exec "$prefix-$name" "$@"
}

both() { # both COMMAND...: on both nodes
    printf '  %s[both nodes] $ %s%s\n' "$cyan" "$*" "$plain"
    on node1 "$@"
    on node2 "$@"
}

teardown() {
    local pid name
    trap - EXIT INT TERM HUP
    for pid in "${daemons[@]}" $traffic_pid; do kill "$pid" 2>/dev/null || true; done
    for pid in "${daemons[@]}" $traffic_pid; do wait "$pid" 2>/dev/null || true; done
    for name in node1 node2 box1 box2; do ip netns del "$prefix-$name" 2>/dev/null || true; done
    [ -z "$scratch" ] || rm -rf "$scratch"
}

make_node() { # make_node NUMBER OTHER: docker0 with one container, flannel.1 to the other node
    local n=$1 other=$2 node=$prefix-node$1
    ip netns add "$prefix-box$n"
    ip -n "$node" link set lo up
    ip -n "$node" link set eth0 address "02:00:00:00:00:0$n" up
    ip -n "$node" addr add "192.168.77.$n/24" dev eth0

    ip -n "$node" link add docker0 type bridge
    ip -n "$node" addr add "10.244.$n.1/24" dev docker0
    ip -n "$node" link set docker0 up
    ip -n "$node" link add vethbox type veth peer name eth0 netns "$prefix-box$n"
    ip -n "$node" link set vethbox master docker0 up
    ip -n "$prefix-box$n" link set lo up
    ip -n "$prefix-box$n" addr add "10.244.$n.2/24" dev eth0
    ip -n "$prefix-box$n" link set eth0 up
    ip -n "$prefix-box$n" route add default via "10.244.$n.1"

    ip -n "$node" link add flannel.1 address "02:f1:00:00:00:0$n" mtu 1450 \
        type vxlan id 1 dev eth0 local "192.168.77.$n" dstport 8472 nolearning
    ip -n "$node" addr add "10.244.$n.0/32" dev flannel.1
    ip -n "$node" link set flannel.1 up
    ip -n "$node" neigh add "10.244.$other.0" lladdr "02:f1:00:00:00:0$other" dev flannel.1
    bridge -n "$node" fdb add "02:f1:00:00:00:0$other" dev flannel.1 dst "192.168.77.$other"
    ip -n "$node" route add "10.244.$other.0/24" via "10.244.$other.0" dev flannel.1 onlink
    on "node$n" sysctl -qw net.ipv4.ip_forward=1
}

make_network() {
    ip netns add "$prefix-node1"
    ip netns add "$prefix-node2"
    ip -n "$prefix-node1" link add eth0 type veth peer name eth0 netns "$prefix-node2"
    make_node 1 2
    make_node 2 1
}

# What dockerd 20.10 to 27 runs when it starts and finds none of its rules.
docker_rules() { # docker_rules NODE
    local rule
    while read -r rule; do
        # shellcheck disable=SC2086 # words are arguments
        on "$1" iptables-nft -w $rule
    done <<'TEXT'
-N DOCKER
-N DOCKER-ISOLATION-STAGE-1
-N DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
-A DOCKER-ISOLATION-STAGE-2 -j RETURN
-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-P FORWARD DROP
-I FORWARD -i docker0 -o docker0 -j ACCEPT
-I FORWARD -i docker0 ! -o docker0 -j ACCEPT
-I FORWARD -o docker0 -j DOCKER
-I FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-I FORWARD -j DOCKER-ISOLATION-STAGE-1
-N DOCKER-USER
-A DOCKER-USER -j RETURN
-I FORWARD -j DOCKER-USER
TEXT
}

# --- looking -----------------------------------------------------------------------------------

reaches() { on "$1" ping -q -c 3 -i 0.1 -W 1 -I "$2" "$3" >/dev/null 2>&1; }
docker0_reaches() { reaches node1 10.244.1.1 10.244.2.1; }
containers_reach() { reaches box1 10.244.1.2 10.244.2.2 && reaches box2 10.244.2.2 10.244.1.2; }

guarded() { # guarded NODE: both of the shipped rules stand in FORWARD, once each
    local rules
    rules=$(on "$1" iptables-nft -w -S FORWARD 2>/dev/null) || return 1
    [ "$(grep -c -- 'fwd-guard:to-docker0' <<<"$rules")" = 1 ] &&
        [ "$(grep -c -- 'fwd-guard:from-docker0' <<<"$rules")" = 1 ]
}

await() { # await SECONDS COMMAND...
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}

start_guard() { # start_guard NODE
    local runtime=$scratch/$1.run
    mkdir -p "$runtime/state"
    # No system bus in here: the guard says so once and guards all the same.
    RUNTIME_DIRECTORY=$runtime STATE_DIRECTORY=$runtime/state \
        DBUS_SYSTEM_BUS_ADDRESS=unix:path=$runtime/no-bus \
        ip netns exec "$prefix-$1" "$daemon" "${daemon_options[@]}" 2>"$scratch/$1.log" &
    daemons+=($!)
    await 5 guarded "$1" || fail "fwd-guard did not put its rules into FORWARD of $1"
}

# Damage is told by its cause, so the log must name the tool; what is new since the last look is shown.
log_names() { tail -n "+$((log_seen + 1))" "$scratch/node1.log" | grep -q -- "$1"; }

shows_cause() { # shows_cause TOOL
    await 3 log_names "$1" || fail "fwd-guard's log does not name $1"
    tell "fwd-guard's log on node1:"
    tail -n "+$((log_seen + 1))" "$scratch/node1.log" | sed "s/^/    $dim/; s/\$/$plain/"
    log_seen=$(wc -l <"$scratch/node1.log")
}

still_works() { # still_works TOOL
    await 3 guarded node1 || fail "the rules are not back on node1 after $1"
    await 3 guarded node2 || fail "the rules are not back on node2 after $1"
    containers_reach || fail "containers cannot reach each other after $1"
    good "container -> container: works"
    shows_cause "$1"
}

# --- means -------------------------------------------------------------------------------------

install_packages() {
    command -v apt-get && apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

need_tools() {
    local missing=() tool
    for tool in ip:iproute2 bridge:iproute2 iptables-nft:iptables nft:nftables ping:iputils-ping sysctl:procps; do
        command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    if ! install_packages "${missing[@]}" >/dev/null; then cannot "missing: ${missing[*]}"; fi
}

find_daemon() {
    daemon=${FWDGUARD_DAEMON:-$source_dir/build/release/daemon/fwd-guard}
    [ ! -x "$daemon" ] || return 0
    daemon=$(command -v fwd-guard || true)
    [ -z "$daemon" ] || return 0
    tell "building fwd-guard ..."
    daemon=$source_dir/build/release/daemon/fwd-guard
    (cd "$source_dir" && cmake --preset release && cmake --build --preset release --target fwd-guard) \
        >"$scratch/build.log" 2>&1 ||
        { tail -n 20 "$scratch/build.log" >&2 && fail "the build failed (packaging/install.sh installs what it needs)"; }
}

# --- the story ---------------------------------------------------------------------------------

without=false
case ${1:-} in
'') ;;
--without) without=true ;;
--help | -h) usage && exit 0 ;;
*) usage >&2 && exit 64 ;;
esac
[ "$(id -u)" = 0 ] || cannot "needs root (sudo tests/demo.sh)"
need_tools
trap teardown EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
scratch=$(mktemp -d)
log_seen=0
# Where the plain name means the legacy program, the other one is meant here.
iptables=iptables
case $(iptables -V) in *nf_tables*) ;; *) iptables="iptables-nft" ;; esac

chapter "Two nodes, a docker0 with one container on each, flannel.1 between them"
make_network 2>"$scratch/network.log" || cannot "network namespaces: $(tail -n 1 "$scratch/network.log")"
docker0_reaches || fail "docker0 cannot reach docker0: the flannel path is not up"
containers_reach || fail "containers cannot reach each other although nothing filters yet"
good "docker0 -> docker0: works, container -> container: works"

chapter "Docker starts: policy DROP, and an ACCEPT only for what leaves docker0"
docker_rules node1
docker_rules node2
on node1 iptables-nft -w -S FORWARD | sed "s/^/    $dim/; s/\$/$plain/"
docker0_reaches || fail "docker0 cannot reach docker0 any more"
good "docker0 -> docker0: works"
if containers_reach; then fail "containers reach each other: Docker's rules do not show the problem"; fi
good "container -> container: ${red}fails${plain}, and that is the problem"
! $without || exit 0

chapter "fwd-guard starts on both nodes with the shipped configuration"
find_daemon
daemon_options=()
if [ -e "$source_dir/config/fwd-guard.json" ]; then
    # As root's own: in a checkout that belongs to somebody else it would be refused.
    cp "$source_dir/config/fwd-guard.json" "$scratch/"
    daemon_options=(--config "$scratch/fwd-guard.json")
fi
start_guard node1
start_guard node2
on node1 iptables-nft -w -S FORWARD | sed "s/^/    $dim/; s/\$/$plain/"
containers_reach || fail "containers cannot reach each other with fwd-guard"
good "container -> container: works"
log_seen=$(wc -l <"$scratch/node1.log")
# A foreign file from a time before fwd-guard: it knows nothing of our rules.
on node1 iptables-nft-save -t filter | grep -v fwd-guard: >"$scratch/saved"
# A background process of a script ignores SIGINT, which is how ping is asked for its summary.
ip netns exec "$prefix-box1" env --default-signal=INT \
    ping -q -i 0.01 -W 1 10.244.2.2 >"$scratch/traffic" 2>&1 &
traffic_pid=$!

chapter "Somebody flushes FORWARD"
both "$iptables" -F FORWARD
still_works iptables

chapter "Somebody restores a saved file"
both "$iptables-restore" "$scratch/saved"
still_works iptables

chapter "Somebody flushes the whole ruleset, and Docker starts again"
both nft flush ruleset
docker_rules node1
docker_rules node2
still_works nft

kill -INT "$traffic_pid"
wait "$traffic_pid" || true
traffic_pid=
summary=$(grep 'packet loss' "$scratch/traffic") || fail "the traffic was not counted"
read -r sent _ _ received _ <<<"$summary"
chapter "All this time one container pinged the other, 100 times a second"
[ $((sent - received)) -le 5 ] || fail "lost $((sent - received)) of $sent packets"
good "$sent sent, $((sent - received)) lost"
