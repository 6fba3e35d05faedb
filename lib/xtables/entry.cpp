// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/entry.hpp"

#include "core/declared.hpp"
#include "xtables/layout.hpp"

#include <cstring>

#include <linux/netfilter/xt_comment.h>

namespace fwdguard::xtables {

namespace {

std::string_view textIn(Bytes field)
{
    const auto* text = reinterpret_cast<const char*>(field.data());
    return {text, ::strnlen(text, field.size())};
}

// Matches and targets share one layout: a 16-bit size, a name, a revision, then the data.
std::optional<Extension> extensionAt(Bytes area, std::size_t& size)
{
    if (area.size() < sizeof(xt_entry_match))
        return std::nullopt;
    std::uint16_t stated = 0;
    std::memcpy(&stated, area.data(), sizeof stated);
    if (stated < sizeof(xt_entry_match) || stated > area.size())
        return std::nullopt;
    size = stated;
    return Extension{
        textIn(area.subspan(
            offsetof(xt_entry_match, u.user.name), sizeof(xt_entry_match::u.user.name))),
        std::to_integer<std::uint8_t>(area[offsetof(xt_entry_match, u.user.revision)]),
        area.subspan(sizeof(xt_entry_match), stated - sizeof(xt_entry_match))};
}

template <class Layout>
bool splitAs(Bytes bytes, Entry& entry)
{
    using Kernel = typename Layout::Entry;
    entry.matches.clear();
    if (bytes.size() < sizeof(Kernel))
        return false;
    Kernel head;
    std::memcpy(&head, bytes.data(), sizeof head);
    if (head.target_offset < sizeof(Kernel) || head.target_offset > head.next_offset ||
        head.next_offset > bytes.size())
        return false;

    entry.header = bytes.first(sizeof(typename Layout::Header));
    entry.counters = {head.counters.pcnt, head.counters.bcnt};
    std::size_t at = sizeof(Kernel);
    std::size_t size = 0;
    for (; at < head.target_offset; at += size) {
        const auto match = extensionAt(bytes.subspan(at, head.target_offset - at), size);
        if (!match)
            return false;
        entry.matches.push_back(*match);
    }
    const auto target = extensionAt(bytes.subspan(at, head.next_offset - at), size);
    if (!target)
        return false;
    entry.target = *target;
    return true;
}

} // namespace

bool split(Family family, Bytes bytes, Entry& entry)
{
    return family == Family::ip6 ? splitAs<Ip6Layout>(bytes, entry)
                                 : splitAs<Ip4Layout>(bytes, entry);
}

std::optional<std::string_view> commentIn(const Extension& match)
{
    if (match.name != "comment" || match.revision != 0 || match.data.size() < XT_MAX_COMMENT_LEN)
        return std::nullopt;
    return textIn(match.data.first(XT_MAX_COMMENT_LEN));
}

std::string_view ruleIdIn(const Entry& entry)
{
    for (const Extension& match : entry.matches)
        if (const auto comment = commentIn(match))
            if (const auto id = ruleIdOfComment(*comment); !id.empty())
                return id;
    return {};
}

} // namespace fwdguard::xtables
