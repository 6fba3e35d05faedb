// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/types.hpp"
#include "xtables/fingerprint.hpp"
#include "xtables/table_id.hpp"

#include <map>
#include <optional>
#include <vector>

namespace fwdguard::xtables {

/// Gives legacy tables the generation that the kernel does not keep: one counter over all tables,
/// counted up whenever a table is announced, found or made different.
class Ledger {
  public:
    /// What a table holds; nullopt: it does not exist.
    using Content = std::optional<Fingerprint>;

    [[nodiscard]] Generation current() const { return current_; }

    /// A table was read. The first reading of a table is not a change.
    void observe(const TableId& table, const Content& content);

    /// Somebody announced a change that has not been read yet.
    void announced() { advance(); }

    /// We have replaced a table by this content.
    void committed(const TableId& table, const Content& content);

    /// True when a reading later than `generation` found the table changed.
    [[nodiscard]] bool changedSince(const TableId& table, Generation generation) const;

    /// True once for each change by others since the last call for this table.
    [[nodiscard]] bool takeChange(const TableId& table);

    [[nodiscard]] bool knows(const TableId& table) const { return entries_.contains(table); }
    [[nodiscard]] std::vector<TableId> tables() const;
    [[nodiscard]] bool empty() const { return entries_.empty(); }

    /// One of them exists, as last read.
    [[nodiscard]] bool live() const;

    /// Forgets all tables but these.
    void retain(const std::vector<ChainId>& chains);

  private:
    struct Entry {
        Content content{};
        Generation changed{};
        /// A change by others that takeChange() has not told. Not by comparing what was told with
        /// what is there: who looked in between may have seen, and acted on, something else.
        bool untold = false;
    };

    void advance();

    Generation current_{1};
    std::map<TableId, Entry> entries_;
};

} // namespace fwdguard::xtables
