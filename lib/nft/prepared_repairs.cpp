// SPDX-License-Identifier: GPL-2.0-or-later
#include "nft/prepared_repairs.hpp"

#include "nft/decode.hpp"
#include "nft/event.hpp"
#include "nft/uapi.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <endian.h>

namespace fwdguard::nft {

namespace {

void put(
    std::vector<std::uint8_t>& message, std::uint16_t type, const void* value, std::size_t size)
{
    const nlattr header{
        .nla_len = static_cast<std::uint16_t>(sizeof(nlattr) + size), .nla_type = type};
    const auto* const begin = reinterpret_cast<const std::uint8_t*>(&header);
    const auto* const bytes = static_cast<const std::uint8_t*>(value);
    message.insert(message.end(), begin, begin + sizeof header);
    message.insert(message.end(), bytes, bytes + size);
    message.resize(message.size() + NLA_ALIGN(size) - size);
}

/// How the body of every message about a rule of the chain begins, but for version and generation:
/// with its table and name (nf_tables_fill_rule_info).
std::vector<std::uint8_t> startOfRules(const ChainId& chain)
{
    std::vector<std::uint8_t> start(sizeof(nfgenmsg));
    start[0] = protocolFamily(chain.family);
    put(start, NFTA_RULE_TABLE, chain.table.c_str(), chain.table.size() + 1);
    put(start, NFTA_RULE_CHAIN, chain.chain.c_str(), chain.chain.size() + 1);
    return start;
}

bool startsWith(Bytes body, Bytes start)
{
    const auto names = start.subspan(sizeof(nfgenmsg));
    return body.size() >= start.size() && body[0] == start[0] &&
           std::ranges::equal(body.subspan(sizeof(nfgenmsg), names.size()), names);
}

/// What tells a rule of a chain from the others of it.
struct DeletedRule {
    std::optional<Handle> handle{};
    Bytes expressions{};
};

DeletedRule deletedRule(Bytes attributes)
{
    DeletedRule rule;
    AttributeReader reader{attributes};
    while (const auto attribute = reader.next()) {
        if (attribute->type == NFTA_RULE_HANDLE) {
            if (const auto number = networkNumber<std::uint64_t>(attribute->value))
                rule.handle = Handle{*number};
        } else if (attribute->type == NFTA_RULE_EXPRESSIONS) {
            rule.expressions = attribute->value;
            break; // what follows tells nothing that the handle does not
        }
    }
    return rule;
}

/// The insertions of a plan by the id of their rules.
std::map<std::string_view, std::uint32_t> insertionsOf(const Plan& plan)
{
    std::map<std::string_view, std::uint32_t> insertions;
    for (const Step& step : plan)
        if (const auto* const insertion = std::get_if<InsertRule>(&step))
            insertions.emplace(
                insertion->rule->key.id, static_cast<std::uint32_t>(insertions.size()));
    return insertions;
}

} // namespace

ReadyRepair::ReadyRepair(Plan plan, ReadyBatch batch)
    : plan_{std::move(plan)}, batch_{std::move(batch)}, counted_(batch_.counters.size())
{
}

void ReadyRepair::recall(std::size_t insertion, const Counters& counters)
{
    putCounters(batch_.bytes.data(), batch_.counters[insertion], counters);
    counted_[insertion] = counters;
}

Plan ReadyRepair::takePlan()
{
    auto counted = counted_.begin();
    for (Step& step : plan_)
        if (auto* const insertion = std::get_if<InsertRule>(&step))
            insertion->counters = *counted++;
    return std::move(plan_);
}

void PreparedRepairs::add(const ChainId& chain, ReadyRepair repair)
{
    chains_.push_back({.start = startOfRules(chain), .repair = std::move(repair), .id = chain});
}

void PreparedRepairs::lost()
{
    for (Chain& chain : chains_)
        chain.watched = false;
}

void PreparedRepairs::settle(const Mirror& mirror)
{
    for (Chain& chain : chains_) {
        if (chain.watched && chain.deleted == 0)
            continue;
        chain.watched = false;
        if (const Snapshot* const known = mirror.current(chain.id))
            watch(chain, *known);
    }
}

void PreparedRepairs::watch(Chain& chain, const Snapshot& known)
{
    chain.at = known.generation;
    chain.deleted = 0;
    chain.rules.clear();
    for (const KernelRule& rule : known.rules)
        chain.rules.push_back({.handle = rule.handle});
    auto missing = insertionsOf(chain.repair.plan());
    for (const TaggedRule& tagged : known.tagged)
        if (const auto insertion = missing.extract(tagged.id))
            chain.rules[tagged.index].insertion = insertion.mapped();
    chain.watched = missing.empty();
}

PreparedRepairs::Chain* PreparedRepairs::chainOf(const Message& message)
{
    const auto at = std::ranges::find_if(
        chains_, [&](const Chain& chain) { return startsWith(message.body, chain.start); });
    return at == chains_.end() ? nullptr : &*at;
}

void PreparedRepairs::take(const Message& message)
{
    if (isNft(message, NFT_MSG_DELRULE)) {
        takeDeletion(message);
    } else if (const auto generation = generationOf(message)) {
        takeAnnouncement(*generation);
    } else if (concernsChains(message)) {
        const auto subject = subjectOf(message);
        for (Chain& chain : chains_)
            chain.watched &= subject && !subject->covers(chain.id);
    }
}

void PreparedRepairs::takeDeletion(const Message& message)
{
    Chain* const chain = chainOf(message);
    if (chain == nullptr)
        return;
    announcementToCome_ = true;
    const auto [handle, expressions] = deletedRule(message.body.subspan(chain->start.size()));
    if (!chain->watched || chain->deleted == chain->rules.size() ||
        handle != chain->rules[chain->deleted].handle) {
        chain->watched = false;
        return;
    }
    if (const auto insertion = chain->rules[chain->deleted].insertion)
        chain->repair.recall(*insertion, countersOf(expressions));
    ++chain->deleted;
}

void PreparedRepairs::takeAnnouncement(Generation generation)
{
    announced_ = generation;
    announcementToCome_ = false;
    for (Chain& chain : chains_) {
        // See Mirror::advance().
        const bool next = generation == chain.at || generation.value == chain.at.value + 1;
        const bool whole = chain.deleted == 0 || chain.deleted == chain.rules.size();
        chain.watched &= next && whole;
        chain.at = generation;
    }
}

ReadyRepair* PreparedRepairs::due()
{
    if (announcementToCome_)
        return nullptr;
    Chain* due = nullptr;
    for (Chain& chain : chains_) {
        if (!chain.watched)
            return nullptr;
        if (chain.deleted == 0)
            continue;
        if (due != nullptr)
            return nullptr;
        due = &chain;
    }
    return due == nullptr || due->repair.plan().empty() ? nullptr : &due->repair;
}

void PreparedRepairs::rehearse() const
{
    PreparedRepairs copy = *this;
    const auto flushed = std::ranges::find_if(
        copy.chains_, [](const Chain& chain) { return chain.watched && !chain.rules.empty(); });
    if (flushed == copy.chains_.end())
        return;
    const std::vector<Rule> rules = flushed->rules;
    for (const Rule& rule : rules) {
        std::vector<std::uint8_t> body = flushed->start;
        const std::uint64_t handle = htobe64(rule.handle.value);
        put(body, NFTA_RULE_HANDLE, &handle, sizeof handle);
        copy.take({.type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_DELRULE, .body = body});
    }
    copy.takeAnnouncement({copy.announced_.value + 1});
    static_cast<void>(copy.due());
}

} // namespace fwdguard::nft
