// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace fwdguard::xtables {

using Bytes = std::span<const std::byte>;

/// A match or target inside an entry: struct xt_entry_match, xt_entry_target.
struct Extension {
    std::string_view name;
    std::uint8_t revision = 0;
    Bytes data;
};

/// The parts of a struct ipt_entry or ip6t_entry; views into the bytes it was split from.
struct Entry {
    Bytes header; ///< struct ipt_ip or ip6t_ip6
    std::vector<Extension> matches;
    Extension target;
    Counters counters;
};

/// A rule as libiptc hands it out.
struct RuleView {
    Bytes bytes;             ///< the whole entry: header, matches, target
    std::string_view target; ///< a verdict, a chain's or an extension's name; empty: none
    bool jumps = false;      ///< `target` is a chain
};

/// Splits an entry; nullopt when its sizes do not fit each other. `matches` is cleared and reused.
[[nodiscard]] bool split(Family family, Bytes bytes, Entry& entry);

/// The text of a `comment` match up to its NUL; nullopt for any other extension.
[[nodiscard]] std::optional<std::string_view> commentIn(const Extension& match);

/// The rule id of the first comment that is a tag; empty when there is none.
[[nodiscard]] std::string_view ruleIdIn(const Entry& entry);

} // namespace fwdguard::xtables
