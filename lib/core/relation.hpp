// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rule_body.hpp"

#include <cstdint>

namespace fwdguard {

/// How many of the packets that one match wants another one gets.
enum class Relation : std::uint8_t {
    none, ///< certainly not one of them
    some, ///< perhaps some, perhaps not
    all,  ///< certainly each of them
};

/// Which of a packet's properties are at the place of the other match what they are at the place of
/// the wanted one. Marks never are: any rule may change them.
struct Constant {
    bool outInterface = true;
    bool destination = true; ///< address and port
    bool ctState = true;
    bool operator==(const Constant&) const = default;
};

/// What `other` gets of the packets of one IP version that `wanted` matches.
[[nodiscard]] Relation
relate(const Match& wanted, const Match& other, AddressMatch::Version version, Constant constant);

} // namespace fwdguard
