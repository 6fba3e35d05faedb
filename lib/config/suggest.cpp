// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/suggest.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
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

/// Steps from `a` to `b`: a character added, left out, replaced, or swapped with its neighbour
/// (optimal string alignment distance). Rows of the table are kept for the last two characters.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> older(b.size() + 1);
    std::vector<std::size_t> old(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(old.begin(), old.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto same = [&](std::size_t x, std::size_t y) {
                return folded(a[x - 1]) == folded(b[y - 1]);
            };
            const std::size_t replaced = old[j - 1] + (same(i, j) ? 0 : 1);
            row[j] = std::min({replaced, old[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && same(i, j - 1) && same(i - 1, j))
                row[j] = std::min(row[j], older[j - 2] + 1);
        }
        std::swap(older, old);
        std::swap(old, row);
    }
    return old.back();
}

/// True when `text` is `word` with letters left out: "dport" for "destination_port".
bool abbreviates(std::string_view text, std::string_view word)
{
    constexpr std::size_t shortest = 3;
    std::size_t matched = 0;
    for (const char c : word)
        if (matched < text.size() && folded(text[matched]) == folded(c))
            ++matched;
    return text.size() >= shortest && matched == text.size();
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
        const std::size_t steps = abbreviates(found, word) ? 1 : distance(found, word);
        if (steps < least && steps < word.size()) {
            least = steps;
            nearest = word;
        }
    }
    list.insert(0, words.size() > 1 ? "one of " : "");
    return nearest.empty() ? list : list + " (did you mean \"" + std::string{nearest} + "\"?)";
}

} // namespace fwdguard::config
