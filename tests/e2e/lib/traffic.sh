# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Traffic between the two containers, counted packet by packet.

LAB_SENDER=() # a command that starts the sender, measure.sh's to set

# traffic_start [RATE]: from node 1's container to node 2's, every packet a new connection.
traffic_start() {
    local fifo=$LAB_RUN/traffic.in
    rm -f "$fifo" && mkfifo "$fifo"
    in_container 1 "${LAB_SENDER[@]}" /opt/lab/bin/probe send "$(container_address 2)" "$LAB_PORT" "${1:-100}" \
        <"$fifo" >"$LAB_RUN/traffic.out" &
    LAB_TRAFFIC=$!
    exec {LAB_TRAFFIC_IN}>"$fifo"
}

# traffic_mark NAME: what comes now is counted under this name.
traffic_mark() { echo "mark $1" >&"$LAB_TRAFFIC_IN"; }

# traffic_stop: leaves one line a window in $LAB_RUN/traffic.out.
traffic_stop() {
    echo stop >&"$LAB_TRAFFIC_IN"
    exec {LAB_TRAFFIC_IN}>&-
    wait "$LAB_TRAFFIC" || die "the packet counter failed"
    LAB_TRAFFIC=
}

# traffic_field FIELD [WINDOW]: the sum of sent or lost, the maximum of outage_ms.
traffic_field() {
    awk -v field="$1" -v window="${2:-}" '
        window == "" || $1 == window {
            for (i = 2; i <= NF; ++i) {
                split($i, pair, "=")
                if (pair[1] != field) continue
                if (field == "outage_ms") { if (pair[2] > result) result = pair[2] } else result += pair[2]
            }
        }
        END { print result + 0 }' "$LAB_RUN/traffic.out"
}

# traffic_first_answer WINDOW: when it came, in seconds since 1970.
traffic_first_answer() { sed -n "s/^$1 .*first_answer=//p" "$LAB_RUN/traffic.out"; }
