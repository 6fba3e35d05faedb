// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/declared.hpp"
#include "netns/walk/words.hpp"

namespace fwdguard::test {

namespace {

using namespace walk;
using List = std::vector<std::string>;

List with(List words, const List& more)
{
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

List specification(const WrittenRule& rule)
{
    if (const std::string target = rule.jumpsTo(); !target.empty())
        return {"-j", target};
    List words{"-o", rule.like};
    if (!rule.id.empty())
        words = with(words, {"-m", "comment", "--comment", std::string(tagPrefix) + rule.id});
    return with(words, {"-j", "ACCEPT"});
}

std::string target(Policy policy)
{
    return policy == Policy::drop ? "DROP" : "ACCEPT";
}

struct Words {
    const Finder& find;

    /// Counted from 1, as iptables does; empty: it is gone.
    [[nodiscard]] std::string number(const ChainId& chain, const WrittenRule& rule) const
    {
        const std::optional<Place> place = find(chain, rule);
        return place ? std::to_string(place->index + 1) : "";
    }

    List operator()(const Flush& change) const { return {"-F", change.chain.chain}; }
    List operator()(const ChangePolicy& change) const
    {
        return {"-P", change.chain.chain, target(change.policy)};
    }
    List operator()(const Write& change) const
    {
        const std::string& chain = change.chain.chain;
        List words{change.before || change.end == End::head ? "-I" : "-A", chain};
        if (change.before)
            words.push_back(number(change.chain, {.like = *change.before}));
        return with(words, specification(change.rule));
    }
    List operator()(const Replace& change) const
    {
        const std::string at = number(change.chain, change.old);
        return at.empty() ? List{}
                          : with({"-R", change.chain.chain, at}, specification(change.rule));
    }
    List operator()(const Erase& change) const
    {
        const std::string at = number(change.chain, change.old);
        return at.empty() ? List{} : List{"-D", change.chain.chain, at};
    }
    template <class Other>
    List operator()(const Other& /*change*/) const
    {
        return {}; // not for iptables
    }
};

/// A rule line of iptables-restore, which names what it deletes.
std::string line(const Change& change)
{
    List words;
    if (const auto* write = std::get_if<Write>(&change))
        words = with(
            {write->end == End::head ? "-I" : "-A", write->chain.chain},
            specification(write->rule));
    else if (const auto* erase = std::get_if<Erase>(&change))
        words = with({"-D", erase->chain.chain}, specification(erase->old));
    std::string text;
    for (const std::string& word : words)
        text += (text.empty() ? "" : " ") + word;
    return text.empty() ? text : text + "\n";
}

} // namespace

List iptablesWords(const Change& change, const Finder& find)
{
    List words = std::visit(Words{find}, change);
    return words.empty() ? words : with({"iptables", "-w"}, words);
}

std::string restoreWords(const std::vector<Change>& changes)
{
    std::string text = "*filter\n";
    for (const Change& change : changes)
        if (const auto* add = std::get_if<AddChain>(&change))
            text += ":" + add->chain.chain + " " + (add->policy ? target(*add->policy) : "-") +
                    " [0:0]\n";
    for (const Change& change : changes)
        text += line(change);
    return text + "COMMIT\n";
}

} // namespace fwdguard::test
