// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/walk/netns_firewall.hpp"

#include "core/declared.hpp"
#include "model/walk/field.hpp"
#include "netns/walk/listed.hpp"
#include "netns/walk/process.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace fwdguard::test {

using namespace walk;

void NetnsFirewall::commit(const walk::Transaction& transaction)
{
    before_.clear();
    used_.clear();
    const Finder finder = [this](const ChainId& chain, const WrittenRule& rule) {
        return find(chain, rule);
    };
    const std::vector<Change>& changes = transaction.changes;
    switch (transaction.tool) {
    case Tool::library:
        if (const std::string words = nftWords(changes, finder); !words.empty())
            nft_.run(words);
        break;
    case Tool::nft:
        runProcess({"nft", "-f", "-"}, nftWords(changes, finder));
        break;
    case Tool::iptables:
        for (const Change& change : changes)
            if (const auto words = iptablesWords(change, finder); !words.empty())
                runProcess(words);
        break;
    case Tool::restore: {
        std::string text;
        if (std::holds_alternative<SaveAndRestore>(changes.front()))
            text = runProcess({"iptables-save", "-t", "filter"});
        else
            text = restoreWords(changes);
        runProcess({"iptables-restore", "-w"}, text);
        break;
    }
    case Tool::restoreNoflush:
        runProcess({"iptables-restore", "-w", "--noflush"}, restoreWords(changes));
        break;
    }
}

std::optional<Place> NetnsFirewall::find(const ChainId& chain, const WrittenRule& rule)
{
    if (!before_.contains(chain)) {
        Listing listing = listedByNft(nft_.json("list chain " + toString(chain)));
        readComments(chain, listing.chains[chain]);
        before_[chain] = listing.chains[chain];
    }
    const auto& rules = before_[chain].rules;
    const auto at = std::ranges::find_if(rules, [&](const ListedRule& one) {
        return one.id == rule.id && (!rule.id.empty() || one.like == rule.like) &&
               !used_.contains(one.handle.value);
    });
    if (at != rules.end()) {
        used_.insert(at->handle.value);
        return Place{at->handle, static_cast<std::size_t>(at - rules.begin())};
    }
    if (rule.id.empty())
        throw std::runtime_error("no rule " + rule.like + " in " + toString(chain));
    return std::nullopt;
}

/// nft does not show what a comment of iptables says; `iptables -S` lists the same rules in the
/// same order. It refuses a base chain that does not have the name that it gave it, in which it is
/// enough to know that a rule is not a foreign one.
void NetnsFirewall::readComments(const ChainId& chain, ListedChain& listed) const
{
    const bool readable = chain != renamed(forward);
    if (!readable ||
        std::ranges::find(listed.rules, unreadComment, &ListedRule::id) == listed.rules.end())
        return;
    std::istringstream lines(runProcess({"iptables", "-S", chain.chain}));
    std::string line;
    auto rule = listed.rules.begin();
    while (std::getline(lines, line)) {
        if (!line.starts_with("-A "))
            continue;
        if (rule == listed.rules.end())
            throw std::runtime_error("iptables lists more than nft: " + line);
        const auto from = line.find(tagPrefix);
        if (rule->id == unreadComment && from != std::string::npos) {
            const auto id = from + tagPrefix.size();
            rule->id = line.substr(id, line.find_first_of("\" ", id) - id);
        }
        ++rule;
    }
}

Listing NetnsFirewall::list()
{
    Listing listing = listedByNft(nft_.json("list ruleset"));
    for (auto& [chain, listed] : listing.chains)
        readComments(chain, listed);
    return listing;
}

} // namespace fwdguard::test
