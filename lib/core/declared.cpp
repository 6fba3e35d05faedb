// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/declared.hpp"

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

std::string_view ruleIdOfComment(std::string_view comment)
{
    if (!comment.starts_with(tagPrefix))
        return {};
    return comment.substr(tagPrefix.size());
}

} // namespace fwdguard
