# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The whole of it: what it needs, its beginning and, whatever happens, its end.

lab_need_means() {
    local tool
    [ "$(id -u)" = 0 ] || skip "needs root"
    for tool in mmdebstrap systemd-nspawn nsenter ip bridge nft mount; do
        command -v "$tool" >/dev/null || skip "$tool is missing"
    done
    grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null || skip "the kernel has no overlay file system"
    unshare -n true 2>/dev/null || skip "network namespaces are not permitted"
    mkdir -p "$LAB_CACHE" 2>/dev/null && [ -w "$LAB_CACHE" ] || skip "$LAB_CACHE cannot be written"
    lab_has_overlays || skip "no overlay can be mounted in $LAB_CACHE"
    for tool in "$LAB_TOOLS"/{probe,tunnel,audit} "$LAB_DAEMON"; do
        [ -x "$tool" ] || skip "$tool is missing: build it"
    done
    # Machines are not made inside machines that cannot hold them.
    [ -w /sys/fs/cgroup ] || skip "/sys/fs/cgroup is not writable"
}

# The file system of the cache may refuse to be the upper layer of one, as an overlay does.
lab_has_overlays() {
    local trial status=0
    trial=$(mktemp -d "$LAB_CACHE/trial.XXXXXX") || return 1
    mkdir "$trial"/{lower,upper,work,root}
    unshare --mount mount -t overlay overlay \
        -o "lowerdir=$trial/lower,upperdir=$trial/upper,workdir=$trial/work" "$trial/root" 2>/dev/null || status=1
    rm -rf "$trial"
    return "$status"
}

lab_begin() {
    lab_sweep
    LAB_NAME=fwdlab-$$
    LAB_RUN=$(mktemp -d "$LAB_CACHE/run.XXXXXX")
    echo $$ >"$LAB_RUN/pid"
    LAB_TRAFFIC='' LAB_WATCH='' LAB_WATCH_READER='' LAB_RCU=''
    mkdir -p "$LAB_RESULTS"
    rm -f "$LAB_RESULTS/$LAB_ROOT-$LAB_VARIANT"*
    trap lab_end EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

lab_boot() {
    local n
    say "booting two nodes of $LAB_ROOT, joined by $LAB_VARIANT"
    network_up "$LAB_VARIANT"
    for n in 1 2; do
        machine_create "$n" "$(root_layers "$LAB_ROOT")"
        docker_prepare "$n"
    done
    for n in 1 2; do machine_boot "$n"; done
    each docker_start || die "Docker does not start: $(on 1 journalctl -u docker --no-pager | tail -n 5)"
    containers_find
    LAB_DIRECT_ACCESS=false
    ! docker_blocks_direct_access || LAB_DIRECT_ACCESS=true
    LAB_TITLE="Docker $(docker_version | cut -d+ -f1)"
    [ "$LAB_VARIANT" = vxlan ] || LAB_TITLE="$LAB_TITLE, $LAB_VARIANT"
    say "$LAB_TITLE is up on both"
}

# Machines share the host's kernel, so this is a setting of the host, for the time of the lab.
lab_expedite_rcu() {
    LAB_RCU=$(cat /sys/kernel/rcu_expedited) || die "this kernel has no /sys/kernel/rcu_expedited"
    echo 1 >/sys/kernel/rcu_expedited
}

lab_end() {
    local status=$? pid n
    trap '' INT TERM HUP
    trap - EXIT
    if [ "$status" != 0 ]; then
        for n in 1 2; do
            [ -z "${LAB_INIT[$n]:-}" ] || machine_journal "$n" >"$LAB_RESULTS/$LAB_ROOT-$LAB_VARIANT-node$n.log" 2>&1
        done
        cat "$LAB_RUN"/outside/*.log >"$LAB_RESULTS/$LAB_ROOT-$LAB_VARIANT-outside.log" 2>/dev/null
    fi
    [ -z "$LAB_RCU" ] || echo "$LAB_RCU" >/sys/kernel/rcu_expedited
    for pid in $LAB_TRAFFIC $LAB_WATCH $LAB_WATCH_READER; do kill "$pid" 2>/dev/null; done
    guards_outside_end
    for n in 1 2; do machine_destroy "$n"; done
    network_down
    package_abandon
    rm -rf "$LAB_RUN"
    exit "$status"
}
