// SPDX-License-Identifier: GPL-2.0-or-later
// The two kernel layouts of a rule, side by side: only their headers differ.
#pragma once

#include <cstddef>

// Brings <net/if.h>, which must come before <linux/if.h>.
#include <libiptc/ipt_kernel_headers.h>

#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

namespace fwdguard::xtables {

struct Ip4Layout {
    using Entry = ipt_entry;
    using Header = ipt_ip;
};

struct Ip6Layout {
    using Entry = ip6t_entry;
    using Header = ip6t_ip6;
};

/// Sizes of matches and targets are multiples of this (XT_ALIGN).
inline constexpr std::size_t extensionAlignment = alignof(_xt_align);

constexpr std::size_t alignedSize(std::size_t size)
{
    return (size + extensionAlignment - 1) & ~(extensionAlignment - 1);
}

} // namespace fwdguard::xtables
