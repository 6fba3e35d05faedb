// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace fwdguard::walk {

/// A rule as others write it. It accepts what leaves through the interface `like`; "->X" jumps to
/// the chain X, "@s" and "@m" look the source up in the set and in the map of the table.
struct WrittenRule {
    std::string like{};
    std::string id{}; ///< with our tag, this rule id's

    [[nodiscard]] const std::string& name() const { return id.empty() ? like : id; }
    [[nodiscard]] std::string jumpsTo() const
    {
        return like.starts_with("->") ? like.substr(2) : std::string{};
    }
};

enum class End : std::uint8_t { head, tail };

struct AddTable {
    Family family{};
    std::string table{};
};
struct DeleteTable {
    Family family{};
    std::string table{};
};
/// With a policy: a base chain at the forward hook.
struct AddChain {
    ChainId chain{};
    std::optional<Policy> policy{};
};
struct DeleteChain {
    ChainId chain{};
};
struct RenameChain {
    ChainId chain{};
    std::string to{};
};
struct Flush {
    ChainId chain{};
};
struct ChangePolicy {
    ChainId chain{};
    Policy policy{};
};
struct Write {
    ChainId chain{};
    WrittenRule rule{};
    End end{};
    std::optional<std::string> before{}; ///< a foreign rule's name, instead of `end`
};
/// The first rule of this name; one of ours may be gone already, a foreign one must be there.
struct Replace {
    ChainId chain{};
    WrittenRule old{};
    WrittenRule rule{};
};
struct Erase {
    ChainId chain{};
    WrittenRule old{};
};
/// Of the set or of the map of `inet fw`.
struct Element {
    bool ofMap = false;
    bool there = false;
    unsigned number = 0;
};
/// `iptables-save | iptables-restore`: all rules are made anew, with other handles.
struct SaveAndRestore {};

using Change = std::variant<
    AddTable,
    DeleteTable,
    AddChain,
    DeleteChain,
    RenameChain,
    Flush,
    ChangePolicy,
    Write,
    Replace,
    Erase,
    Element,
    SaveAndRestore>;

/// Who commits it, where there is more than one tool.
enum class Tool : std::uint8_t {
    library,        ///< a process that keeps its socket
    nft,            ///< `nft -f`
    iptables,       ///< one command a change
    restore,        ///< `iptables-restore` of the whole table `ip filter`
    restoreNoflush, ///< `iptables-restore --noflush`
};

/// What one foreign process commits as one transaction.
struct Transaction {
    Tool tool{};
    std::vector<Change> changes{};
};

} // namespace fwdguard::walk
