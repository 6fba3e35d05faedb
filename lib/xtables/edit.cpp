// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/edit.hpp"

#include "xtables/encode.hpp"

#include <algorithm>
#include <optional>

namespace fwdguard::xtables {

namespace {

EditResult resultOf(std::error_code error)
{
    if (error)
        return error;
    return Edited{};
}

std::optional<std::size_t> indexOf(const std::vector<Handle>& order, Handle handle)
{
    const auto found = std::find(order.begin(), order.end(), handle);
    if (found == order.end())
        return std::nullopt;
    return static_cast<std::size_t>(found - order.begin());
}

std::optional<std::size_t> indexFor(const Placement& place, const std::vector<Handle>& order)
{
    if (const auto* before = std::get_if<Before>(&place))
        return indexOf(order, before->handle);
    return std::holds_alternative<AtHead>(place) ? 0 : order.size();
}

} // namespace

EditResult Editor::apply(const Step& step)
{
    if (!table_.hasChain(chainOf(step).chain))
        return EditStale{};
    return std::visit([this](const auto& s) { return run(s); }, step);
}

EditResult Editor::run(const InsertRule& step)
{
    Chain& chain = chainNamed(step.rule->chain);
    const auto index = indexFor(step.place, chain.order);
    if (!index)
        return EditStale{};
    const auto entry = encode(step.rule->key, step.rule->body, step.counters);
    if (!entry)
        return std::make_error_code(std::errc::invalid_argument);
    // libiptc takes the name of a missing chain for that of an extension.
    if (!step.rule->body.verdict.chain.empty() && !table_.hasChain(step.rule->body.verdict.chain))
        return std::make_error_code(std::errc::no_such_file_or_directory);
    if (const auto error = table_.insert(step.rule->chain.chain, *index, *entry))
        return error;
    chain.order.insert(chain.order.begin() + static_cast<std::ptrdiff_t>(*index), Handle{});
    return Edited{};
}

EditResult Editor::run(const DeleteRule& step)
{
    Chain& chain = chainNamed(step.chain);
    const auto index = indexOf(chain.order, step.handle);
    const auto id = chain.ids.find(step.handle.value);
    if (!index || id == chain.ids.end() || id->second != step.key.id)
        return EditStale{};
    if (const auto error = table_.remove(step.chain.chain, *index))
        return error;
    chain.order.erase(chain.order.begin() + static_cast<std::ptrdiff_t>(*index));
    return Edited{};
}

EditResult Editor::run(const SetPolicy& step)
{
    return resultOf(table_.setPolicy(step.chain.chain, step.policy));
}

Editor::Chain& Editor::chainNamed(const ChainId& id)
{
    const auto [found, isNew] = chains_.try_emplace(id.chain);
    Chain& chain = found->second;
    if (!isNew)
        return chain;
    Entry entry;
    table_.forEachRule(id.chain, [&chain, &entry, &id](const RuleView& rule) {
        const Handle handle = handleAt(chain.order.size());
        chain.order.push_back(handle);
        if (!split(id.family, rule.bytes, entry))
            return;
        if (const auto ruleId = ruleIdIn(entry); !ruleId.empty())
            chain.ids.emplace(handle.value, ruleId);
    });
    return chain;
}

} // namespace fwdguard::xtables
