// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/plan.hpp"
#include "xtables/table.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <system_error>
#include <unordered_map>
#include <variant>
#include <vector>

namespace fwdguard::xtables {

/// The legacy handle of a rule: its number in the chain, from 1, as in `iptables -L
/// --line-numbers`. Legacy rules have no identity of their own: it means something for one snapshot
/// only.
[[nodiscard]] constexpr Handle handleAt(std::size_t index)
{
    return {index + 1};
}

struct Edited {};
/// The chain, or a rule that the step names by its handle, is not what the plan was made for.
struct EditStale {};
using EditResult = std::variant<Edited, EditStale, std::error_code>;

/// Carries plan steps out on one table in memory, following the handles of the snapshot while rules
/// come and go.
class Editor {
  public:
    explicit Editor(Table& table) : table_(table) {}

    [[nodiscard]] EditResult apply(const Step& step);

  private:
    struct Chain {
        std::vector<Handle> order;                          ///< Handle{0}: inserted by this plan
        std::unordered_map<std::uint64_t, std::string> ids; ///< of tagged rules, by handle
    };

    EditResult run(const InsertRule& step);
    EditResult run(const DeleteRule& step);
    EditResult run(const SetPolicy& step);
    Chain& chainNamed(const ChainId& id);

    Table& table_;
    std::map<std::string, Chain> chains_;
};

} // namespace fwdguard::xtables
