# SPDX-License-Identifier: GPL-2.0-or-later
function __fwd_guardctl_rules
    fwd-guardctl status --json 2>/dev/null | grep -o '"id" *: *"[^"]*"' | cut -d '"' -f 4 | sort -u
end

set -l commands status check watch reload hold release
complete -c fwd-guardctl -f
complete -c fwd-guardctl -l help -d 'Print help'
complete -c fwd-guardctl -n "not __fish_seen_subcommand_from $commands" -l version -d 'Print the version'
complete -c fwd-guardctl -n "not __fish_seen_subcommand_from $commands" -a status -d 'Show every rule and its state'
complete -c fwd-guardctl -n "not __fish_seen_subcommand_from $commands" -a check -d 'Are all rules in place?'
complete -c fwd-guardctl -n "not __fish_seen_subcommand_from $commands" -a watch -d 'Print incidents as they happen'
complete -c fwd-guardctl -n "not __fish_seen_subcommand_from $commands" -a reload -d 'Read the configuration again'
complete -c fwd-guardctl -n "not __fish_seen_subcommand_from $commands" -a hold -d 'Pause repairs'
complete -c fwd-guardctl -n "not __fish_seen_subcommand_from $commands" -a release -d 'Go on with repairs'
complete -c fwd-guardctl -n "__fish_seen_subcommand_from status" -l json -d 'As JSON'
complete -c fwd-guardctl -n "__fish_seen_subcommand_from hold" -l for -x -a '1m 10m 1h' -d 'How long'
complete -c fwd-guardctl -n "__fish_seen_subcommand_from status hold release" -a '(__fwd_guardctl_rules)'
complete -c fwd-guardctl -n "__fish_seen_subcommand_from hold release" -a all -d 'All rules'
