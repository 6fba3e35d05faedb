// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/refusal.hpp"
#include "core/rule_body.hpp"

#include <string>
#include <string_view>

namespace fwdguard::config {

/// An IPv4 or IPv6 address or prefix: "192.0.2.1", "10.0.0.0/8", "2001:db8::/32", with `!` before
/// it to negate. Host bits have to be 0, and a prefix of length 0, which matches everything, is
/// refused.
[[nodiscard]] Parsed<AddressMatch> parseAddress(std::string_view text);

/// "10.0.0.0/8", without the negation.
[[nodiscard]] std::string toString(const AddressMatch& match);

} // namespace fwdguard::config
