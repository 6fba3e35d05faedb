# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Machines: systemd as PID 1 in a container with its own network namespace, on an overlay above a
# cached root. What a machine writes is thrown away with it.

declare -A LAB_NSPAWN=() # node -> pid of its systemd-nspawn
declare -A LAB_INIT=()   # node -> pid of its systemd, as the host sees it
LAB_CGROUPS=()           # where the hierarchies are that machines get a cgroup in
for top in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    [ ! -e "$top/cgroup.procs" ] || LAB_CGROUPS+=("$top")
done

node_dir() { echo "$LAB_RUN/node$1"; }
node_root() { echo "$LAB_RUN/node$1/root"; }

# on NODE COMMAND...: inside the machine.
on() {
    local n=$1
    shift
    nsenter -t "${LAB_INIT[$n]}" -a -- "$@"
}

# both COMMAND...: on both nodes at once; fails if one fails.
both() {
    local first status=0
    on 1 "$@" &
    first=$!
    on 2 "$@" || status=1
    wait "$first" || status=1
    return "$status"
}

# each FUNCTION [ARGUMENT...]: calls FUNCTION NODE ARGUMENT... for both nodes at once.
each() {
    local function=$1 first status=0
    shift
    "$function" 1 "$@" &
    first=$!
    "$function" 2 "$@" || status=1
    wait "$first" || status=1
    return "$status"
}

# machine_create NODE ROOT_DIR: its disk, not yet running.
machine_create() {
    local dir
    dir=$(node_dir "$1")
    # Docker cannot put its own overlays above an overlay: its directories are plain ones.
    mkdir -p "$dir"/{upper,work,root,docker,containerd}
    mount -t overlay overlay -o "lowerdir=$2,upperdir=$dir/upper,workdir=$dir/work" "$dir/root" ||
        die "node $1 has no disk"
    tr -d - </proc/sys/kernel/random/uuid >"$dir/root/etc/machine-id"
    echo "node$1" >"$dir/root/etc/hostname"
    mkdir -p "$dir/root/var/log/journal" # kept over a reboot
    # /proc/sys is writable for Docker's sake, and much of what is set at boot would be the host's.
    mkdir -p "$dir/root/etc/systemd/system"
    ln -sf /dev/null "$dir/root/etc/systemd/system/systemd-sysctl.service"
    # Containers that live-restore keeps alive would hold up a power-off for 90 s.
    mkdir -p "$dir/root/etc/systemd/system.conf.d"
    printf '[Manager]\nDefaultTimeoutStopSec=5s\n' >"$dir/root/etc/systemd/system.conf.d/lab.conf"
}

# machine_boot NODE: returns when multi-user.target is reached.
machine_boot() {
    local n=$1 dir
    dir=$(node_dir "$n")
    machine_run "$n" &
    LAB_NSPAWN[$n]=$!
    await 10 machine_has_init "$n" || die "node $n does not boot: $(tail -n 3 "$dir/console")"
    LAB_INIT[$n]=$(machine_find_init "$n")
    await 180 machine_ready "$n" || die "node $n does not come up: $(on "$n" systemctl list-jobs 2>&1)"
}

# machine_run NODE: does not return; called in a process of its own.
machine_run() {
    local n=$1 dir top
    dir=$(node_dir "$n")
    # Without one of its own, both machines would share the cgroup "payload" of whoever starts them.
    for top in "${LAB_CGROUPS[@]}"; do
        mkdir -p "$top/$LAB_NAME-node$n"
        echo "$BASHPID" >"$top/$LAB_NAME-node$n/cgroup.procs"
    done
    export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes SYSTEMD_NSPAWN_LOCK=0
    # In a session of its own: Ctrl-C would shut the machine down while its journal is read.
    exec setsid systemd-nspawn -q -D "$dir/root" --machine="$LAB_NAME-node$n" --boot --register=no --keep-unit --capability=all \
        --system-call-filter="add_key keyctl bpf request_key" \
        --network-namespace-path="/run/netns/$(netns_of "$n")" \
        --resolv-conf=off --timezone=off --link-journal=no --console=pipe \
        --bind="$dir/docker:/var/lib/docker" --bind="$dir/containerd:/var/lib/containerd" \
        --bind-ro="$LAB_TOOLS:/opt/lab/bin" \
        </dev/null >>"$dir/console" 2>&1
}

# systemd-nspawn has short-lived children before the one that becomes the machine's systemd.
machine_find_init() { pgrep -x -P "${LAB_NSPAWN[$1]}" systemd; }
machine_has_init() { machine_find_init "$1" >/dev/null; }
machine_ready() { on "$1" systemctl -q is-active multi-user.target 2>/dev/null; }

# machine_power_off NODE: in good order, as for a reboot.
machine_power_off() {
    kill -s RTMIN+4 "${LAB_INIT[$1]}"
    await 60 machine_is_gone "$1" || die "node $1 does not power off"
    wait "${LAB_NSPAWN[$1]}" 2>/dev/null
    unset "LAB_NSPAWN[$1]" "LAB_INIT[$1]"
}

machine_is_gone() { ! kill -0 "${LAB_NSPAWN[$1]}" 2>/dev/null; }

# machine_destroy NODE: whatever state it is in.
machine_destroy() {
    local dir
    dir=$(node_dir "$1")
    { # bash has to say something about a process that was killed
        cgroups_remove "$LAB_NAME-node$1"
        [ -z "${LAB_NSPAWN[$1]:-}" ] || wait "${LAB_NSPAWN[$1]}"
    } 2>/dev/null
    unset "LAB_NSPAWN[$1]" "LAB_INIT[$1]"
    if mountpoint -q "$dir/root" 2>/dev/null; then umount "$dir/root" || umount -l "$dir/root"; fi
    return 0
}

# cgroups_remove NAME: kills what is in it, systemd-nspawn and all of the machine.
cgroups_remove() {
    local top pid
    for top in "${LAB_CGROUPS[@]}"; do
        [ ! -d "$top/$1" ] ||
            find "$top/$1" -name cgroup.procs -exec cat {} + 2>/dev/null |
            while read -r pid; do kill -KILL "$pid" 2>/dev/null; done
    done
    await 10 cgroups_gone "$1" || note "the cgroup $1 stays"
}

# The kernel lets a cgroup go some time after the last process has ended.
cgroups_gone() {
    local top
    for top in "${LAB_CGROUPS[@]}"; do
        [ ! -d "$top/$1" ] || find "$top/$1" -depth -type d -exec rmdir {} + 2>/dev/null
        [ ! -d "$top/$1" ] || return 1
    done
}

# machine_journal NODE: what is worth keeping when something failed.
machine_journal() {
    on "$1" journalctl -q --no-pager -o short-precise
    echo "--- rulesets"
    on "$1" iptables-save
    on "$1" nft list ruleset
    on "$1" systemctl --no-pager --failed
    if on "$1" sh -c 'command -v fwd-guardctl' >/dev/null; then on "$1" fwd-guardctl status; fi
}
