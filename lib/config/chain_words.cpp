// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/chain_words.hpp"

#include "config/names.hpp"
#include "config/suggest.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace fwdguard::config {

namespace {

constexpr std::string_view chainPlaceholder = ":CHAIN";

/// A word of the configuration; with chainPlaceholder at its end it takes a chain's name.
template <class T>
struct Word {
    std::string_view spelling;
    typename T::Kind kind;

    [[nodiscard]] constexpr bool takesChain() const { return spelling.ends_with(chainPlaceholder); }
    [[nodiscard]] constexpr std::string_view bare() const
    {
        return takesChain() ? spelling.substr(0, spelling.size() - chainPlaceholder.size())
                            : spelling;
    }
};

constexpr std::array<Word<Position>, 5> positions{{
    {"head", Position::Kind::head},
    {"tail", Position::Kind::tail},
    {"before:CHAIN", Position::Kind::before},
    {"after:CHAIN", Position::Kind::after},
    {"anywhere", Position::Kind::anywhere},
}};

constexpr std::array<Word<Verdict>, 5> verdicts{{
    {"accept", Verdict::Kind::accept},
    {"drop", Verdict::Kind::drop},
    {"return", Verdict::Kind::returnBack},
    {"jump:CHAIN", Verdict::Kind::jump},
    {"goto:CHAIN", Verdict::Kind::goTo},
}};

template <class T, std::size_t Count>
Parsed<T> parse(std::string_view text, const std::array<Word<T>, Count>& words)
{
    const std::size_t colon = text.find(':');
    const bool hasChain = colon != std::string_view::npos;
    std::vector<std::string_view> spellings;
    for (const Word<T>& word : words) {
        spellings.push_back(word.spelling);
        if (word.bare() != text.substr(0, colon) || word.takesChain() != hasChain)
            continue;
        if (!hasChain)
            return T{.kind = word.kind, .chain = {}};
        Parsed<std::string> chain = parseChainName(text.substr(colon + 1));
        if (auto* refusal = std::get_if<Refusal>(&chain)) {
            return Refusal{
                .found = inQuotes(text),
                .allowed = std::string{word.spelling} + " with " + refusal->allowed};
        }
        return T{.kind = word.kind, .chain = std::get<std::string>(std::move(chain))};
    }
    return Refusal{.found = inQuotes(text), .allowed = oneOf(spellings, text)};
}

} // namespace

Parsed<Position> parsePosition(std::string_view text)
{
    return parse(text, positions);
}

Parsed<Verdict> parseVerdict(std::string_view text)
{
    return parse(text, verdicts);
}

} // namespace fwdguard::config
