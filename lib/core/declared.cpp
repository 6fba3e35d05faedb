// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/declared.hpp"

#include <algorithm>

namespace fwdguard {

std::string toString(const Position& position)
{
    switch (position.kind) {
    case Position::Kind::head:
        return "head";
    case Position::Kind::tail:
        return "tail";
    case Position::Kind::before:
        return "before:" + position.chain;
    case Position::Kind::after:
        return "after:" + position.chain;
    case Position::Kind::anywhere:
        return "anywhere";
    }
    return {};
}

bool wantsLegacy(const Declaration& declaration)
{
    const auto wants = [](const auto& declared) {
        return declared.backend != BackendChoice::nfTables;
    };
    return std::ranges::any_of(declaration.rules, wants) ||
           std::ranges::any_of(declaration.policies, wants);
}

std::string_view toString(Mode mode)
{
    return mode == Mode::guard ? "guard" : "observe";
}

std::string_view ruleIdOfComment(std::string_view comment)
{
    if (!comment.starts_with(tagPrefix))
        return {};
    return comment.substr(tagPrefix.size());
}

} // namespace fwdguard
