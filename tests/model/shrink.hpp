// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace fwdguard::model {

/// Leaves out ever smaller runs of edits as long as what is left still fails.
template <class Edit, class Fails>
std::vector<Edit> shrink(std::vector<Edit> edits, Fails fails)
{
    for (std::size_t run = edits.size() / 2; run > 0; run /= 2)
        for (std::size_t from = 0; from + run <= edits.size();) {
            std::vector<Edit> fewer = edits;
            const auto begin = fewer.begin() + static_cast<std::ptrdiff_t>(from);
            fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(run));
            if (fails(fewer))
                edits = std::move(fewer);
            else
                from += run;
        }
    return edits;
}

} // namespace fwdguard::model
