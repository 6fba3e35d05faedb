# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What a run that was killed outright has left behind; the next run sweeps it.

lab_sweep() {
    local dir pid
    for dir in "$LAB_CACHE"/run.*; do
        pid=$(cat "$dir/pid" 2>/dev/null) || continue
        kill -0 "$pid" 2>/dev/null || sweep_run "$dir" "fwdlab-$pid"
    done
}

# sweep_run DIR NAME: first its machines and other processes, then what they held.
sweep_run() {
    local dir=$1 name=$2 point
    say "sweeping what $name has left"
    for point in 1 2; do
        cgroups_remove "$name-node$point"
        ip netns pids "$name-node$point" 2>/dev/null | xargs -r kill -KILL 2>/dev/null
        ip netns del "$name-node$point" 2>/dev/null
    done
    for point in "$dir"/{node1,node2,package}/root; do
        if mountpoint -q "$point" 2>/dev/null; then umount -l "$point"; fi
    done
    rm -rf "$dir"
}
