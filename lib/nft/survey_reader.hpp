// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/survey.hpp"
#include "nft/dialogue.hpp"
#include "nft/state_set.hpp"
#include "nft/survey_messages.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace fwdguard::nft {

/// Reads a survey in small steps. Of sets it reads those of connection states that a rule has
/// between braces, and a few hundred at most.
class SurveyReader {
  public:
    using Progress = Dialogue::Progress; ///< done: take() has it; else begin() again

    /// Chains beyond so many rules in all stay unread. Opens the socket in the current network
    /// namespace; throws std::system_error.
    explicit SurveyReader(std::size_t maxRules);

    /// Starts over. Only when no reading is going on.
    [[nodiscard]] Progress begin();

    /// Takes one datagram from the kernel.
    [[nodiscard]] Progress step();

    [[nodiscard]] Survey take();
    [[nodiscard]] std::error_code error() const { return dialogue_.error(); }

  private:
    enum class Phase : std::uint8_t { tables, chains, rules, set, elements, generation };
    /// A rule of the chain being read that is not understood without a set.
    struct Asking {
        std::size_t rule = 0; ///< where it is
        std::vector<std::uint8_t> expressions{};
        StateSet set{};
        bool verdicts = false;
        bool understood = true; ///< what was read of the set so far
    };
    using TableName = std::pair<std::uint8_t, std::string>;

    [[nodiscard]] Progress take(const Message& message);
    [[nodiscard]] Progress dumpEnded();
    [[nodiscard]] Progress readNextChain();
    void takeTable(const Message& message);
    void takeChain(const Message& message);
    void takeRule(const Message& message);
    [[nodiscard]] Progress takeSet(const Message& message);
    void takeElements(const Message& message);
    [[nodiscard]] Progress readNextSet();
    void answerAsking();
    void follow(const SurveyedRule& rule);
    void saw(std::uint16_t generationLow);
    void queueBaseChains(bool nat);
    void queue(const ChainId& id);

    Dialogue dialogue_;
    std::size_t maxRules_;

    // Of the reading that is going on.
    Phase phase_ = Phase::tables;
    bool interrupted_ = false;
    std::optional<std::uint16_t> generationLow_;
    std::set<TableName> dormant_;
    std::map<ChainId, ChainListed> listed_;
    std::deque<ChainId> waiting_;
    std::map<ChainId, SurveyedChain> read_;
    SurveyedChain* reading_ = nullptr;
    std::size_t rules_ = 0;
    std::vector<Asking> asking_; ///< the last one is answered first
    std::size_t sets_ = 0;
    bool natMatters_ = false; ///< a rule asks for translated destinations
    bool natQueued_ = false;
};

} // namespace fwdguard::nft
