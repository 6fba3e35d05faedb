// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "audit_setting.hpp"
#include "support/catch.hpp"
#include "support/netns.hpp"
#include "xtables/backend.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace fwdguard::legacy {

using test::run;

/// A fresh network namespace, and a lock file of its own, which XTABLES_LOCKFILE names while this
/// lives. Skips the test where iptables-legacy or the kernel's legacy tables are missing.
class Namespace {
  public:
    Namespace();
    Namespace(const Namespace&) = delete;
    Namespace& operator=(const Namespace&) = delete;
    Namespace(Namespace&&) = delete;
    Namespace& operator=(Namespace&&) = delete;
    ~Namespace();

    [[nodiscard]] const std::filesystem::path& lockFile() const { return lockFile_; }

  private:
    test::FreshNetns netns_;
    std::filesystem::path lockFile_;
};

using test::skip;

/// The kernel's audit on or off while this lives; skips the test where it cannot be set.
[[nodiscard]] AuditSetting switchAudit(bool on);

/// Skips the test where the stream cannot be joined.
[[nodiscard]] xtables::AuditStream streamOrSkip();

/// Runs a shell command that must succeed; returns its output.
inline std::string sh(const std::string& command)
{
    return test::must(command);
}

/// "iptables-legacy" or "ip6tables-legacy".
[[nodiscard]] std::string iptables(Family family);

/// The rules that `iptables-legacy -t TABLE -S CHAIN` prints, without -P and -N lines.
[[nodiscard]] std::vector<std::string> rulesOf(const ChainId& chain);

enum class Which : std::uint8_t { all, foreign };

/// The bytes of a chain's rules in hex, as the kernel hands them out: all but those that it leaves
/// undefined (behind a name's NUL), counters, and a jump's or fall-through's offset, which moves
/// with the rules.
[[nodiscard]] std::vector<std::string> bytesOfRules(const ChainId& chain, Which which = Which::all);

/// A backend without an audit stream.
[[nodiscard]] xtables::Backend pollingBackend();

/// A snapshot that must succeed.
[[nodiscard]] Snapshot look(xtables::Backend& backend, const ChainId& chain);

/// Inserts a tagged rule at the head through the backend; must be committed.
void insertAtHead(
    xtables::Backend& backend, const ChainId& chain, const std::string& id, const RuleBody& body);

[[nodiscard]] RuleBody acceptFrom(const std::string& interface);

inline const ChainId forward{Family::ip, "filter", "FORWARD"};
inline const ChainId forward6{Family::ip6, "filter", "FORWARD"};

} // namespace fwdguard::legacy
