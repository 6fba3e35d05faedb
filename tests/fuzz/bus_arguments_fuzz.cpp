// SPDX-License-Identifier: GPL-2.0-or-later
// Any eight bytes as the seconds of Hold, and any behind them as a rule's name: taken, or refused
// with an error reply that the bus can carry and a terminal can show.
#include "bus/arguments.hpp"
#include "bus/text.hpp"
#include "core/types.hpp"
#include "fuzz/require.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstring>

using namespace fwdguard;
using fuzz::require;

namespace {

void checkReply(const bus::ArgumentError& error)
{
    require(std::string_view{error.name}.find(".Error.") != std::string_view::npos);
    require(!error.text.empty() && error.text.size() < 256);
    require(std::all_of(error.text.begin(), error.text.end(), [](char c) {
        return std::isprint(static_cast<unsigned char>(c)) != 0;
    }));
}

void checkDuration(std::uint64_t seconds)
{
    if (const auto error = bus::refuseDuration(seconds)) {
        checkReply(*error);
        return;
    }
    // Added to a clock as the daemon adds it: the latest time that it can be.
    const auto room = Instant::max() - Instant{std::chrono::hours{24 * 365 * 100}};
    require(std::chrono::seconds{seconds} < room);
}

void checkRule(std::string_view rule)
{
    const std::vector<std::string> declared{"to-docker0", "policy-ip-filter-FORWARD", "a"};
    const auto error = bus::refuseRule(rule, declared);
    const bool known = std::find(declared.begin(), declared.end(), rule) != declared.end();
    require(error.has_value() == (rule != "all" && !known));
    if (error)
        checkReply(*error);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::uint64_t seconds = 0;
    const auto text = fuzz::textOf(data, size);
    std::memcpy(&seconds, data, std::min(size, sizeof seconds));
    checkDuration(seconds);
    checkRule(text.substr(std::min(size, sizeof seconds)));
    const std::string carried = bus::busText(text);
    require(carried.size() == size && bus::busText(carried) == carried);
    return 0;
}
