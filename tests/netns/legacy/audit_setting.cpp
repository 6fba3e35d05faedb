// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit_setting.hpp"

#include "xtables/audit_socket.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <system_error>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <sys/wait.h>

namespace fwdguard::legacy {

namespace {

[[noreturn]] void keep(int lifeline, bool previous)
{
    ::setsid();
    ::signal(SIGINT, SIG_IGN);
    ::signal(SIGTERM, SIG_IGN);
    char byte = 0;
    while (::read(lifeline, &byte, 1) < 0 && errno == EINTR) {
    }
    const auto error = xtables::setAuditEnabled(previous);
    ::_exit(error ? 1 : 0);
}

} // namespace

AuditSetting::AuditSetting(bool on)
{
    std::error_code error;
    const auto previous = xtables::auditEnabled(error);
    if (!previous)
        throw std::system_error(error, "the kernel's audit cannot be asked");
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "a pipe");
    keeper_ = ::fork();
    if (keeper_ == 0) {
        ::close(ends[1]);
        keep(ends[0], *previous);
    }
    ::close(ends[0]);
    lifeline_ = ends[1];
    if (const auto refused = xtables::setAuditEnabled(on)) {
        static_cast<void>(restore());
        throw std::system_error(refused, "the kernel's audit cannot be set");
    }
}

AuditSetting::~AuditSetting()
{
    if (restore())
        return;
    std::fputs("the kernel's audit is not what it was before\n", stderr);
    std::terminate();
}

bool AuditSetting::restore() const
{
    ::close(lifeline_);
    int status = 0;
    ::waitpid(keeper_, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace fwdguard::legacy
