// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/walk/placing.hpp"

#include <algorithm>
#include <cstddef>

namespace fwdguard::walk {

namespace {

using Kind = Position::Kind;

/// Written without the product's own arithmetic of gaps: it is what that is judged by.
class Placing {
  public:
    explicit Placing(const std::vector<ListedRule>& listed) : listed_(listed) {}

    [[nodiscard]] std::size_t indexOf(const std::string& id) const
    {
        return at(std::ranges::find(listed_, id, &ListedRule::id));
    }

    /// What a position comes to: before and after a rule that is not there are head and tail.
    [[nodiscard]] Position meant(const Position& position) const
    {
        const bool anchored = position.kind == Kind::before || position.kind == Kind::after;
        if (!anchored || anchorOf(position) != listed_.size())
            return position;
        return {.kind = position.kind == Kind::before ? Kind::head : Kind::tail, .chain = {}};
    }

    [[nodiscard]] bool right(const DeclaredRule& rule) const
    {
        const Position position = meant(rule.position);
        const std::size_t index = indexOf(rule.key.id);
        switch (position.kind) {
        case Kind::head:
            return onlyOurs(0, index);
        case Kind::tail:
            return onlyOurs(index, listed_.size());
        case Kind::before:
            return index < anchorOf(position) && onlyOurs(index, anchorOf(position));
        case Kind::after:
            return index > anchorOf(position) && onlyOurs(anchorOf(position) + 1, index);
        case Kind::anywhere:
            return true;
        }
        return false;
    }

  private:
    using Iterator = std::vector<ListedRule>::const_iterator;

    [[nodiscard]] std::size_t at(Iterator rule) const
    {
        return static_cast<std::size_t>(rule - listed_.begin());
    }

    [[nodiscard]] std::size_t anchorOf(const Position& position) const
    {
        return at(std::ranges::find_if(listed_, [&](const ListedRule& rule) {
            return rule.id.empty() && rule.like == "->" + position.chain;
        }));
    }

    [[nodiscard]] bool onlyOurs(std::size_t from, std::size_t to) const
    {
        return std::all_of(
            listed_.begin() + static_cast<std::ptrdiff_t>(from),
            listed_.begin() + static_cast<std::ptrdiff_t>(to),
            [](const ListedRule& rule) { return !rule.id.empty(); });
    }

    const std::vector<ListedRule>& listed_;
};

} // namespace

std::string
misplaced(const std::vector<const DeclaredRule*>& rules, const std::vector<ListedRule>& listed)
{
    const Placing placing(listed);
    for (const DeclaredRule* rule : rules)
        if (!placing.right(*rule))
            return rule->key.id + " is not at " + toString(rule->position);
    for (std::size_t i = 0; i < rules.size(); ++i)
        for (std::size_t j = i + 1; j < rules.size(); ++j) {
            const Position position = placing.meant(rules[i]->position);
            if (position.kind == Kind::anywhere || position != placing.meant(rules[j]->position))
                continue;
            if (placing.indexOf(rules[i]->key.id) > placing.indexOf(rules[j]->key.id))
                return rules[j]->key.id + " stands before " + rules[i]->key.id;
        }
    return "";
}

} // namespace fwdguard::walk
