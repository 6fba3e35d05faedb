// SPDX-License-Identifier: GPL-2.0-or-later
// What every target needs: to end where libFuzzer notices, and its bytes as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace fwdguard::fuzz {

inline void require(bool promise)
{
    if (!promise)
        std::abort();
}

inline std::string_view textOf(const std::uint8_t* data, std::size_t size)
{
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes are text here
    return {reinterpret_cast<const char*>(data), size};
}

} // namespace fwdguard::fuzz
