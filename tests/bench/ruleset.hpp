// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fwdguard::bench {

/// A batch for nf_tables, ready to be sent as often as wanted. Its last rule asks for the
/// acknowledgement.
using Batch = std::vector<char>;

/// A chain of the family ip.
struct Chain {
    std::string table{};
    std::string name{};
};

/// What is flushed and guarded.
inline const Chain forward{"filter", "FORWARD"};

/// `flush chain`. The kernel announces it unless the chain is empty.
[[nodiscard]] Batch flushBatch(const Chain& chain = forward);

/// The two rules of the shipped configuration to the head of FORWARD, blindly.
[[nodiscard]] Batch insertBatch();

/// So many tagged rules to the head of FORWARD, blindly: those of manyRules().
[[nodiscard]] Batch insertManyBatch(std::size_t rules);

/// So many rules without a tag to a chain's tail, each with an address of its own.
[[nodiscard]] Batch foreignBatch(const Chain& chain, std::size_t rules);

/// Rules of FORWARD by their handles.
[[nodiscard]] Batch deletionBatch(const std::vector<std::uint64_t>& handles);

/// Commits foreignBatch() in parts that the kernel takes.
void loadForeign(const Chain& chain, std::size_t rules);

/// A configuration of so many rules for FORWARD that is never contested.
[[nodiscard]] std::string manyRules(std::size_t rules);

} // namespace fwdguard::bench
