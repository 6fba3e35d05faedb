// SPDX-License-Identifier: GPL-2.0-or-later
#include "netns/walk/listed.hpp"

#include "core/declared.hpp"

#include <vector>

#include <nlohmann/json.hpp>

namespace fwdguard::test {

namespace {

using nlohmann::json;

std::string likeOf(const json& expressions)
{
    std::vector<json> words;
    for (const json& expression : expressions)
        if (!expression.contains("xt"))
            words.push_back(expression);
    const auto is = [&](std::size_t at, const char* word) {
        return at < words.size() && words[at].contains(word);
    };
    const auto matches = [&](const json& left) {
        return is(0, "match") && words[0]["match"]["op"] == "==" &&
               words[0]["match"]["left"] == left;
    };
    static const json interface {
        {
            "meta",
            {
                {
                    "key", "oifname"
                }
            }
        }
    };
    static const json source{{"payload", {{"protocol", "ip"}, {"field", "saddr"}}}};
    if (words.size() == 3 && is(1, "counter") && is(2, "accept") && matches(interface))
        return words[0]["match"]["right"];
    if (words.size() == 2 && is(0, "counter") && is(1, "jump"))
        return "->" + words[1]["jump"]["target"].get<std::string>();
    if (words.size() == 3 && is(1, "counter") && is(2, "drop") && matches(source))
        return words[0]["match"]["right"];
    if (words.size() == 1 && is(0, "vmap") && words[0]["vmap"]["key"] == source)
        return words[0]["vmap"]["data"];
    return expressions.dump();
}

std::string idOf(const json& rule)
{
    if (rule.contains("comment"))
        return std::string(ruleIdOfComment(rule.at("comment").get<std::string>()));
    for (const json& expression : rule.at("expr"))
        if (expression.contains("xt"))
            return unreadComment;
    return "";
}

ChainId chainOf(const json& object, const char* name)
{
    return {
        .family = parseFamily(object.at("family").get<std::string>()).value(),
        .table = object.at("table"),
        .chain = object.at(name),
    };
}

std::set<unsigned> elementsOf(const json& set)
{
    std::set<unsigned> numbers;
    for (const json& element : set.value("elem", json::array())) {
        const std::string address = element.is_array() ? element.at(0) : element;
        numbers.insert(static_cast<unsigned>(std::stoul(address.substr(address.rfind('.') + 1))));
    }
    return numbers;
}

} // namespace

walk::Listing listedByNft(const std::string& text)
{
    walk::Listing listing;
    const json parsed = json::parse(text);
    for (const json& object : parsed.at("nftables")) {
        if (object.contains("chain")) {
            const json& chain = object.at("chain");
            auto& listed = listing.chains[chainOf(chain, "name")];
            if (chain.contains("policy"))
                listed.policy = chain.at("policy") == "drop" ? Policy::drop : Policy::accept;
        } else if (object.contains("rule")) {
            const json& rule = object.at("rule");
            listing.chains[chainOf(rule, "chain")].rules.push_back({
                .handle = {rule.at("handle")},
                .id = idOf(rule),
                .like = likeOf(rule.at("expr")),
            });
        } else if (object.contains("set")) {
            listing.set = elementsOf(object.at("set"));
        } else if (object.contains("map")) {
            listing.map = elementsOf(object.at("map"));
        }
    }
    return listing;
}

} // namespace fwdguard::test
