// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/layout.hpp"

#include <algorithm>
#include <tuple>

namespace fwdguard {

namespace {

/// Two positions can meet in one gap (after:A and before:B between neighbours A and B; head and
/// before:A when A is first): this is the order in which their rules then stand.
std::size_t rankOf(Position::Kind kind)
{
    switch (kind) {
    case Position::Kind::head:
        return 0;
    case Position::Kind::after:
        return 1;
    case Position::Kind::anywhere:
        return 2;
    case Position::Kind::before:
        return 3;
    case Position::Kind::tail:
        return 4;
    }
    return 0;
}

} // namespace

Gaps::Gaps(const Snapshot& snapshot) : snapshot_(snapshot)
{
    gapOf_.reserve(snapshot.rules.size());
    foreign_.reserve(snapshot.rules.size());
    auto tagged = snapshot.tagged.begin();
    for (std::size_t index = 0; index < snapshot.rules.size(); ++index) {
        gapOf_.push_back(foreign_.size());
        if (tagged != snapshot.tagged.end() && tagged->index == index)
            ++tagged;
        else
            foreign_.push_back(index);
    }
}

std::size_t Gaps::gapBeforeJumpTo(const std::string& chain) const
{
    const auto anchor = std::ranges::find_if(
        foreign_, [&](std::size_t index) { return snapshot_.rules[index].jumpsTo == chain; });
    return static_cast<std::size_t>(anchor - foreign_.begin());
}

Gaps::Place Gaps::placeOf(const Position& position, std::size_t order, std::size_t current) const
{
    using Kind = Position::Kind;
    switch (position.kind) {
    case Kind::head:
        return {.gap = 0, .rank = Kind::head, .order = order};
    case Kind::tail:
        return {.gap = last(), .rank = Kind::tail, .order = order};
    case Kind::before: {
        const std::size_t gap = gapBeforeJumpTo(position.chain);
        if (gap == last())
            return {.gap = 0, .rank = Kind::head, .order = order};
        return {.gap = gap, .rank = Kind::before, .order = order};
    }
    case Kind::after: {
        const std::size_t gap = gapBeforeJumpTo(position.chain);
        if (gap == last())
            return {.gap = last(), .rank = Kind::tail, .order = order};
        return {.gap = gap + 1, .rank = Kind::after, .order = order};
    }
    case Kind::anywhere:
        return {.gap = current, .rank = Kind::anywhere, .order = order};
    }
    return {};
}

bool standsBefore(const Gaps::Place& a, const Gaps::Place& b)
{
    return std::tuple(a.gap, rankOf(a.rank), a.order) < std::tuple(b.gap, rankOf(b.rank), b.order);
}

std::vector<std::size_t> longestRisingSubsequence(const std::vector<std::size_t>& values)
{
    // Patience sorting: ends[k] is the index of the smallest value that ends a rising run of k + 1.
    constexpr auto none = static_cast<std::size_t>(-1);
    std::vector<std::size_t> ends;
    std::vector<std::size_t> previous(values.size(), none);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto pile = std::ranges::lower_bound(
            ends, values[i], {}, [&](std::size_t index) { return values[index]; });
        if (pile != ends.begin())
            previous[i] = *std::prev(pile);
        if (pile == ends.end())
            ends.push_back(i);
        else
            *pile = i;
    }
    std::vector<std::size_t> result(ends.size());
    std::size_t at = ends.empty() ? none : ends.back();
    for (std::size_t k = result.size(); k-- > 0; at = previous[at])
        result[k] = at;
    return result;
}

} // namespace fwdguard
