// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/nft_world.hpp"

#include "core/declared.hpp"
#include "netns/survey.hpp"
#include "support/netns.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace fwdguard::test {

namespace {

using nlohmann::json;

void nft(const std::string& command)
{
    must("nft '" + command + "'");
}

/// `nft -j` of one chain; nullopt when there is no such chain.
std::optional<json> listing(const ChainId& chain)
{
    const Output output = run("nft -j -a list chain " + toString(chain) + " 2>/dev/null");
    if (output.status != 0)
        return std::nullopt;
    return json::parse(output.text).at("nftables");
}

std::string nameOf(const json& rule)
{
    if (rule.contains("comment")) {
        const std::string comment = rule.at("comment");
        return std::string(ruleIdOfComment(comment));
    }
    for (const json& expression : rule.at("expr")) {
        if (expression.contains("jump"))
            return "->" + expression.at("jump").at("target").get<std::string>();
        if (expression.contains("match"))
            return expression.at("match").at("right");
    }
    return "?";
}

std::string matching(const std::string& name)
{
    return "oifname \"" + name + "\" counter accept";
}

} // namespace

void NftWorld::addTable(Family family, const std::string& table)
{
    nft("add table " + std::string(toString(family)) + " " + table);
}

void NftWorld::deleteTable(Family family, const std::string& table)
{
    nft("delete table " + std::string(toString(family)) + " " + table);
}

void NftWorld::addChain(const ChainId& chain, std::optional<Policy> policy)
{
    std::string base;
    if (policy)
        base = " { type filter hook forward priority 0; policy " + std::string(toString(*policy)) +
               "; }";
    nft("add chain " + toString(chain) + base);
}

void NftWorld::deleteChain(const ChainId& chain)
{
    nft("delete chain " + toString(chain));
}

void NftWorld::flush(const ChainId& chain)
{
    nft("flush chain " + toString(chain));
}

void NftWorld::setPolicy(const ChainId& chain, Policy policy)
{
    nft("chain " + toString(chain) + " { policy " + std::string(toString(policy)) + "; }");
}

void NftWorld::add(const ChainId& chain, End end, const std::string& rule)
{
    const char* verb = end == End::head ? "insert" : "add";
    nft(std::string(verb) + " rule " + toString(chain) + " " + rule);
}

void NftWorld::addForeign(const ChainId& chain, End end, const std::string& name)
{
    add(chain, end, matching(name));
}

void NftWorld::addJump(const ChainId& chain, End end, const std::string& target)
{
    add(chain, end, "counter jump " + target);
}

void NftWorld::addTagged(
    const ChainId& chain, End end, const std::string& id, const std::string& like)
{
    add(chain, end, matching(like) + " comment \"" + std::string(tagPrefix) + id + "\"");
}

std::optional<std::vector<NftWorld::Listed>> NftWorld::rules(const ChainId& chain)
{
    const std::optional<json> found = listing(chain);
    if (!found)
        return std::nullopt;
    std::vector<Listed> rules;
    for (const json& object : *found)
        if (object.contains("rule")) {
            const json& rule = object.at("rule");
            rules.push_back(
                {.name = nameOf(rule),
                 .handle = std::to_string(rule.at("handle").get<std::uint64_t>())});
        }
    return rules;
}

std::string NftWorld::handleOf(const ChainId& chain, const std::string& name)
{
    const auto found = rules(chain).value();
    const auto rule = std::ranges::find(found, name, &Listed::name);
    if (rule == found.end())
        throw std::runtime_error("no rule " + name + " in " + toString(chain));
    return rule->handle;
}

void NftWorld::erase(const ChainId& chain, const std::string& name)
{
    nft("delete rule " + toString(chain) + " handle " + handleOf(chain, name));
}

void NftWorld::alter(const ChainId& chain, const std::string& id, const std::string& like)
{
    nft("replace rule " + toString(chain) + " handle " + handleOf(chain, id) + " " +
        matching(like) + " comment \"" + std::string(tagPrefix) + id + "\"");
}

std::optional<std::vector<std::string>> NftWorld::list(const ChainId& chain)
{
    const auto found = rules(chain);
    if (!found)
        return std::nullopt;
    std::vector<std::string> names;
    std::ranges::transform(*found, std::back_inserter(names), &Listed::name);
    return names;
}

std::optional<Policy> NftWorld::policy(const ChainId& chain)
{
    const std::optional<json> found = listing(chain);
    if (!found)
        return std::nullopt;
    for (const json& object : *found)
        if (object.contains("chain") && object.at("chain").contains("policy"))
            return object.at("chain").at("policy") == "drop" ? Policy::drop : Policy::accept;
    return std::nullopt;
}

Survey NftWorld::survey()
{
    return readSurvey();
}

} // namespace fwdguard::test
