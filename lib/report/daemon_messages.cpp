// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/daemon_messages.hpp"

#include "report/printable.hpp"

#include <array>
#include <utility>

namespace fwdguard::report {

namespace {

Message message(MessageKind kind, const std::string& text, std::vector<Field> fields = {})
{
    fields.insert(fields.begin(), Field{"MESSAGE_ID", std::string(typeOf(kind).id)});
    return {.kind = kind, .text = printable(text), .fields = std::move(fields)};
}

/// "2 rules", and ", 1 flow" where there are any.
std::string counted(std::size_t rules, std::size_t flows)
{
    std::string text = std::to_string(rules) + (rules == 1 ? " rule" : " rules");
    if (flows != 0)
        text += ", " + std::to_string(flows) + (flows == 1 ? " flow" : " flows");
    return text;
}

Field detail(std::string_view text)
{
    return {"FWDGUARD_DETAIL", std::string(text)};
}

/// "a: b", or "a" alone.
std::string because(std::string text, std::string_view reason)
{
    return reason.empty() ? text : text.append(": ").append(reason);
}

} // namespace

Message
started(std::string_view version, std::size_t rules, std::size_t flows, std::string_view backends)
{
    return message(
        MessageKind::started,
        "fwd-guard " + std::string(version) + " guards " + counted(rules, flows) + " (" +
            std::string(backends) + ')',
        {{"FWDGUARD_VERSION", std::string(version)}});
}

Message stopping(std::string_view reason, RulesAtStop rules)
{
    constexpr std::array words{
        "; the rules stay, unguarded",
        "; the rules are removed",
        "; not all rules could be removed, the others stay, unguarded",
    };
    return message(
        MessageKind::stopping,
        because("stopping", reason) + words.at(static_cast<std::size_t>(rules)));
}

Message configurationLoaded(std::string_view path, std::size_t rules, std::size_t flows)
{
    return message(
        MessageKind::configurationLoaded,
        "configuration loaded from " + (path.empty() ? "the built-in default" : std::string(path)) +
            ": " + counted(rules, flows),
        {{"FWDGUARD_CONFIG", std::string(path)}});
}

Message configurationRefused(std::string_view path, std::string_view error)
{
    return message(
        MessageKind::configurationRefused,
        because("configuration refused, the one before stays in force", error),
        {{"FWDGUARD_CONFIG", std::string(path)}, detail(error)});
}

Message filterFallback(std::string_view reason)
{
    return message(
        MessageKind::filterFallback,
        because("announcements do not pass the kernel-side filter, going on without it", reason),
        {detail(reason)});
}

Message busLost(std::string_view reason)
{
    return message(
        MessageKind::busLost,
        because("no connection to D-Bus, guarding goes on without it", reason),
        {detail(reason)});
}

Message busBack()
{
    return message(MessageKind::busBack, "connected to D-Bus again");
}

Message configurationWarning(std::string_view warning)
{
    return message(MessageKind::configurationWarning, std::string(warning), {detail(warning)});
}

Message flowChanged(std::string_view flow, const FlowLack& lack)
{
    std::vector<Field> fields{
        {"FWDGUARD_FLOW", std::string(flow)},
        {"FWDGUARD_STATE", std::string(toString(lack.state))}};
    const std::string start = "flow " + std::string(flow) + ": ";
    if (lack.state == FlowState::inPlace)
        return message(MessageKind::flowWhole, start + "lacks nothing any more", std::move(fields));
    fields.push_back(detail(lack.detail));
    return message(
        lack.state == FlowState::degraded ? MessageKind::flowDegraded : MessageKind::flowWaiting,
        start + std::string(toString(lack.state)) + ": " + lack.detail,
        std::move(fields));
}

Message mixed(const std::vector<ChainId>& chains)
{
    std::string names;
    for (const ChainId& chain : chains)
        names += (names.empty() ? "" : ", ") + toString(chain);
    return message(
        MessageKind::mixed,
        "in nf_tables and in legacy tables at once: " + names +
            "; a packet passes through both, a drop in either kills it",
        {{"FWDGUARD_CHAIN", names}});
}

Message legacyWatched(const LegacyWatch& watch)
{
    const std::string mode = watch.mode + (watch.fault ? ", not as the configuration says" : "");
    std::string text = "legacy tables: " + because(mode, watch.reason);
    if (!watch.remedy.empty())
        text += (watch.mode == "unavailable" ? "; needs " : "; events need ") + watch.remedy;
    return message(
        watch.fault ? MessageKind::eventsMissing : MessageKind::legacyWatched,
        text,
        {{"FWDGUARD_STATE", watch.mode}, detail(watch.reason)});
}

Message auditSwitchedOn(std::error_code error)
{
    if (!error)
        return message(
            MessageKind::auditSwitched,
            "the kernel's audit switched on for the whole host, as the configuration says");
    return message(
        MessageKind::auditSwitched,
        because("the kernel's audit cannot be switched on", error.message()),
        {detail(error.message())});
}

Message lockHeld(std::uint32_t pid)
{
    if (pid == 0)
        return message(
            MessageKind::lockHeld,
            "the xtables lock is held by a process that cannot be seen; a repair waits for it");
    const std::string number = std::to_string(pid);
    return message(
        MessageKind::lockHeld,
        "the xtables lock is held by pid " + number + "; a repair waits for it",
        {{"FWDGUARD_CAUSE_PID", number}});
}

Message gaveUp(std::string_view reason)
{
    return message(MessageKind::gaveUp, std::string(reason), {detail(reason)});
}

Message holdsNotKept(std::string_view reason)
{
    return message(MessageKind::holdsNotKept, std::string(reason), {detail(reason)});
}

} // namespace fwdguard::report
