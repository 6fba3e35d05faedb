// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/fake_world.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace fwdguard::model {

namespace {

std::string nameOf(const FakeRule& rule)
{
    if (!rule.id.empty())
        return rule.id;
    if (rule.body.verdict.kind == Verdict::Kind::jump)
        return "->" + rule.body.verdict.chain;
    return rule.body.match.outInterface->name;
}

} // namespace

void FakeWorld::addTable(Family family, const std::string& table)
{
    kernel_.addTable(family, table);
}

void FakeWorld::deleteTable(Family family, const std::string& table)
{
    kernel_.deleteTable(family, table);
}

void FakeWorld::addChain(const ChainId& chain, std::optional<Policy> policy)
{
    kernel_.addChain(chain, policy);
}

void FakeWorld::deleteChain(const ChainId& chain)
{
    kernel_.deleteChain(chain);
}

void FakeWorld::flush(const ChainId& chain)
{
    kernel_.flush(chain);
}

void FakeWorld::setPolicy(const ChainId& chain, Policy policy)
{
    kernel_.setPolicy(chain, policy);
}

void FakeWorld::add(const ChainId& chain, End end, FakeRule rule)
{
    const std::size_t index = end == End::head ? 0 : kernel_.find(chain)->rules.size();
    kernel_.insert(chain, index, std::move(rule));
}

void FakeWorld::addForeign(const ChainId& chain, End end, const std::string& name)
{
    add(chain, end, {.body = bodyOf(name)});
}

void FakeWorld::addJump(const ChainId& chain, End end, const std::string& target)
{
    add(chain, end, {.body = {.verdict = {.kind = Verdict::Kind::jump, .chain = target}}});
}

void FakeWorld::addTagged(
    const ChainId& chain, End end, const std::string& id, const std::string& like)
{
    add(chain, end, {.id = id, .body = bodyOf(like)});
}

std::size_t FakeWorld::indexOf(const ChainId& chain, const std::string& name) const
{
    const auto& rules = kernel_.find(chain)->rules;
    const auto rule = std::ranges::find(rules, name, nameOf);
    if (rule == rules.end())
        throw std::runtime_error("no rule " + name + " in " + toString(chain));
    return static_cast<std::size_t>(rule - rules.begin());
}

void FakeWorld::erase(const ChainId& chain, const std::string& name)
{
    kernel_.erase(chain, indexOf(chain, name));
}

void FakeWorld::alter(const ChainId& chain, const std::string& id, const std::string& like)
{
    kernel_.replace(chain, indexOf(chain, id), {.id = id, .body = bodyOf(like)});
}

std::optional<std::vector<std::string>> FakeWorld::list(const ChainId& chain)
{
    const FakeChain* found = kernel_.find(chain);
    if (found == nullptr)
        return std::nullopt;
    std::vector<std::string> names;
    std::ranges::transform(found->rules, std::back_inserter(names), nameOf);
    return names;
}

std::optional<Policy> FakeWorld::policy(const ChainId& chain)
{
    const FakeChain* found = kernel_.find(chain);
    return found == nullptr ? std::nullopt : found->policy;
}

} // namespace fwdguard::model
