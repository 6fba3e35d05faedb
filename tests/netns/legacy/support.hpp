// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "xtables/backend.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace fwdguard::legacy {

/// Enters a new network namespace and a lock file of its own; the destructor goes back.
class Namespace {
  public:
    Namespace();
    Namespace(const Namespace&) = delete;
    Namespace& operator=(const Namespace&) = delete;
    ~Namespace();

    /// What XTABLES_LOCKFILE says while this lives.
    [[nodiscard]] const std::filesystem::path& lockFile() const { return lockFile_; }

  private:
    xtables::UniqueFd outside_;
    std::filesystem::path lockFile_;
};

struct Output {
    int status = -1;
    std::string text; ///< stdout and stderr
};

/// Runs a shell command in the current network namespace.
[[nodiscard]] Output run(const std::string& command);

/// The same, which must succeed; returns its output.
std::string sh(const std::string& command);

/// "iptables-legacy" or "ip6tables-legacy".
[[nodiscard]] std::string iptables(Family family);

/// The rules that `iptables-legacy -t TABLE -S CHAIN` prints, without -P and -N lines.
[[nodiscard]] std::vector<std::string> rulesOf(const ChainId& chain);

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
