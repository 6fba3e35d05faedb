// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/kernel.hpp"
#include "nft/events.hpp"
#include "nft/mirror.hpp"
#include "nft/prepared_repairs.hpp"
#include "nft/reader.hpp"
#include "nft/watch.hpp"
#include "nft/writer.hpp"

#include <optional>
#include <vector>

namespace fwdguard::nft {

/// nf_tables of one network namespace: all of Kernel but identify(), which is not nf_tables'
/// business, and chainsWithTags(), which takes a TagSearch.
class Backend {
  public:
    /// Opens its sockets in the current network namespace; they stay there. Throws
    /// std::system_error saying what could not be done: EPERM without CAP_NET_ADMIN,
    /// EPROTONOSUPPORT when the kernel has no nf_tables.
    explicit Backend(const WatchOptions& options = {});

    /// Readable when changes() has something to say.
    [[nodiscard]] int watchFd() const { return watch_.fd(); }

    /// How much there was to take at watchFd() so far.
    [[nodiscard]] std::uint64_t taken() const { return watch_.taken(); }

    /// False when a kernel-side filter does not work: then every message of a change is taken.
    [[nodiscard]] bool filtered() const { return watch_.filtered() && events_.filtered(); }

    /// These five are as in Kernel. A snapshot is read from the kernel only where events do not
    /// say what has become of the last one.
    [[nodiscard]] Changes changes();
    [[nodiscard]] SnapshotResult snapshot(const ChainId& chain, bool withPolicy);
    [[nodiscard]] CommitResult commit(const Plan& plan, std::optional<Generation> generation);
    void prepare(std::vector<PreparedRepair> repairs);
    bool anticipate();

    /// Does what anticipate() does for a flush, to no effect: none of it is cold soon afterwards.
    void rehearse();

    /// There is something that anticipate() may come to commit.
    [[nodiscard]] bool prepared() const { return !prepared_.empty(); }

    /// The next snapshot of each chain is read.
    void doubt();

  private:
    /// A repair that was committed before the guard asked for it.
    struct Anticipated {
        ReadyRepair* repair = nullptr; ///< of prepared_
        Generation generation{};
        CommitResult result{};
    };

    Reader reader_;
    Writer writer_;
    Watch watch_;
    Events events_; ///< behind the watch: the kernel serves who subscribed last first
    Mirror mirror_;
    PreparedRepairs prepared_;
    std::optional<Anticipated> anticipated_; ///< until the guard has looked
    bool heard_ = false;                     ///< events, for all of the guard's look
};

} // namespace fwdguard::nft
