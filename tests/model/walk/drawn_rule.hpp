// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "model/walk/change.hpp"
#include "model/walk/draw.hpp"
#include "model/walk/field.hpp"

#include <string>
#include <utility>

namespace fwdguard::walk {

/// A foreign rule.
[[nodiscard]] inline WrittenRule plain(std::string name)
{
    return {.like = std::move(name)};
}

/// A rule with our tag and some id, ours or a stranger's.
[[nodiscard]] inline WrittenRule ours(Draw& draw)
{
    return {.like = draw.of(allIds()), .id = draw.oneIn(8) ? "stranger" : draw.of(allIds())};
}

[[nodiscard]] inline End anEnd(Draw& draw)
{
    return draw.oneIn(2) ? End::head : End::tail;
}

} // namespace fwdguard::walk
