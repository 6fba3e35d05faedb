// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/journal_sink.hpp"

#include "report/printable.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

// The place in our source is no help to an administrator.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

namespace fwdguard::report {

namespace {

/// Where sd_journal_sendv(3) sends to.
constexpr std::string_view journalSocket = "/run/systemd/journal/socket";

/// Whether the journal would take a datagram now. sd_journal_sendv() waits when journald is there
/// but does not read, and a guard that waits does not guard.
bool journalTakes()
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(journalSocket, std::begin(address.sun_path));
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    const bool there =
        ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    pollfd poll{.fd = fd, .events = POLLOUT, .revents = 0};
    const bool room = there && ::poll(&poll, 1, 0) == 1 && (poll.revents & POLLOUT) != 0;
    ::close(fd);
    return room;
}

bool send(const std::vector<std::string>& assignments)
{
    std::vector<iovec> parts;
    parts.reserve(assignments.size());
    for (const std::string& assignment : assignments)
        parts.push_back({const_cast<char*>(assignment.data()), assignment.size()});
    return ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}

Severity severityOf(spdlog::level::level_enum level)
{
    switch (level) {
    case spdlog::level::critical:
    case spdlog::level::err:
        return Severity::error;
    case spdlog::level::warn:
        return Severity::warning;
    case spdlog::level::info:
        return Severity::info;
    default:
        return Severity::debug;
    }
}

std::vector<std::string> head(Severity severity, std::string_view text)
{
    return {
        "MESSAGE=" + std::string(text),
        "PRIORITY=" + std::to_string(static_cast<int>(severity)),
        "SYSLOG_IDENTIFIER=fwd-guard",
    };
}

} // namespace

bool isJournal(int fd, std::string_view journalStream)
{
    struct stat info {};
    if (journalStream.empty() || ::fstat(fd, &info) != 0)
        return false;
    return journalStream == std::to_string(info.st_dev) + ':' + std::to_string(info.st_ino);
}

void JournalSink::sink_it_(const spdlog::details::log_msg& message)
{
    const std::string_view text(message.payload.data(), message.payload.size());
    std::vector<std::string> assignments = head(
        current_ != nullptr ? typeOf(current_->kind).severity : severityOf(message.level),
        printable(text));
    if (current_ != nullptr)
        for (const Field& field : current_->fields)
            assignments.push_back(field.name + '=' + field.value);
    if (!journalTakes() || !send(assignments))
        ++dropped_;
    else if (dropped_ > 0)
        tellDropped();
}

void JournalSink::tellDropped()
{
    if (!journalTakes())
        return;
    const auto text = std::to_string(dropped_) + " messages could not be sent to the journal";
    if (send(head(Severity::warning, text)))
        dropped_ = 0;
}

} // namespace fwdguard::report
