// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/declared.hpp"
#include "core/plan.hpp"
#include "core/snapshot.hpp"
#include "nft/backend.hpp"

#include <random>
#include <string>
#include <vector>

namespace fwdguard::test {

/// `ip filter FORWARD` and its like.
[[nodiscard]] ChainId chainId(Family family, std::string table, std::string chain);

/// "10.1.0.0/16", "2001:db8::1", without a length the whole address.
[[nodiscard]] AddressMatch address(const std::string& text, bool negated = false);

/// Bodies that together use every match key and verdict, each key alone and some together.
/// Addresses are of the family's version (inet and bridge: both).
[[nodiscard]] std::vector<RuleBody> everyKind(Family family);

/// A random body that cannotExpress() has no objection to. Jumps go to the chain `OTHER`.
[[nodiscard]] RuleBody randomBody(std::mt19937& random, Family family);

/// What `iptables -S` prints for our rule, from "-A" on.
[[nodiscard]] std::string
iptablesLine(const RuleBody& body, const std::string& chain, const std::string& id);

/// A step that puts a rule at the tail.
[[nodiscard]] InsertRule insert(
    const ChainId& chain, const std::string& id, const RuleBody& body, Placement place = AtTail{});

/// Commits without a generation; fails the test unless it is done.
void commit(nft::Backend& backend, const Plan& plan);

/// Reads a chain that must be there.
[[nodiscard]] Snapshot read(nft::Backend& backend, const ChainId& chain, bool withPolicy = false);

/// Takes the whole ruleset out and puts it in again as `nft list ruleset` has it.
void reloadThroughNft();

/// The lines of a text that contain `part`.
[[nodiscard]] std::vector<std::string> linesWith(const std::string& text, const std::string& part);

} // namespace fwdguard::test
