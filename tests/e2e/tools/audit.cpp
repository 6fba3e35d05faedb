// SPDX-License-Identifier: GPL-2.0-or-later
// Says whether the kernel's audit is on, or sets it: what auditctl does, which not every host has.
#include "xtables/audit_socket.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

using namespace fwdguard;

namespace {

int failed(const char* what, std::error_code error)
{
    std::fprintf(stderr, "audit: %s: %s\n", what, error.message().c_str());
    return EXIT_FAILURE;
}

int tell()
{
    std::error_code error;
    const auto enabled = xtables::auditEnabled(error);
    if (!enabled)
        return failed("cannot ask the kernel", error);
    std::puts(*enabled ? "on" : "off");
    return EXIT_SUCCESS;
}

int set(bool on)
{
    const auto error = xtables::setAuditEnabled(on);
    return error ? failed("cannot set it", error) : EXIT_SUCCESS;
}

} // namespace

int main(int argc, char** argv)
{
    const std::string_view word = argc == 2 ? argv[1] : "";
    if (word == "get")
        return tell();
    if (word == "on" || word == "off")
        return set(word == "on");
    std::fputs("usage: audit get|on|off\n", stderr);
    return 64;
}
