#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One command for the benchmark's tables: builds the release and measures it in network namespaces
# of its own. Options are fwd-guard-bench's; see --help. Without any it takes ten minutes or so.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$top"
cmake --preset release >/dev/null
cmake --build --preset release --target fwd-guard fwd-guard-bench >/dev/null
# bench.json is the shipped configuration without contests: nobody fights as often as this flushes.
exec build/release/tests/bench/fwd-guard-bench --daemon build/release/daemon/fwd-guard \
    --config tests/bench/bench.json "$@"
