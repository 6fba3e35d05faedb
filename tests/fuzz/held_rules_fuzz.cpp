// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as the file of holds: what is read is written and read again as it was, and no clock
// makes more of it.
#include "config/holds.hpp"
#include "fuzz/require.hpp"

#include <variant>

using namespace fwdguard;
using fuzz::require;

namespace {

void checkRemaining(const config::SavedHold& hold)
{
    using std::chrono::seconds;
    for (const auto now : {WallTime{}, hold.written, hold.until.value_or(hold.written)}) {
        const auto left = config::remaining(hold, now);
        require(left || hold.until);
        if (left && hold.until) {
            require(*left > seconds::zero());
            require(*left <= std::chrono::ceil<seconds>(*hold.until - hold.written));
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto read = config::parseHolds(fuzz::textOf(data, size));
    if (const auto* refusal = std::get_if<config::Refusal>(&read)) {
        require(!refusal->found.empty() && !refusal->allowed.empty());
        return 0;
    }
    const auto& saved = std::get<config::SavedHolds>(read);
    for (const config::SavedHold& hold : saved.holds)
        checkRemaining(hold);
    const auto again = config::parseHolds(config::holdsText(saved));
    require(std::holds_alternative<config::SavedHolds>(again));
    require(std::get<config::SavedHolds>(again) == saved);
    return 0;
}
