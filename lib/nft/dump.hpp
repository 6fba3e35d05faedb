// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/snapshot.hpp"
#include "nft/messages.hpp"
#include "nft/rule_message.hpp"

#include <cstdint>
#include <optional>
#include <system_error>

namespace fwdguard::nft {

/// Follows the answers to one dump of rules to its end.
class RuleDump {
  public:
    /// Takes in one answer. The rule in it, if there is one; its views point into the message.
    [[nodiscard]] std::optional<RuleMessage> take(const Message& message);

    [[nodiscard]] bool ended() const { return ended_; }

    /// The kernel's error, or EBADMSG.
    [[nodiscard]] std::error_code error() const { return error_; }

    /// Something was committed meanwhile: the rules that came are no one state of the chain.
    [[nodiscard]] bool interrupted() const { return interrupted_; }

    /// The low half of the generation, when a rule came.
    [[nodiscard]] std::optional<std::uint16_t> generationLow() const { return generationLow_; }

  private:
    std::error_code error_;
    std::optional<std::uint16_t> generationLow_;
    bool interrupted_ = false;
    bool ended_ = false;
};

/// The answers to chainRequest(), as they come in.
class ChainReading {
  public:
    /// `sequence` is that of the request.
    ChainReading(const ChainId& chain, std::uint32_t sequence);

    /// Takes in one answer; false when there is nothing more to come.
    [[nodiscard]] bool take(const Message& message);

    /// The first thing that went wrong; a chain or table that is not there is nothing wrong.
    [[nodiscard]] std::error_code error() const;
    [[nodiscard]] bool interrupted() const { return dump_.interrupted(); }
    [[nodiscard]] std::optional<std::uint16_t> rulesGenerationLow() const
    {
        return dump_.generationLow();
    }
    /// The current one before anything else was read; present unless there is an error.
    [[nodiscard]] const std::optional<Generation>& generation() const { return generation_; }
    /// As it was before the rules were read; absent when the chain is not there.
    [[nodiscard]] const std::optional<ChainState>& chain() const { return chain_; }
    /// The rules alone: generation and policy are not filled in.
    [[nodiscard]] Snapshot& snapshot() { return snapshot_; }

  private:
    void takeGeneration(const Message& message);
    void takeChain(const Message& message);

    std::uint32_t sequence_;
    std::error_code generationError_;
    std::optional<Generation> generation_;
    std::error_code chainError_;
    std::optional<ChainState> chain_;
    RuleDump dump_;
    Snapshot snapshot_;
};

/// Appends what a dump says of one rule; ours are decoded.
void addRule(Snapshot& snapshot, const RuleMessage& rule);

} // namespace fwdguard::nft
