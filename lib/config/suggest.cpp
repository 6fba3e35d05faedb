// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/suggest.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace fwdguard::config {

namespace {

/// Case and the choice between "-" and "_" are slips that cost nothing.
char folded(char c)
{
    if (c >= 'A' && c <= 'Z')
        return static_cast<char>(c - 'A' + 'a');
    return c == '-' ? '_' : c;
}

/// Levenshtein's distance between the folded texts.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (folded(a[i]) == folded(b[j]) ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

} // namespace

std::string oneOf(std::span<const std::string_view> words, std::string_view found)
{
    constexpr std::size_t longestSlip = 40; // what is longer is no slip, and would cost time
    std::string list;
    std::string_view nearest;
    std::size_t least = std::max<std::size_t>(1, found.size() / 3) + 1;
    for (const std::string_view word : words) {
        list += list.empty() ? "" : ", ";
        list += word;
        if (found.empty() || found.size() > longestSlip)
            continue;
        if (const std::size_t steps = distance(found, word); steps < least && steps < word.size()) {
            least = steps;
            nearest = word;
        }
    }
    list.insert(0, words.size() > 1 ? "one of " : "");
    return nearest.empty() ? list : list + " (did you mean \"" + std::string{nearest} + "\"?)";
}

} // namespace fwdguard::config
