// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as Docker's daemon.json: what is taken of it can be put into rules and messages.
#include "config/docker.hpp"
#include "config/refusal.hpp"
#include "fuzz/require.hpp"

using namespace fwdguard;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const DockerOptions options = config::dockerOptionsOf(fuzz::textOf(data, size));
    require(!config::hasControlCharacters(options.trouble));
    if (options.acceptMark) {
        require(!options.acceptMark->negated && options.acceptMark->mask != 0);
        require((options.acceptMark->value & ~options.acceptMark->mask) == 0);
    }
    return 0;
}
