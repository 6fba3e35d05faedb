// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/declared.hpp"
#include "netns/walk/words.hpp"

namespace fwdguard::test {

namespace {

using namespace walk;

std::string text(const WrittenRule& rule)
{
    if (rule.like == "@s")
        return "ip saddr @s counter drop";
    if (rule.like == "@m")
        return "ip saddr vmap @m";
    if (const std::string target = rule.jumpsTo(); !target.empty())
        return "counter jump " + target;
    std::string tag;
    if (!rule.id.empty())
        tag = " comment \"" + std::string(tagPrefix) + rule.id + "\"";
    return "oifname \"" + rule.like + "\" counter accept" + tag;
}

std::string tableOf(Family family, const std::string& table)
{
    return "table " + std::string(toString(family)) + " " + table;
}

struct Words {
    const Finder& find;

    /// "handle N" of a rule; empty: it is gone.
    [[nodiscard]] std::string handle(const ChainId& chain, const WrittenRule& rule) const
    {
        const std::optional<Place> place = find(chain, rule);
        return place ? " handle " + std::to_string(place->handle.value) : "";
    }

    std::string operator()(const AddTable& change) const
    {
        std::string words = "add " + tableOf(change.family, change.table) + "\n";
        if (change.family == Family::inet)
            words += "add set inet fw s { type ipv4_addr; }\n"
                     "add map inet fw m { type ipv4_addr : verdict; }\n";
        return words;
    }
    std::string operator()(const DeleteTable& change) const
    {
        return "delete " + tableOf(change.family, change.table) + "\n";
    }
    std::string operator()(const AddChain& change) const
    {
        std::string base;
        if (change.policy)
            base = " { type filter hook forward priority 0; policy " +
                   std::string(toString(*change.policy)) + "; }";
        return "add chain " + toString(change.chain) + base + "\n";
    }
    std::string operator()(const DeleteChain& change) const
    {
        const std::string chain = toString(change.chain);
        return "flush chain " + chain + "\ndelete chain " + chain + "\n";
    }
    std::string operator()(const RenameChain& change) const
    {
        return "rename chain " + toString(change.chain) + " " + change.to + "\n";
    }
    std::string operator()(const Flush& change) const
    {
        return "flush chain " + toString(change.chain) + "\n";
    }
    std::string operator()(const ChangePolicy& change) const
    {
        return "chain " + toString(change.chain) + " { policy " +
               std::string(toString(change.policy)) + "; }\n";
    }
    std::string operator()(const Write& change) const
    {
        const bool first = change.before || change.end == End::head;
        std::string words = first ? "insert rule " : "add rule ";
        words += toString(change.chain);
        if (change.before)
            words += handle(change.chain, {.like = *change.before});
        return words + " " + text(change.rule) + "\n";
    }
    std::string operator()(const Replace& change) const
    {
        const std::string at = handle(change.chain, change.old);
        return at.empty()
                   ? ""
                   : "replace rule " + toString(change.chain) + at + " " + text(change.rule) + "\n";
    }
    std::string operator()(const Erase& change) const
    {
        const std::string at = handle(change.chain, change.old);
        return at.empty() ? "" : "delete rule " + toString(change.chain) + at + "\n";
    }
    std::string operator()(const Element& change) const
    {
        const std::string verb = change.there ? "add" : "delete";
        const std::string address = "10.9.0." + std::to_string(change.number);
        return verb + " element inet fw " +
               (change.ofMap ? "m { " + address + " : drop }" : "s { " + address + " }") + "\n";
    }
    std::string operator()(const SaveAndRestore& /*change*/) const { return ""; }
};

} // namespace

std::string nftWords(const std::vector<Change>& changes, const Finder& find)
{
    std::string words;
    for (const Change& change : changes)
        words += std::visit(Words{find}, change);
    return words;
}

} // namespace fwdguard::test
