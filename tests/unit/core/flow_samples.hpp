// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/flow.hpp"
#include "core/flow_status.hpp"

#include <cstdint>
#include <string>

namespace fwdguard::test {

[[nodiscard]] InterfaceMatch named(const std::string& name);

/// IPv4.
[[nodiscard]] AddressMatch prefix(std::uint8_t first, std::uint8_t second, std::uint8_t length);

/// From flannel.1 to docker0, for 10.244.0.0/16.
[[nodiscard]] Flow pods();

/// Where Docker works with iptables, and has a FORWARD.
[[nodiscard]] FlowHost iptablesHost();

/// Where Docker works with nftables and is configured for flows, by the mark 0x10/0xf0; its tables
/// are not read.
[[nodiscard]] FlowHost nftablesHost();

[[nodiscard]] ExpandedFlow expanded(const Flow& flow, const FlowHost& host);

} // namespace fwdguard::test
