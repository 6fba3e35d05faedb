// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/rule_body.hpp"
#include "xtables/layout.hpp"

#include <optional>

namespace fwdguard::xtables {

/// Fills a zeroed header with interfaces, addresses and protocol as iptables-legacy does; false
/// when it cannot hold them (the other family's address, a name too long).
[[nodiscard]] bool writeHeader(const Match& match, bool goTo, ipt_ip& header);
[[nodiscard]] bool writeHeader(const Match& match, bool goTo, ip6t_ip6& header);

struct ReadHeader {
    Match match; ///< interfaces, addresses, protocol
    bool goTo = false;
};

/// The reverse; nullopt when the header says more than a Match can (fragments, a protocol that is
/// negated, a netmask that is no prefix).
[[nodiscard]] std::optional<ReadHeader> readHeader(const ipt_ip& header);
[[nodiscard]] std::optional<ReadHeader> readHeader(const ip6t_ip6& header);

} // namespace fwdguard::xtables
