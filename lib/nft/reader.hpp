// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/snapshot.hpp"
#include "nft/messages.hpp"
#include "nft/requests.hpp"
#include "nft/rule_message.hpp"
#include "nft/socket.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <system_error>
#include <variant>
#include <vector>

namespace fwdguard::nft {

/// Reads chains. Keeps its socket and buffer for life.
class Reader {
  public:
    /// Throws std::system_error when there is no socket to be had.
    Reader();

    /// The current generation. Throws std::system_error: EPERM when not permitted, EPROTONOSUPPORT
    /// when this kernel has no nf_tables.
    [[nodiscard]] Generation generation();

    /// As Kernel::snapshot(). `known` is a generation that is not later than the current one.
    [[nodiscard]] SnapshotResult snapshot(const ChainId& chain, bool withPolicy, Generation known);

    /// As Kernel::chainsWithTags().
    [[nodiscard]] std::vector<ChainId> chainsWithTags();

  private:
    /// How a dump ended.
    struct DumpEnd {
        std::error_code error{};  ///< the kernel's, or EBADMSG
        bool interrupted = false; ///< something was committed meanwhile: what came is no one state
        std::optional<std::uint16_t> generationLow{}; ///< absent when no rule came
    };
    /// The chain is there; or only its table; or neither.
    enum class Presence : std::uint8_t { chain, table, nothing };
    struct Found {
        Presence presence = Presence::nothing;
        std::optional<Policy> policy{};
        Generation generation{};
    };
    using Answer = std::variant<Message, std::error_code>;

    [[nodiscard]] DumpEnd
    dump(const Request& request, const std::function<bool(const RuleMessage&)>& take);
    bool takeDumped(
        const Message& message, DumpEnd& end, const std::function<bool(const RuleMessage&)>& take);
    [[nodiscard]] Answer ask(const Request& request);
    [[nodiscard]] std::variant<Found, std::error_code> find(const ChainId& chain, Generation known);

    Socket socket_;
    std::vector<std::uint8_t> buffer_;
    std::uint32_t sequence_ = 0;
};

/// Appends what a dump says of one rule; ours are decoded.
void addRule(Snapshot& snapshot, const RuleMessage& rule);

} // namespace fwdguard::nft
