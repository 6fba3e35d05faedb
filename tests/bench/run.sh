#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One command for the benchmark's tables: builds the release and measures it in network namespaces
# of its own. Options are fwd-guard-bench's; see --help. Without any it takes ten minutes or so.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$top"
cmake --preset release >/dev/null
cmake --build --preset release --target fwd-guard fwd-guard-bench >/dev/null
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# The shipped configuration without contests: nobody fights as often as this flushes. As root's own
# copy: in a checkout that belongs to somebody else it would be refused.
cp tests/bench/bench.json "$scratch/"
build/release/tests/bench/fwd-guard-bench --daemon build/release/daemon/fwd-guard \
    --config "$scratch/bench.json" "$@"
