// SPDX-License-Identifier: GPL-2.0-or-later
#include "support.hpp"

#include "support/catch.hpp"

#include <cstdlib>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <unistd.h>

namespace fwdguard::legacy {

void skip(const std::string& reason)
{
#ifdef SKIP
    SKIP(reason);
#else
    // What CTest's SKIP_REGULAR_EXPRESSION looks for: Catch2 2 cannot skip.
    std::cout << "SKIPPED: " << reason << std::endl;
    throw std::runtime_error("SKIPPED: " + reason);
#endif
}

Namespace::Namespace()
{
    static int count = 0;
    if (run("command -v iptables-legacy ip6tables-legacy").status != 0)
        skip("iptables-legacy is not installed");
    if (run("test -e /proc/net/ip_tables_names && test -e /proc/net/ip6_tables_names").status != 0)
        skip("the kernel has no legacy tables");
    lockFile_ = std::filesystem::temp_directory_path() /
                ("fwd-guard-test." + std::to_string(::getpid()) + "." + std::to_string(count++));
    ::setenv("XTABLES_LOCKFILE", lockFile_.c_str(), 1);
}

Namespace::~Namespace()
{
    ::unsetenv("XTABLES_LOCKFILE");
    std::error_code ignored;
    std::filesystem::remove(lockFile_, ignored);
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
