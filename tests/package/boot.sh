# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # of root.sh
# For sourcing after root.sh: the root booted as a machine, with systemd as PID 1.
nspawn=""

# end_with_machine: whatever happens from here on, nothing of the machine stays.
end_with_machine()
{
    trap 'stop_machine; remove_root' EXIT
    trap 'exit 130' INT TERM
}

# boot_machine [OPTION...]: of systemd-nspawn, besides.
boot_machine()
{
    # A host that systemd does not run on has no place for the machine to be registered.
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn -D "$root" --boot --register=no --keep-unit \
        --private-network --console=pipe "$@" </dev/null >"$scratch/upper/console" 2>&1 &
    nspawn=$!
    local tries
    for tries in $(seq 200); do
        if ! kill -0 $nspawn 2>/dev/null; then
            cat "$scratch/upper/console"
            skip "systemd-nspawn cannot boot a machine here"
        fi
        init=$(pgrep -P $nspawn | head -n 1) || true
        # Degraded will do: what a container lacks is not ours.
        case $([ -z "$init" ] || inside systemctl is-system-running --wait 2>/dev/null) in
            running | degraded) return 0 ;;
        esac
        sleep 0.3
    done
    cat "$scratch/upper/console"
    skip "the machine did not come up after $tries looks"
}

# What the machine has to say when an expectation is not met.
on_failure()
{
    inside journalctl --no-pager -b -o short-precise -u fwd-guard.service -u dbus.service | tail -n 60
    inside systemctl --no-pager --failed
}

stop_machine()
{
    if [ -n "$nspawn" ] && kill -0 "$nspawn" 2>/dev/null; then
        kill "$nspawn"
        wait "$nspawn" || true
    fi
}

inside()
{
    nsenter -t "$init" -a -- /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        DEBIAN_FRONTEND=noninteractive "$@"
}

# soon COMMAND...: true as soon as the command is, within five seconds.
soon()
{
    local tries
    for tries in $(seq 50); do
        if "$@"; then return 0; fi
        sleep 0.1
    done
    echo "still not after $tries looks: $*"
    return 1
}
