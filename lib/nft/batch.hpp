// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/plan.hpp"
#include "nft/attributes.hpp"
#include "nft/batch_buffer.hpp"
#include "nft/rule_cache.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace fwdguard::nft {

/// One transaction as the kernel takes it: a single datagram, whatever its size. The buffer is kept
/// from one transaction to the next.
class Batch {
  public:
    /// Writes the messages of `plan`. Its beginning has number `sequence`, step i has sequence + 1
    /// + i; the last step asks for an acknowledgement. With a generation the kernel refuses the
    /// batch (ERESTART) once a later one is current.
    void build(const Plan& plan, std::optional<Generation> generation, std::uint32_t sequence);

    [[nodiscard]] Bytes bytes() const { return buffer_.bytes(); }

    /// Of the rules that it inserts, in the order of their steps: where in bytes().
    [[nodiscard]] const std::vector<CounterPlace>& counters() const { return counters_; }

    /// The sequence number behind those of the batch.
    [[nodiscard]] std::uint32_t nextSequence() const { return buffer_.nextSequence(); }

  private:
    void add(const InsertRule& step, std::uint16_t flags);
    void add(const DeleteRule& step, std::uint16_t flags);
    void add(const SetPolicy& step, std::uint16_t flags);

    RuleCache rules_;
    BatchBuffer buffer_;
    std::vector<CounterPlace> counters_;
};

/// A batch that lacks no more than what is known when it is sent.
struct ReadyBatch {
    std::vector<std::uint8_t> bytes{};
    std::uint32_t sequence = 0; ///< of its beginning
    std::size_t steps = 0;
    std::vector<CounterPlace> counters{}; ///< as Batch::counters()
};

/// True when every name of the step fits a message; the kernel's limits are the same.
[[nodiscard]] bool namesFit(const Step& step);

} // namespace fwdguard::nft
