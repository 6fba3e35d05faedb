// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/snapshot.hpp"
#include "core/survey.hpp"
#include "nft/inbox.hpp"
#include "nft/messages.hpp"
#include "nft/requests.hpp"
#include "nft/socket.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <system_error>
#include <variant>
#include <vector>

namespace fwdguard::nft {

/// Reads chains. Keeps its socket and buffers for life.
class Reader {
  public:
    /// Throws std::system_error when there is no socket to be had.
    Reader();

    /// The current generation. Throws std::system_error: EPERM when not permitted, EPROTONOSUPPORT
    /// when this kernel has no nf_tables.
    [[nodiscard]] Generation generation();

    /// As Kernel::snapshot().
    [[nodiscard]] SnapshotResult snapshot(const ChainId& chain, bool withPolicy);

    /// What the rules of a chain match and do, whoever wrote them; none when it is not there.
    /// nullopt: the kernel could not be asked, which says nothing of the chain.
    [[nodiscard]] std::optional<std::vector<SurveyedRule>> rules(const ChainId& chain);

  private:
    using Handler = std::function<bool(const Message&)>;
    using Missing = std::variant<ChainMissing, std::error_code>;

    /// Sends `request` and gives every message that comes back to `takeAndGoOn`, until that is
    /// false.
    [[nodiscard]] std::error_code exchange(const Request& request, const Handler& takeAndGoOn);

    /// nullopt: something was committed meanwhile, so it has to be read again.
    [[nodiscard]] std::optional<SnapshotResult> readOnce(const ChainId& chain, bool withPolicy);

    /// Whether the table of a missing chain is there, and at which generation.
    [[nodiscard]] Missing findTable(const ChainId& chain, Generation known);

    /// chainRequest() with the next sequence numbers. Valid until the next call.
    [[nodiscard]] const Request& requestFor(const ChainId& chain);

    Socket socket_;
    Inbox inbox_;
    std::uint32_t sequence_ = 1;
    ChainId asked_;        ///< whose request is kept: mostly there is one chain
    Request chainRequest_; ///< of asked_
};

} // namespace fwdguard::nft
