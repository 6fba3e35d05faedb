# SPDX-License-Identifier: GPL-2.0-or-later
complete -c fwd-guard -f
complete -c fwd-guard -l config -r -F -d 'The configuration'
complete -c fwd-guard -l check-config -d 'Read the configuration and say what is wrong with it'
complete -c fwd-guard -l netns -r -F -d 'Guard this network namespace'
complete -c fwd-guard -l log-level -x -a 'debug info warning error' -d 'What is worth a line'
complete -c fwd-guard -l version -d 'Print the version'
complete -c fwd-guard -l help -d 'Print help'
