// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/kernel.hpp"
#include "core/survey.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fwdguard::model {

/// What a rule with this name matches, in every world: traffic out of an interface of that name.
[[nodiscard]] inline RuleBody bodyOf(std::string_view name)
{
    RuleBody body;
    body.match.outInterface = InterfaceMatch{.name = std::string(name)};
    return body;
}

/// A firewall that scenarios act on behind the guard's back and look at independently of it: the
/// fake kernel, or a real one through nft and iptables.
class World {
  public:
    enum class End { head, tail };

    virtual ~World() = default;

    /// Where its chains are; scenarios name them without it.
    [[nodiscard]] virtual BackendKind backend() const { return BackendKind::nfTables; }

    /// The guard's way to the same firewall.
    [[nodiscard]] virtual Kernel& kernel() = 0;

    /// Whether something has been announced, which is when the guard hears of changes at all.
    [[nodiscard]] virtual bool announced() { return true; }

    virtual void addTable(Family family, const std::string& table) = 0;
    virtual void deleteTable(Family family, const std::string& table) = 0;
    /// A base chain at the forward hook with this policy, or a regular one.
    virtual void addChain(const ChainId& chain, std::optional<Policy> policy) = 0;
    virtual void deleteChain(const ChainId& chain) = 0;
    virtual void flush(const ChainId& chain) = 0;
    virtual void setPolicy(const ChainId& chain, Policy policy) = 0;
    /// A foreign rule that the scenario calls `name`.
    virtual void addForeign(const ChainId& chain, End end, const std::string& name) = 0;
    /// A foreign rule that jumps to `target`, a chain of the same table; it is called "->target".
    virtual void addJump(const ChainId& chain, End end, const std::string& target) = 0;
    /// Deletes the first rule of this name, ours (by id) or foreign.
    virtual void erase(const ChainId& chain, const std::string& name) = 0;
    /// Adds a rule with our tag and the body of `like`.
    virtual void
    addTagged(const ChainId& chain, End end, const std::string& id, const std::string& like) = 0;
    /// Changes a rule of ours in place so that it matches what `like` matches.
    virtual void alter(const ChainId& chain, const std::string& id, const std::string& like) = 0;

    /// The names of the chain's rules in order, ours by id; nullopt when there is no such chain.
    [[nodiscard]] virtual std::optional<std::vector<std::string>> list(const ChainId& chain) = 0;
    [[nodiscard]] virtual std::optional<Policy> policy(const ChainId& chain) = 0;

    /// What stands in the way of forwarded packets; base chains are all at the forward hook.
    [[nodiscard]] virtual Survey survey() = 0;
};

} // namespace fwdguard::model
