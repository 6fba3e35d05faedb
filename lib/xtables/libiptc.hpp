// SPDX-License-Identifier: GPL-2.0-or-later
// libiptc's two libraries under one set of names.
#pragma once

#include "xtables/layout.hpp"

#include <libiptc/libiptc.h>

// The IPv6 header does not say so itself, unlike its sibling.
extern "C" {
#include <libiptc/libip6tc.h>
}

namespace fwdguard::xtables {

struct Ip4Tables : Ip4Layout {
    static constexpr Family family = Family::ip;
    static constexpr auto init = iptc_init;
    static constexpr auto free = iptc_free;
    static constexpr auto isChain = iptc_is_chain;
    static constexpr auto isBuiltin = iptc_builtin;
    static constexpr auto firstChain = iptc_first_chain;
    static constexpr auto nextChain = iptc_next_chain;
    static constexpr auto firstRule = iptc_first_rule;
    static constexpr auto nextRule = iptc_next_rule;
    static constexpr auto target = iptc_get_target;
    static constexpr auto policy = iptc_get_policy;
    static constexpr auto insert = iptc_insert_entry;
    static constexpr auto append = iptc_append_entry;
    static constexpr auto remove = iptc_delete_num_entry;
    static constexpr auto setPolicy = iptc_set_policy;
    static constexpr auto commit = iptc_commit;
};

struct Ip6Tables : Ip6Layout {
    static constexpr Family family = Family::ip6;
    static constexpr auto init = ip6tc_init;
    static constexpr auto free = ip6tc_free;
    static constexpr auto isChain = ip6tc_is_chain;
    static constexpr auto isBuiltin = ip6tc_builtin;
    static constexpr auto firstChain = ip6tc_first_chain;
    static constexpr auto nextChain = ip6tc_next_chain;
    static constexpr auto firstRule = ip6tc_first_rule;
    static constexpr auto nextRule = ip6tc_next_rule;
    static constexpr auto target = ip6tc_get_target;
    static constexpr auto policy = ip6tc_get_policy;
    static constexpr auto insert = ip6tc_insert_entry;
    static constexpr auto append = ip6tc_append_entry;
    static constexpr auto remove = ip6tc_delete_num_entry;
    static constexpr auto setPolicy = ip6tc_set_policy;
    static constexpr auto commit = ip6tc_commit;
};

} // namespace fwdguard::xtables
