# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Docker on the nodes, and the containers that talk to each other.

LAB_PORT=9000 # where the containers echo

container_address() { echo "10.244.$1.2"; }

# docker_prepare NODE: before the machine boots. The image needs no registry: busybox and the echo.
docker_prepare() {
    local n=$1 root image
    root=$(node_root "$n")
    image=$(node_dir "$n")/image
    mkdir -p "$root/etc/docker" "$image/bin"
    cat >"$root/etc/docker/daemon.json" <<JSON
{ "bip": "10.244.$n.1/24", "ip-masq": false, "mtu": 1450, "live-restore": true }
JSON
    cp "$root/bin/busybox" "$LAB_TOOLS/probe" "$image/bin/"
    ln -sf busybox "$image/bin/sh"
    tar -C "$image" -c . >"$root/opt/lab/image.tar"
}

# docker_start NODE: the daemon and its one lasting container.
docker_start() {
    local n=$1
    on "$n" systemctl -q enable --now docker || return 1
    on "$n" docker import /opt/lab/image.tar lab >/dev/null || return 1
    on "$n" docker run -d --name echo --restart=always lab /bin/probe serve "$LAB_PORT" >/dev/null
}

# docker_restart NODE: as an administrator does, as often as wanted.
docker_restart() {
    on "$1" systemctl reset-failed docker 2>/dev/null
    on "$1" systemctl restart docker
}

docker_version() { on 1 docker version -f '{{.Server.Version}}'; }

# docker_blocks_direct_access: true from 28.2 on, where a packet to a container from anywhere but its
# bridge is dropped before it comes to FORWARD.
docker_blocks_direct_access() { [ "$(docker_version | cut -d. -f1)" -ge 28 ]; }

container_pid() { on "$1" docker inspect -f '{{.State.Pid}}' echo; }

# in_container NODE COMMAND...: the node's program in the container's network.
in_container() {
    local n=$1
    shift
    on "$n" nsenter -t "${LAB_CONTAINER[$n]}" -n -- "$@"
}

containers_find() {
    declare -gA LAB_CONTAINER
    LAB_CONTAINER[1]=$(container_pid 1)
    LAB_CONTAINER[2]=$(container_pid 2)
}

docker0_reaches_docker0() { on 1 ping -q -c 2 -i 0.1 -W 1 -I 10.244.1.1 10.244.2.1 >/dev/null; }

containers_reach() {
    in_container 1 ping -q -c 2 -i 0.1 -W 1 "$(container_address 2)" >/dev/null &&
        in_container 2 ping -q -c 2 -i 0.1 -W 1 "$(container_address 1)" >/dev/null
}
