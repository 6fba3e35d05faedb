// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/walk/field.hpp"

#include "model/world.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace fwdguard::walk {

namespace {

using Kind = Position::Kind;

DeclaredRule rule(const ChainId& chain, const std::string& id, Kind kind, std::string anchor = {})
{
    return {
        .key = {.id = id, .family = chain.family},
        .chain = chain,
        .position = {.kind = kind, .chain = std::move(anchor)},
        .body = model::bodyOf(id),
    };
}

std::vector<DeclaredRule> everyRule()
{
    return {
        rule(forward, "h1", Kind::head),
        rule(forward, "h2", Kind::head),
        rule(forward, "x", Kind::anywhere),
        rule(user, "u1", Kind::head),
        rule(forward, "b1", Kind::before, anchor.chain),
        rule(forward, "b2", Kind::before, anchor.chain),
        rule(forward, "a", Kind::after, anchor.chain),
        rule(native, "n1", Kind::head),
        rule(native, "n2", Kind::tail),
        rule(forward, "t1", Kind::tail),
        rule(forward, "t2", Kind::tail),
        rule(user, "u2", Kind::tail),
    };
}

} // namespace

Declaration declarationOf(unsigned variant, bool impatient)
{
    Declaration declared{.rules = everyRule()};
    if (variant == 1)
        std::erase_if(declared.rules, [](const DeclaredRule& one) {
            return one.key.id.ends_with('2') || one.key.id == "x";
        });
    if (variant == 2) {
        std::ranges::reverse(declared.rules);
        for (DeclaredRule& one : declared.rules)
            if (one.position.kind == Kind::head)
                one.position.kind = Kind::tail;
            else if (one.position.kind == Kind::tail)
                one.position.kind = Kind::head;
    }
    declared.policies.push_back({
        .key = {.id = "policy", .family = Family::ip},
        .chain = forward,
        .policy = Policy::accept,
    });
    declared.pacing.burst = impatient ? 3 : 1'000'000;
    return declared;
}

const std::vector<std::string>& allIds()
{
    static const std::vector<std::string> ids = [] {
        std::vector<std::string> all;
        std::ranges::transform(
            everyRule(), std::back_inserter(all), [](const auto& one) { return one.key.id; });
        return all;
    }();
    return ids;
}

} // namespace fwdguard::walk
