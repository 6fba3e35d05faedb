// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/kernel.hpp"
#include "nft/batch.hpp"
#include "nft/inbox.hpp"
#include "nft/socket.hpp"

#include <cstdint>
#include <optional>

namespace fwdguard::nft {

/// Collects the kernel's answers to one batch of `steps` steps whose beginning had number
/// `sequence`.
class Answers {
  public:
    Answers(std::uint32_t sequence, std::size_t steps) : sequence_{sequence}, steps_{steps} {}

    /// Takes in one datagram; messages that do not answer this batch are skipped.
    void add(Bytes datagram);

    /// Answers were dropped before they could be read.
    void lost(std::error_code error);

    /// True once the last step is acknowledged: the kernel puts every error before that.
    [[nodiscard]] bool complete() const { return acknowledged_; }

    /// What they amount to. No acknowledgement is a failure.
    [[nodiscard]] CommitResult result() const;

  private:
    std::uint32_t sequence_;
    std::size_t steps_;
    bool acknowledged_ = false;
    std::error_code error_;
    std::optional<std::size_t> step_;
};

/// Commits plans. Its socket stays open for life: closing one after a commit waits for the kernel.
class Writer {
  public:
    /// Throws std::system_error when there is no socket to be had.
    Writer();

    /// Named in the announcements of its commits.
    [[nodiscard]] std::uint32_t port() const { return socket_.port(); }

    /// As Kernel::commit().
    [[nodiscard]] CommitResult commit(const Plan& plan, std::optional<Generation> generation);

    /// Encodes a plan for later; nullopt: it is one that the kernel would refuse.
    [[nodiscard]] std::optional<ReadyBatch> ready(const Plan& plan);

    /// As commit() of its plan. A batch is good for one time.
    [[nodiscard]] CommitResult commit(ReadyBatch& batch, Generation generation);

    /// Commits nothing, which takes the same way through the kernel up to its lock, and announces
    /// nothing.
    void rehearse();

  private:
    [[nodiscard]] CommitResult exchange(Bytes batch, Answers answers);

    Socket socket_;
    Batch batch_;
    Inbox inbox_;
    std::uint32_t sequence_ = 1;
};

} // namespace fwdguard::nft
