// SPDX-License-Identifier: GPL-2.0-or-later
#include "support.hpp"

#include "support/catch.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <sys/wait.h>

namespace fwdguard::legacy {

Namespace::Namespace() : outside_{::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)}
{
    static int count = 0;
    if (!outside_ || ::unshare(CLONE_NEWNET) != 0)
        throw std::system_error{errno, std::system_category(), "enter a network namespace"};
    lockFile_ = std::filesystem::temp_directory_path() /
                ("fwd-guard-test." + std::to_string(::getpid()) + "." + std::to_string(count++));
    ::setenv("XTABLES_LOCKFILE", lockFile_.c_str(), 1);
}

Namespace::~Namespace()
{
    ::setns(outside_.get(), CLONE_NEWNET);
    ::unsetenv("XTABLES_LOCKFILE");
    std::error_code ignored;
    std::filesystem::remove(lockFile_, ignored);
}

Output run(const std::string& command)
{
    Output output;
    std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "re");
    if (pipe == nullptr)
        return output;
    std::array<char, 4096> buffer{};
    while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
        output.text.append(buffer.data(), size);
    const int status = ::pclose(pipe);
    output.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return output;
}

std::string sh(const std::string& command)
{
    const Output output = run(command);
    INFO(command << "\n" << output.text);
    REQUIRE(output.status == 0);
    return output.text;
}

std::string iptables(Family family)
{
    return family == Family::ip6 ? "ip6tables-legacy" : "iptables-legacy";
}

std::vector<std::string> rulesOf(const ChainId& chain)
{
    std::istringstream lines{
        sh(iptables(chain.family) + " -w -t " + chain.table + " -S " + chain.chain)};
    std::vector<std::string> rules;
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("-A"))
            rules.push_back(line);
    return rules;
}

xtables::Backend pollingBackend()
{
    return xtables::Backend{{}, {}};
}

Snapshot look(xtables::Backend& backend, const ChainId& chain)
{
    auto result = backend.snapshot(chain, true);
    if (const auto* failed = std::get_if<SnapshotFailed>(&result))
        FAIL("snapshot failed: " << failed->error.message());
    REQUIRE(std::holds_alternative<Snapshot>(result));
    return std::get<Snapshot>(std::move(result));
}

void insertAtHead(
    xtables::Backend& backend, const ChainId& chain, const std::string& id, const RuleBody& body)
{
    const auto snapshot = look(backend, chain);
    const Plan plan{InsertRule{chain, {id, chain.family}, body, {}, AtHead{}}};
    const auto result = backend.commit(plan, snapshot.generation);
    if (const auto* failed = std::get_if<CommitFailed>(&result))
        FAIL("commit failed: " << failed->error.message());
    REQUIRE(std::holds_alternative<Committed>(result));
}

RuleBody acceptFrom(const std::string& interface)
{
    RuleBody body;
    body.match.inInterface = InterfaceMatch{interface, false, false};
    return body;
}

} // namespace fwdguard::legacy
