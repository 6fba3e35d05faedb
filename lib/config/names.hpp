// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "config/refusal.hpp"
#include "core/rule_body.hpp"
#include "core/types.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace fwdguard::config {

/// Longest table or chain name in bytes (linux/netfilter/nf_tables.h, NFT_NAME_MAXLEN less the
/// NUL).
inline constexpr std::size_t maxNameLength = 255;

/// Longest chain name in bytes in a table that iptables reads (linux/netfilter/x_tables.h,
/// XT_EXTENSION_MAXNAMELEN less the NUL).
inline constexpr std::size_t maxIptablesChainLength = 28;

/// 1 to 64 of letters, digits and `. _ : @ + -`, the first a letter, digit or `_`; not "all". The
/// id goes into rule comments, D-Bus paths, journal fields and command lines, and has to survive
/// them.
[[nodiscard]] Parsed<std::string> parseId(std::string_view text);

/// 1 to 255 bytes without white space and control characters.
[[nodiscard]] Parsed<std::string> parseTableName(std::string_view text);
[[nodiscard]] Parsed<std::string> parseChainName(std::string_view text);

/// A name that the kernel would give a network interface (net/core/dev.c, dev_valid_name), with `!`
/// before it to negate and `+` after it for a prefix.
[[nodiscard]] Parsed<InterfaceMatch> parseInterface(std::string_view text);

/// True for the tables that iptables and ip6tables manage: filter, nat, mangle, raw, security of
/// the families ip and ip6.
[[nodiscard]] bool isIptablesTable(Family family, std::string_view table);

/// True for the names of the chains that iptables hooks into the kernel: PREROUTING, INPUT, ...
[[nodiscard]] bool isIptablesBaseChain(std::string_view chain);

} // namespace fwdguard::config
