// SPDX-License-Identifier: GPL-2.0-or-later
#include "support.hpp"

#include "support/catch.hpp"
#include "support/plan.hpp"

#include <cstdlib>
#include <sstream>
#include <string_view>
#include <system_error>

#include <unistd.h>

namespace fwdguard::legacy {

namespace {

void addBytes(std::string& text, xtables::Bytes bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    for (const std::byte byte : bytes) {
        text.push_back(digits[std::to_integer<std::size_t>(byte) >> 4]);
        text.push_back(digits[std::to_integer<std::size_t>(byte) & 15]);
    }
}

std::string bytesOf(const xtables::Entry& entry, const xtables::RuleView& rule)
{
    std::string text;
    addBytes(text, entry.header);
    for (const xtables::Extension& match : entry.matches) {
        text.append(" ").append(match.name).append(std::to_string(match.revision)).append(" ");
        addBytes(text, match.data);
    }
    text.append(" -> ").append(entry.target.name).append(rule.target).append(" ");
    if (!entry.target.name.empty())
        addBytes(text, entry.target.data);
    return text;
}

} // namespace

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

AuditSetting switchAudit(bool on)
{
    try {
        return AuditSetting{on};
    } catch (const std::system_error& error) {
        skip(error.what());
    }
}

xtables::AuditStream streamOrSkip()
{
    xtables::AuditStream stream = xtables::openAuditStream();
    if (!stream.socket)
        skip("the audit stream cannot be joined: " + stream.error.message());
    return stream;
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

std::vector<std::string> bytesOfRules(const ChainId& chain, Which which)
{
    xtables::TableLists lists;
    const auto opened = xtables::openTable(lists, {chain.family, chain.table});
    std::vector<std::string> rules;
    std::get<0>(opened)->forEachRule(chain.chain, [&](const xtables::RuleView& rule) {
        xtables::Entry entry;
        REQUIRE(xtables::split(chain.family, rule.bytes, entry));
        if (which == Which::all || xtables::ruleIdIn(entry).empty())
            rules.push_back(bytesOf(entry, rule));
    });
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
    const Plan plan{test::insertRule(chain, {id, chain.family}, body, {}, AtHead{})};
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
