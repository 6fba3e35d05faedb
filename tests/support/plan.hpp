// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/plan.hpp"

#include <memory>
#include <utility>

namespace fwdguard::test {

/// The step that adds a rule with this key and body.
inline InsertRule insertRule(
    ChainId chain, RuleKey key, RuleBody body = {}, Counters counters = {}, Placement place = {})
{
    return {
        .rule = std::make_shared<const DeclaredRule>(DeclaredRule{
            .key = std::move(key), .chain = std::move(chain), .body = std::move(body)}),
        .counters = counters,
        .place = place};
}

} // namespace fwdguard::test
