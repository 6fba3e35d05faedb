// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/audit_record.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <linux/netlink.h>

namespace fwdguard::xtables {

namespace {

// (unsigned) -1: no login uid was ever set (include/linux/audit.h, AUDIT_UID_UNSET).
constexpr std::uint32_t uidUnset = 4294967295;

template <class Number>
std::optional<Number> numberIn(std::string_view text, int base = 10)
{
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

/// "audit(1795442221.181:42): rest": takes the head off and returns 42.
std::optional<std::uint64_t> takeSerial(std::string_view& text)
{
    constexpr std::string_view head = "audit(";
    constexpr std::string_view tail = "): ";
    if (!text.starts_with(head))
        return std::nullopt;
    const auto end = text.find(tail);
    const auto colon = text.find(':');
    if (end == std::string_view::npos || colon >= end)
        return std::nullopt;
    const auto serial = numberIn<std::uint64_t>(text.substr(colon + 1, end - colon - 1));
    text.remove_prefix(end + tail.size());
    return serial;
}

/// The raw value of `key`, quotes included. The kernel writes a string that holds a space, a quote
/// or a control character as hex, so a space always ends a value (kernel/audit.c,
/// audit_string_contains_control).
std::optional<std::string_view> valueOf(std::string_view text, std::string_view key)
{
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        const auto field = text.substr(0, end);
        if (field.size() > key.size() && field.starts_with(key) && field[key.size()] == '=')
            return field.substr(key.size() + 1);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return std::nullopt;
}

template <class Number>
std::optional<Number> numberOf(std::string_view text, std::string_view key)
{
    const auto value = valueOf(text, key);
    return value ? numberIn<Number>(*value) : std::nullopt;
}

std::optional<std::string> unhex(std::string_view hex)
{
    if (hex.empty() || hex.size() % 2 != 0)
        return std::nullopt;
    std::string text;
    for (; !hex.empty(); hex.remove_prefix(2)) {
        const auto byte = numberIn<std::uint8_t>(hex.substr(0, 2), 16);
        if (!byte)
            return std::nullopt;
        text.push_back(static_cast<char>(*byte));
    }
    return text;
}

/// A string that a user could choose: quoted as it is, or in hex; "(null)" is none.
std::optional<std::string> stringOf(std::string_view text, std::string_view key)
{
    const auto value = valueOf(text, key);
    if (!value)
        return std::nullopt;
    if (value->size() >= 2 && value->front() == '"' && value->back() == '"')
        return std::string{value->substr(1, value->size() - 2)};
    return unhex(*value);
}

std::optional<TableAnnounced::Operation> operationOf(std::string_view word)
{
    using Operation = TableAnnounced::Operation;
    if (word == "xt_replace")
        return Operation::replaced;
    if (word == "xt_register")
        return Operation::registered;
    if (word == "xt_unregister")
        return Operation::unregistered;
    return std::nullopt;
}

std::optional<Family> familyOf(unsigned int protocolFamily)
{
    switch (protocolFamily) {
    case 2:
        return Family::ip;
    case 10:
        return Family::ip6;
    default:
        return std::nullopt;
    }
}

std::optional<AuditContent> parseNetfilterConfig(std::string_view text)
{
    const auto operation = operationOf(valueOf(text, "op").value_or(""));
    const auto table = valueOf(text, "table");
    const auto family = familyOf(numberOf<unsigned int>(text, "family").value_or(0));
    const Committer committer{
        numberOf<std::uint32_t>(text, "pid").value_or(0), stringOf(text, "comm").value_or("")};
    if (!operation || !table || table->empty() || !family)
        return std::nullopt;
    // The end of a whole network namespace, always cleaned up by a kernel worker; never the one we
    // are in.
    if (operation == TableAnnounced::Operation::unregistered &&
        committer.comm.starts_with("kworker/"))
        return std::nullopt;
    return TableAnnounced{*operation, {*family, std::string{*table}}, committer};
}

std::optional<std::uint32_t> userIn(std::string_view text, std::string_view key)
{
    const auto uid = numberOf<std::uint32_t>(text, key);
    return uid == uidUnset ? std::nullopt : uid;
}

AuditContent parseSyscall(std::string_view text)
{
    return SyscallDetails{
        numberOf<std::uint32_t>(text, "ppid"),
        userIn(text, "uid"),
        userIn(text, "auid"),
        stringOf(text, "exe")};
}

std::optional<AuditContent> parseProctitle(std::string_view text)
{
    auto title = stringOf(text, "proctitle");
    if (!title)
        return std::nullopt;
    std::replace(title->begin(), title->end(), '\0', ' ');
    return CommandLine{std::move(*title)};
}

std::optional<AuditContent> parseConfigChange(std::string_view text)
{
    const auto enabled = numberOf<unsigned int>(text, "audit_enabled");
    if (!enabled)
        return std::nullopt;
    return AuditSwitched{*enabled != 0};
}

std::optional<AuditContent> parseContent(std::uint16_t type, std::string_view text)
{
    switch (type) {
    case auditNetfilterConfig:
        return parseNetfilterConfig(text);
    case auditSyscall:
        return parseSyscall(text);
    case auditProctitle:
        return parseProctitle(text);
    case auditConfigChange:
        return parseConfigChange(text);
    default:
        return std::nullopt;
    }
}

} // namespace

std::optional<AuditRecord> parseAuditRecord(std::uint16_t type, std::string_view text)
{
    const auto serial = takeSerial(text);
    if (!serial)
        return std::nullopt;
    auto content = parseContent(type, text);
    if (!content)
        return std::nullopt;
    return AuditRecord{*serial, std::move(*content)};
}

std::optional<AuditRecord> parseAuditDatagram(std::string_view datagram)
{
    nlmsghdr header{};
    if (datagram.size() < sizeof header)
        return std::nullopt;
    std::memcpy(&header, datagram.data(), sizeof header);
    return parseAuditRecord(header.nlmsg_type, datagram.substr(sizeof header));
}

} // namespace fwdguard::xtables
