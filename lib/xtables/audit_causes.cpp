// SPDX-License-Identifier: GPL-2.0-or-later
#include "xtables/audit_causes.hpp"

#include <algorithm>
#include <utility>

namespace fwdguard::xtables {

void AuditCauses::open(std::uint64_t serial, const Committer& committer)
{
    AuditCause cause;
    cause.cause.pid = committer.pid;
    cause.cause.comm = committer.comm;
    remembered_.push_back({serial, committer, std::move(cause)});
    if (remembered_.size() > capacity)
        remembered_.pop_front();
}

void AuditCauses::add(std::uint64_t serial, const SyscallDetails& details)
{
    Remembered* const found = withSerial(serial);
    if (found == nullptr)
        return;
    AuditCause& cause = found->cause;
    cause.cause.exe = details.exe;
    if (details.parentPid)
        cause.cause.parent = ParentProcess{*details.parentPid, {}};
    cause.uid = details.uid;
    cause.loginUid = details.loginUid;
}

void AuditCauses::add(std::uint64_t serial, const CommandLine& commandLine)
{
    if (Remembered* const found = withSerial(serial))
        found->cause.cause.cmdline = commandLine.text;
}

std::optional<AuditCause> AuditCauses::find(const Committer& committer) const
{
    const auto found = std::find_if(
        remembered_.rbegin(), remembered_.rend(), [&committer](const Remembered& candidate) {
            return candidate.committer == committer;
        });
    if (found == remembered_.rend())
        return std::nullopt;
    return found->cause;
}

AuditCauses::Remembered* AuditCauses::withSerial(std::uint64_t serial)
{
    const auto found = std::find_if(
        remembered_.rbegin(), remembered_.rend(), [serial](const Remembered& candidate) {
            return candidate.serial == serial;
        });
    return found == remembered_.rend() ? nullptr : &*found;
}

} // namespace fwdguard::xtables
