// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "xtables/entry.hpp"
#include "xtables/fingerprint.hpp"
#include "xtables/last_counters.hpp"
#include "xtables/live_tables.hpp"
#include "xtables/table_id.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

namespace fwdguard::xtables {

/// What is remembered of a table.
struct TableReading {
    Fingerprint fingerprint{};
    std::vector<CountedRule> counted{}; ///< its rules with our tag
};

/// One legacy table as it was when opened, to be read, edited in memory and put back whole. A thin
/// face on a libiptc handle, the same for both families.
class Table {
  public:
    Table() = default;
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;
    virtual ~Table() = default;

    [[nodiscard]] virtual std::vector<std::string> chains() const = 0;
    [[nodiscard]] virtual bool hasChain(const std::string& chain) const = 0;

    /// A base chain's policy; nullopt for any other chain.
    [[nodiscard]] virtual std::optional<Policy> policy(const std::string& chain) const = 0;

    /// Calls `visit` for each rule in order; the views live until the table is edited.
    virtual void forEachRule(
        const std::string& chain, const std::function<void(const RuleView&)>& visit) const = 0;

    /// Of the content with the edits made so far.
    [[nodiscard]] virtual TableReading read() const = 0;

    /// Puts an entry, as encode() makes it, before the rule that has this index now (or at the
    /// end).
    [[nodiscard]] virtual std::error_code
    insert(const std::string& chain, std::size_t index, const std::vector<std::byte>& entry) = 0;
    [[nodiscard]] virtual std::error_code remove(const std::string& chain, std::size_t index) = 0;
    [[nodiscard]] virtual std::error_code setPolicy(const std::string& chain, Policy policy) = 0;

    /// Replaces the kernel's table by this one. Every foreign rule goes back as it came, counters
    /// included. EAGAIN: the number of rules changed since the table was opened; nothing was done.
    [[nodiscard]] virtual std::error_code commit() = 0;
};

/// The table does not exist in this network namespace.
struct TableMissing {};

using OpenedTable = std::variant<std::unique_ptr<Table>, TableMissing, std::error_code>;

/// Reads a table if it is listed; never creates one.
[[nodiscard]] OpenedTable openTable(TableLists& lists, const TableId& id);

} // namespace fwdguard::xtables
