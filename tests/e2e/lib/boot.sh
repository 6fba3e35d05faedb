# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What a reboot is measured with: the boot script people use today, and a watch on the ruleset of a
# node that begins before its machine does.

# boot_unit_install NODE: the boot script, in its usual form.
boot_unit_install() {
    local root
    root=$(node_root "$1")
    {
        echo "[Unit]"
        echo "After=docker.service"
        echo "[Service]"
        echo "Type=oneshot"
        echo "ExecStart=/bin/sleep 10"
        echo "ExecStart=/usr/sbin/iptables -w -I FORWARD ${LAB_FROM[*]}"
        echo "ExecStart=/usr/sbin/iptables -w -I FORWARD ${LAB_TO[*]}"
        ! $LAB_DIRECT_ACCESS ||
            echo "ExecStart=/usr/sbin/iptables -w -t raw -I PREROUTING -i $LAB_FLANNEL -j ACCEPT"
        # So that a boot, as measured here, does not wait for it.
        echo "[Install]"
        echo "WantedBy=timers.target"
    } >"$root/etc/systemd/system/boot-script.service"
    on "$1" systemctl -q enable boot-script
}

boot_unit_remove() {
    on "$1" systemctl -q disable boot-script
    rm "$(node_root "$1")/etc/systemd/system/boot-script.service"
}

# ruleset_watch NODE: every change of its ruleset from now on, with the time of day.
ruleset_watch() {
    rm -f "$LAB_RUN/changes.fifo" && mkfifo "$LAB_RUN/changes.fifo"
    ip netns exec "$(netns_of "$1")" stdbuf -oL nft monitor >"$LAB_RUN/changes.fifo" 2>/dev/null &
    LAB_WATCH=$!
    while IFS= read -r line; do printf '%s %s\n' "$EPOCHREALTIME" "$line"; done \
        <"$LAB_RUN/changes.fifo" >"$LAB_RUN/changes" &
    LAB_WATCH_READER=$!
}

ruleset_unwatch() {
    kill "$LAB_WATCH" 2>/dev/null
    wait "$LAB_WATCH" "$LAB_WATCH_READER" 2>/dev/null
    LAB_WATCH='' LAB_WATCH_READER=''
}

# seen_first PATTERN: when the first change that matches was seen.
seen_first() { grep -m 1 -e "$1" "$LAB_RUN/changes" | cut -d' ' -f1; }

node_2_answers() { in_container 1 ping -q -c 1 -W 1 "$(container_address 2)" >/dev/null 2>&1; }

# microseconds_between EARLIER LATER: empty when one of them never happened.
microseconds_between() {
    awk -v a="$1" -v b="$2" 'BEGIN { if (a != "" && b != "" && b != 0) printf "%.0f\n", (b - a) * 1000000 }'
}

# in_milliseconds MICROSECONDS: as tables have it.
in_milliseconds() {
    [ -z "$1" ] && echo never || awk -v us="$1" 'BEGIN { printf "%.0f ms\n", us / 1000 }'
}
